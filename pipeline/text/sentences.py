"""Paragraphs are split into sentences, by what `text.segmenter` of a scale names.

razdel has rules for Russian. The tokenizer of a UDPipe model has learnt from the treebank of its language where a
sentence ends, so that another language needs nothing but its model.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from razdel import sentenize
from ufal.udpipe import Sentence

from pipeline.files.shards import Counts, Document, keep_lines
from pipeline.text.udpipe import load_model, pickle_by_path, readable
from pipeline.text.whitespace import count_words, fold

Segmenter = Callable[[str], list[str]]
"""A function from a folded paragraph to its sentences in order, with only white space between them."""


def split_by_razdel(paragraph: str) -> list[str]:
    """razdel never ends a sentence at a line break, so a heading without a full stop must not share a paragraph."""
    return [substring.text for substring in sentenize(paragraph)]


class UdpipeSegmenter:
    """Splits a paragraph into sentences with the tokenizer of a UDPipe 1 model, and changes nothing in them.

    No sentence begins without white space before it (`тёплая.Дождь`), so that words stay whole.
    """

    def __init__(self, path: Path) -> None:
        """Load a model. Raises a `UserError` if the file is not a model, or has no tokenizer."""
        self._path, self._model = path, load_model(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle_by_path(UdpipeSegmenter, self._path)

    def __call__(self, paragraph: str) -> list[str]:
        starts = [0, *(start for start in self._starts(paragraph) if paragraph[start - 1] == " "), len(paragraph)]
        return [paragraph[start:stop] for start, stop in pairwise(starts)]

    def _starts(self, paragraph: str) -> Iterator[int]:
        """Yield where every sentence but the first begins, in characters."""
        tokenizer = self._model.newTokenizer(self._model.TOKENIZER_RANGES)  # one for each text: it counts on
        tokenizer.setText(readable(paragraph))
        sentence = Sentence()
        tokenizer.nextSentence(sentence)
        while tokenizer.nextSentence(sentence):
            first = (token for token in sentence.multiwordTokens if token.idFirst == 1)
            yield next(first, sentence.words[1]).getTokenRangeStart()  # words[0] is the root


def split_document(segmenter: Segmenter, document: Document, counts: Counts) -> Document | None:
    """Return a document of folded sentences, given one of paragraphs, or None where there is no sentence."""
    texts = (fold(text) for paragraph in document.lines for text in segmenter(paragraph))
    sentences = [*filter(None, texts)]
    counts.update(
        paragraphs_read=len(document.lines),
        sentences=len(sentences),
        words_read=sum(map(count_words, document.lines)),
        words=sum(map(count_words, sentences)),
    )
    return keep_lines(document, sentences, counts)
