"""The `protocol` block: what of a text is read, what of a data set is scored, and which epoch counts.

A protocol consists of choices that somebody could defend. The released code of the paper makes two such choices
differently: it drops the tokens that are not alphanumeric before it tags and scores (so that the tagger reads no
punctuation, although the language model has), and it scores the last epoch. Its other differences are errors (weights
initialised twice, batches repeated, labels shifted by a second tokenisation, a BiLSTM that runs through padding), which
no setting brings back, or they are set elsewhere (one run: `seeds`).
"""

from typing import Literal

from pipeline.files.settings import Settings, Switch

TokenRule = Literal["all", "alphanumeric"]
EpochRule = Literal["best", "last"]


class Protocol(Settings):
    """The four choices of a protocol."""

    lowercase: Switch
    """Text, tokens and lemmas are in lower case; else they are as written, and lemmas as UDPipe gives them."""
    lemmas: Switch
    """The language model reads UDPipe's lemmas; else the words themselves, cut as UDPipe cuts them, or as given."""
    tokens: TokenRule
    """The tokens of an NER set that are read and scored. `alphanumeric` tokens have only letters and digits (Python's
    `str.isalnum`), so neither `,` nor `Санкт-Петербург` is one."""
    epoch: EpochRule
    """The epoch whose tagger is kept: the best by validation entity F1, or the last."""

    def __str__(self) -> str:
        words, case = "lemmas" if self.lemmas else "words", "in lower case" if self.lowercase else "with capitals"
        return f"{words} {case}, {self.tokens} tokens, {self.epoch} epoch"
