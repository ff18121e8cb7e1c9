"""Sentences of lemmas to entities: char-CNN, language model, tagger and CRF, a batch at a time."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from pipeline.errors import UserError, remake
from pipeline.files.weights import is_finite
from pipeline.lm.embed import Embedder
from pipeline.lm.training.batches import bucket
from pipeline.ner.data.bio import tag_type
from pipeline.ner.scoring.scores import entity_types, find_spans
from pipeline.ner.tagging.marginals import scale_scores, span_log_probabilities
from pipeline.ner.tagging.tagger import Tagger

POSITIONS = 4000
"""Of a batch, padding included: more of them take no less time each."""


class Entity(NamedTuple):
    """Tokens `start` to `stop` of a sentence, the latter not included."""

    start: int
    stop: int
    type: str
    confidence: float


class Network:
    """All that reads lemmas; nothing of it changes but the memory of types, so that threads may share it."""

    def __init__(self, embedder: Embedder, tagger: Tagger, temperature: float) -> None:
        self._embedder, self._model = embedder, embedder.model
        self._tagger, self._temperature = tagger, temperature
        self.types = entity_types(tagger.labels)

    def find(self, sentences: list[list[str]]) -> list[list[Entity]]:
        """The entities of sentences of lemmas, in order; an empty sentence has none."""
        entities: list[list[Entity]] = [[] for _ in sentences]
        lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
        for batch in bucket(np.flatnonzero(lengths), lengths + 1, POSITIONS):  # a boundary before each
            for number, entity in self._find([sentences[i] for i in batch]):
                entities[batch[number]].append(entity)
        return entities

    @torch.inference_mode()
    def _find(self, sentences: list[list[str]]) -> list[tuple[int, Entity]]:
        """Entities of one batch, each with the number of its sentence."""
        sizes = np.array([len(sentence) for sentence in sentences])
        lengths = torch.from_numpy(sizes)
        features = self._features(sentences, lengths)  # (tokens, width)
        if not is_finite(features):
            raise UserError(
                "language model: found NaN or numbers above 65504 (float16) in the vectors of a sentence: its weights "
                f"are too large; {remake('pretrain')}"
            )
        emissions = self._tagger.emissions(features, lengths)  # (sentences, longest, labels)
        labels = self._tagger.best(emissions, lengths).cpu().numpy()  # (tokens,)
        spans = find_spans(labels, sizes, self._tagger.labels)
        if not len(spans.sentence):
            return []
        # Only sentences with entities are summed up for their confidences.
        numbers = np.unique(spans.sentence)
        emissions = emissions[torch.from_numpy(numbers).to(emissions.device), : int(sizes[numbers].max())]
        scores = scale_scores(self._tagger.crf, emissions, torch.from_numpy(sizes[numbers]), self._temperature)
        confidences = span_log_probabilities(scores, spans.of_sentences(numbers)).exp().tolist()
        columns = (column.tolist() for column in spans[:4])
        return [
            (number, Entity(start, stop, tag_type(self._tagger.labels[begin]), confidence))
            for number, start, stop, begin, confidence in zip(*columns, confidences, strict=True)
        ]

    def _features(self, sentences: list[list[str]], lengths: Tensor) -> Tensor:
        """What the tagger reads, float16 as in its training, (tokens, width), sentences one after the other."""
        vectors = self._embedder.read(sentences)  # (2, longest + 1, sentences, width / 2)
        if self._tagger.features == "top":
            return _gather_tokens(vectors if self._model is None else self._model(vectors), lengths)
        above = vectors[:0] if self._model is None else self._model.layers(vectors)
        return torch.cat([_gather_tokens(layer, lengths) for layer in (vectors, *above)], 1)


def _gather_tokens(outputs: Tensor, lengths: Tensor) -> Tensor:
    """Outputs (2, longest + 1, sentences, width / 2) at each token, forward half, then backward half: (tokens, width).

    After a boundary, each position has read its own token; direction 1 reads the last token first.
    """
    longest, sentences = outputs.shape[1:3]
    time = torch.arange(longest - 1)
    sentence, token = (time < lengths.unsqueeze(1)).nonzero(as_tuple=True)  # (tokens,) each
    rows = (token + 1) * sentences + sentence, (lengths[sentence] - token) * sentences + sentence
    halves = (half.flatten(0, 1)[row.to(half.device)] for half, row in zip(outputs, rows, strict=True))
    return torch.cat([*halves], 1).half()
