"""The real UDPipe model, loaded once."""

import pytest

from pipeline.text.udpipe import Lemmatizer, Normalization
from tests.pack import PACK

OURS = Normalization(lowercase=True, lemmas=True)
MODEL = PACK / "udpipe/russian-small.udpipe"


@pytest.fixture(scope="session")
def lemmatizer() -> Lemmatizer:
    if not MODEL.is_file():
        pytest.skip(f"no UDPipe model at {MODEL}; set NER_DATA_PACK")
    return Lemmatizer(MODEL, OURS)
