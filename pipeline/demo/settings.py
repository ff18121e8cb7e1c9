"""What the generated data depends on: a block of params.yaml, without defaults of its own."""

from pydantic import PositiveInt

from pipeline.files.settings import Settings


class DemoSettings(Settings):
    """Sizes are counts of articles or sentences; the same settings always give the same bytes."""

    seed: PositiveInt
    articles: PositiveInt  # 300 give about 30,000 tokens
    train: PositiveInt  # sentences of each NER set
    validation: PositiveInt
    test: PositiveInt
    treebank: PositiveInt  # sentences; each is trained on twice, as written and in lower case
    tokenizer_epochs: PositiveInt
    tagger_iterations: PositiveInt
