"""The real UDPipe model, loaded once."""

from pathlib import Path

import pytest

from pipeline.text.udpipe import Lemmatizer, Normalization
from tests.pack import PACK

DEMO_MODEL = Path(__file__).parents[2] / "data" / "demo" / "model.udpipe"


def find_model() -> Path:
    """Return the pack's model, or skip the test that needs it."""
    path = PACK / "udpipe" / "russian-small.udpipe"
    if not path.is_file():
        pytest.skip(f"no UDPipe model at {path}; set NER_DATA_PACK")
    return path


@pytest.fixture(scope="session")
def lemmatizer() -> Lemmatizer:
    return Lemmatizer(find_model(), Normalization(lowercase=True, lemmas=True))


def normalizing(lemmatizer: Lemmatizer, lowercase: bool, lemmas: bool) -> Lemmatizer:
    """Return another one with the same model, which takes longer to load than most tests."""
    other = Lemmatizer.__new__(Lemmatizer)
    other.__dict__ |= lemmatizer.__dict__ | {"_normalization": Normalization(lowercase, lemmas)}
    return other
