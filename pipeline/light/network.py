"""Sentences of lemmas to entities, a batch at a time: language model, tagger and CRF in numpy."""

from pathlib import Path

import numpy as np

from pipeline.errors import UserError, remake
from pipeline.light.folder import LM, TAGGER
from pipeline.light.lm import LanguageModel
from pipeline.light.marginals import span_probabilities
from pipeline.light.packed import Packed
from pipeline.light.spans import find_spans
from pipeline.light.tagger import Tagger
from pipeline.light.weights import Floats, Integers
from pipeline.ner.data.bio import tag_type

TOKENS = 2000
"""Tokens of a batch, if it is more than one sentence."""
Entity = tuple[int, int, str, float]
"""Start and stop in the tokens of a sentence, the stop not included; type; confidence, 0 to 1."""
GREATEST = 1e30
"""Scores of labels and of moves between them must be below this, so that the sum over a sentence is finite."""


class LightNetwork:
    """Finds entities in sentences of lemmas. Threads may share it: only the tables of types ever change."""

    @np.errstate(all="ignore")  # what comes of an overflow is looked at when sentences are read
    def __init__(self, folder: Path, temperature: float) -> None:
        """Load an exported tagger's folder. Raises `NoLightForm`, or a `UserError` that names a damaged file."""
        self._tagger = Tagger(folder / TAGGER)
        sizes = self._tagger.sizes
        self._embed = LanguageModel(folder / LM, sizes.features)
        if sizes.width != self._embed.width:
            raise UserError(
                f"{folder / TAGGER}: reads {sizes.width} numbers a token, and {folder / LM} gives {self._embed.width}: "
                f"they are of two taggers; {remake('export')}"
            )
        self._labels, self._temperature = sizes.labels, temperature
        self.types = [tag_type(label) for label in sizes.labels[1::2]]

    def find(self, sentences: list[list[str]], tokens: list[list[str]]) -> list[list[Entity]]:
        """Find the entities of each sentence of lemmas, and of its tokens as given; an empty sentence has none."""
        entities: list[list[Entity]] = [[] for _ in sentences]
        lengths = np.array([len(sentence) for sentence in sentences], np.int64)
        for batch in plan(lengths):
            numbers = batch.tolist()
            lemmas, forms = ([word for i in numbers for word in words[i]] for words in (sentences, tokens))
            for number, entity in self._find(lemmas, forms, Packed(lengths[batch])):
                entities[numbers[number]].append(entity)
        return entities

    @np.errstate(all="ignore")
    def _find(self, lemmas: list[str], tokens: list[str], places: Packed) -> list[tuple[int, Entity]]:
        """Find the entities of a batch, each with its sentence's number; words are one sentence after another."""
        emissions = self._score(lemmas, tokens, places)  # (tokens, labels)
        tags = np.empty(len(emissions), np.int64)
        tags[places.order] = self._tagger.crf.best(emissions, places)
        spans = find_spans(tags, places.lengths, self._labels)
        # A confidence needs a sum over all taggings: only sentences with entities are worth it.
        numbers, sentence = np.unique(spans.sentence, return_inverse=True)  # (sentences with entities,), (spans,)
        if not len(numbers):
            return []
        part = Packed(places.lengths[numbers])
        emissions = emissions[places.rows(numbers[part.sentence], part.time)]
        confidences = span_probabilities(
            self._tagger.crf, emissions, self._temperature, part, spans._replace(sentence=sentence)
        )
        columns = (column.tolist() for column in (*spans[:4], confidences))
        return [
            (number, (start, stop, tag_type(self._labels[begin]), confidence))
            for number, start, stop, begin, confidence in zip(*columns, strict=True)
        ]

    def _score(self, lemmas: list[str], tokens: list[str], places: Packed) -> Floats:
        """Return the scores of labels, (tokens, labels); a `UserError` where sums of them would overflow."""
        vectors = self._embed(lemmas, places)  # (tokens, width)
        if not np.isfinite([vectors.min(), vectors.max()]).all():
            raise UserError(
                "language model: found NaN or infinite numbers in the vectors of a sentence, expected numbers: its "
                f"weights are too large; {remake('pretrain')}"
            )
        emissions = self._tagger(vectors, tokens, places)  # (tokens, labels)
        crf = self._tagger.crf
        largest = max(float(np.abs(scores).max()) for scores in (emissions, crf.start, crf.moves, crf.end))
        if not largest < GREATEST:
            raise UserError(
                f"tagger: found a score of {largest:g}, expected less than {GREATEST:g}: its weights, or those "
                "of the language model, are too large; train again with a lower learning_rate: dvc repro pretrain ner"
            )
        return emissions


def plan(lengths: Integers) -> list[Integers]:
    """Return batches of the sentences that are not empty, the longest sentences first; lengths (sentences,)."""
    order = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
    numbers = (np.cumsum(lengths[order]) - 1) // TOKENS  # of the batch in which each sentence's last token is
    return np.split(order, np.flatnonzero(np.diff(numbers)) + 1) if len(order) else []
