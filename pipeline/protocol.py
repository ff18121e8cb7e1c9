"""The `protocols` table: what of a text is read, what of a data set is scored, and which epoch counts.

`ours` is the protocol that we hold to be right; `paper` the choices of the paper and its code. What is a protocol is a
choice that somebody could defend. Of what we would not do as the released code does, two things are of that kind: it
drops the tokens that are not alphanumeric before it tags and scores (so that the tagger reads no punctuation, although
the language model has), and it scores the last epoch. The rest are errors (weights initialised twice, batches repeated,
labels shifted by a second tokenisation, a BiLSTM that runs through padding), which no setting brings back, or settings
that have a place of their own (one run: `seeds`).
"""

from typing import Literal

from pipeline.files.settings import Settings, Switch

TokenRule = Literal["all", "alphanumeric"]
EpochRule = Literal["best", "last"]


class Protocol(Settings):
    """One row of the table."""

    lowercase: Switch
    """Text, tokens and lemmas in lower case; else as they are written, and lemmas as UDPipe gives them."""
    lemmas: Switch
    """The language model reads UDPipe's lemmas; else the words themselves, cut as UDPipe cuts them, or as given."""
    tokens: TokenRule
    """Those of an NER set that are read and scored. `alphanumeric`: letters and digits and nothing else (Python's
    `str.isalnum`), so neither `,` nor `Санкт-Петербург`."""
    epoch: EpochRule
    """The one whose tagger is kept: the best by validation entity F1, or the last."""
