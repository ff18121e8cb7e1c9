"""The settings of generated data, and the ones that the data in git was generated with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoSettings:
    """Sizes are counts of articles or sentences; the same settings always give the same content."""

    seed: int
    articles: int  # 300 give about 30,000 tokens
    train: int  # sentences of each NER set
    validation: int
    test: int
    treebank: int  # sentences; each is trained on twice, as written and in lower case
    tokenizer_epochs: int
    tagger_iterations: int


COMMITTED = DemoSettings(
    seed=1,
    articles=300,
    train=600,
    validation=150,
    test=300,
    treebank=1200,
    tokenizer_epochs=4,
    tagger_iterations=4,
)
"""The settings of the files in data/demo."""
