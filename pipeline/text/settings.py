"""The `text` and `vocabulary` blocks of a scale."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.files.settings import Settings, Switch


class TextSettings(Settings):
    """Settings that say how the corpus is cut."""

    segmenter: Literal["razdel", "udpipe"]
    """What ends a sentence: razdel's rules for Russian, or the tokenizer of the manifest's UDPipe model."""
    fragment_words: Annotated[int, Field(strict=True, gt=0)]
    """The longest sentence and the longest fragment, in words between spaces (paper: 200)."""
    leave_out_tests: Switch
    """Whether sentences that are in the test split of one of `sets` are dropped; they are counted in any case."""
    shard_megabytes: Annotated[float, Field(gt=0)]
    """About the size of one text file; a shard is also the unit of parallel work."""


class VocabularySettings(Settings):
    """What the language model predicts, and on what it is validated."""

    size: Annotated[int, Field(strict=True, gt=3)]
    """The most types that the softmax may predict, including the three specials; others are predicted as `<UNK>`."""
    min_count: Annotated[int, Field(strict=True, gt=0)]
    """Types seen less often are predicted as `<UNK>`."""
    validation_share: Annotated[float, Field(gt=0, lt=1)]
    """The share of the articles that is held out to measure perplexity."""
