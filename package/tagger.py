"""Finds entities in Russian text with a tagger that the pipeline has exported: a folder of `models/tagger`.

>>> from recurrent_ner import load
>>> tag = load("tagger/wikineural")
>>> tag("Суд посёлка Рудоград оштрафовал Лидию Шумян.")
[Span(start=12, stop=20, type='LOC', confidence=0.98, text='Рудоград'), Span(start=32, ...
"""

from pipeline.errors import UserError
from pipeline.predict import Span, TextTagger, load

__all__ = ["Span", "TextTagger", "UserError", "load"]
