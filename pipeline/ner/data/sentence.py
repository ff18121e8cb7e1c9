"""The records of this package: a sentence as published, and a sentence ready for the tagger."""

from typing import NamedTuple


class RawSentence(NamedTuple):
    """A sentence of a published data set: tokens as given and their BIO tags, equally many."""

    tokens: list[str]
    tags: list[str]


class Sentence(NamedTuple):
    """A sentence after `corpora`: what people read, what the language model reads, what the tagger is to say."""

    tokens: list[str]
    lemmas: list[str]
    tags: list[str]
