"""Tiny settings: every artefact in a second or two."""

from pathlib import Path

import pytest

from demo import DemoSettings
from demo.udpipe_model import write_udpipe


@pytest.fixture(scope="session")
def settings() -> DemoSettings:
    return DemoSettings(
        seed=5,
        articles=12,
        train=60,
        validation=20,
        test=40,
        treebank=80,
        tokenizer_epochs=1,
        tagger_iterations=2,
    )


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, settings: DemoSettings) -> Path:
    """A generated UDPipe model; it takes seconds to train."""
    path = tmp_path_factory.mktemp("udpipe") / "model"
    write_udpipe(path, settings)
    return path
