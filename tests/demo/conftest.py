"""Tiny settings: every artefact in a second or two."""

import pytest

from demo import DemoSettings


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
