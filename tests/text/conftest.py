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


def normalizing(lemmatizer: Lemmatizer, lowercase: bool, lemmas: bool) -> Lemmatizer:
    """One that writes words down in another way, by the same model: to load it takes longer than most tests."""
    other = Lemmatizer.__new__(Lemmatizer)
    other.__dict__ |= lemmatizer.__dict__ | {"_normalization": Normalization(lowercase, lemmas)}
    return other
