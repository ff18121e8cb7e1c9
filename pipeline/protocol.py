"""The `protocol` block: what of a text is read, what of a data set is scored, and which epoch counts.

A protocol consists of choices that somebody could defend. Of what we would not do as the released code of the paper
does, two things are of that kind: it drops the tokens that are not alphanumeric before it tags and scores (so that the
tagger reads no punctuation, although the language model has), and it scores the last epoch. The rest are errors
(weights initialised twice, batches repeated, labels shifted by a second tokenisation, a BiLSTM that runs through
padding), which no setting brings back, or settings that have a place of their own (one run: `seeds`).
"""

from typing import Literal

from pipeline.files.settings import Settings, Switch

TokenRule = Literal["all", "alphanumeric"]
EpochRule = Literal["best", "last"]


class Protocol(Settings):
    """Four choices."""

    lowercase: Switch
    """Text, tokens and lemmas in lower case; else as they are written, and lemmas as UDPipe gives them."""
    lemmas: Switch
    """The language model reads UDPipe's lemmas; else the words themselves, cut as UDPipe cuts them, or as given."""
    tokens: TokenRule
    """Those of an NER set that are read and scored. `alphanumeric`: letters and digits and nothing else (Python's
    `str.isalnum`), so neither `,` nor `Санкт-Петербург`."""
    epoch: EpochRule
    """The one whose tagger is kept: the best by validation entity F1, or the last."""

    def __str__(self) -> str:
        words, case = "lemmas" if self.lemmas else "words", "in lower case" if self.lowercase else "with capitals"
        return f"{words} {case}, {self.tokens} tokens, {self.epoch} epoch"
