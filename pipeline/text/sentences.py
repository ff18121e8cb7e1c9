"""Paragraphs to sentences: where one ends, `text.segmenter` of a scale says.

razdel has rules for Russian. The tokenizer of a UDPipe model has learnt it from the treebank of its language, so that
another language needs nothing but its model.
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
"""A paragraph, folded, to its sentences in order; what is between them is white space."""


def split_by_razdel(paragraph: str) -> list[str]:
    """razdel never ends a sentence at a line break, so a heading without a full stop must not share a paragraph."""
    return [substring.text for substring in sentenize(paragraph)]


class UdpipeSegmenter:
    """Sentences as the tokenizer of a UDPipe 1 model sees them, each with its text as it was.

    A sentence that would begin without white space before it (`тёплая.Дождь`) is not begun: words stay as they are.
    """

    def __init__(self, path: Path) -> None:
        """Load a model; a `UserError` where the file is none or has no tokenizer."""
        self._path, self._model = path, load_model(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle_by_path(UdpipeSegmenter, self._path)

    def __call__(self, paragraph: str) -> list[str]:
        starts = [0, *(start for start in self._starts(paragraph) if paragraph[start - 1] == " "), len(paragraph)]
        return [paragraph[start:stop] for start, stop in pairwise(starts)]

    def _starts(self, paragraph: str) -> Iterator[int]:
        """Where every sentence but the first begins, in characters."""
        tokenizer = self._model.newTokenizer(self._model.TOKENIZER_RANGES)  # one for each text: it counts on
        tokenizer.setText(readable(paragraph))
        sentence = Sentence()
        tokenizer.nextSentence(sentence)
        while tokenizer.nextSentence(sentence):
            first = (token for token in sentence.multiwordTokens if token.idFirst == 1)
            yield next(first, sentence.words[1]).getTokenRangeStart()  # words[0] is the root


def split_document(segmenter: Segmenter, document: Document, counts: Counts) -> Document | None:
    """A document of sentences, folded, from a document of paragraphs, or None where there is no sentence."""
    texts = (fold(text) for paragraph in document.lines for text in segmenter(paragraph))
    sentences = [*filter(None, texts)]
    counts.update(
        paragraphs_read=len(document.lines),
        sentences=len(sentences),
        words_read=sum(map(count_words, document.lines)),
        words=sum(map(count_words, sentences)),
    )
    return keep_lines(document, sentences, counts)
