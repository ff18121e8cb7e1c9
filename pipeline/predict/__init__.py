"""Finds entities in raw text with a tagger that stage `export` has written.

>>> from pipeline.predict import load
>>> tag = load("models/tagger/wikineural")
>>> tag("Суд посёлка Рудоград оштрафовал Лидию Шумян.")
[Span(start=12, stop=20, type='LOC', confidence=0.98, text='Рудоград'), Span(start=32, ...
"""

import os
from pathlib import Path

from pipeline.predict.pieces import Span
from pipeline.predict.runtime import Runtime
from pipeline.predict.tagger import TextTagger

__all__ = ["Span", "TextTagger", "load"]


def load(
    folder: str | os.PathLike[str],
    device: str = "cpu",
    udpipe: str | os.PathLike[str] | None = None,
    runtime: Runtime = "auto",
    normal: bool = False,
) -> TextTagger:
    """Load a folder's tagger: called with a text it returns a list of `Span`, with an iterable of texts an iterator.

    On a `cpu` numpy computes, and torch only what has no form in numpy; any other `device`, or `auto`, is torch's. To
    compare the two, `runtime` names one, `light` for numpy or `torch`. `udpipe` is needed only if that model was taken
    out of the folder. With `normal`, each span has its name in the nominative, for which pymorphy3 has to be installed.
    The number of threads stays as it is: one is best for small models. Raises `pipeline.errors.UserError`.
    """
    return TextTagger.load(Path(folder), device, Path(udpipe) if udpipe else None, runtime, normal)
