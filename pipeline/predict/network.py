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
from pipeline.ner.scoring.scores import entity_types
from pipeline.ner.scoring.spans import Spans, find_spans
from pipeline.ner.tagging.marginals import scale_scores, span_log_probabilities
from pipeline.ner.tagging.tagger import Tagger

POSITIONS = 4000
"""Of a batch, padding included: more of them take no less time each."""


class Found(NamedTuple):
    """An entity: tokens `start` to `stop`, the latter not included."""

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

    def find(self, sentences: list[list[str]]) -> list[list[Found]]:
        """The entities of sentences of lemmas, none of them empty; in order."""
        found: list[list[Found]] = [[] for _ in sentences]
        lengths = np.array([len(sentence) + 1 for sentence in sentences])  # a boundary before each
        for batch in bucket(np.arange(len(sentences)), lengths, POSITIONS):
            for number, span in self._find([sentences[i] for i in batch]):
                found[batch[number]].append(span)
        return found

    @torch.inference_mode()
    def _find(self, sentences: list[list[str]]) -> list[tuple[int, Found]]:
        """Entities, each with the number of its sentence, of one batch."""
        sizes = np.array([len(sentence) for sentence in sentences])
        lengths = torch.from_numpy(sizes)
        features = self._features(sentences, lengths)
        if not is_finite(features):
            raise UserError(
                "language model: found NaN or numbers above 65504 (float16) in the vectors of a sentence: its weights "
                f"are too large; {remake('pretrain')}"
            )
        emissions = self._tagger.emissions(features, lengths)
        tags = self._tagger.best(emissions, lengths).cpu().numpy()
        spans = find_spans(tags, sizes, self._tagger.labels)
        return list(self._judge(emissions, sizes, spans)) if len(spans.sentence) else []

    def _features(self, sentences: list[list[str]], lengths: Tensor) -> Tensor:
        """What the tagger reads, float16 as in its training, (tokens, width), sentences one after the other."""
        vectors = self._embedder.read(sentences)  # (2, longest + 1, sentences, width / 2)
        if self._tagger.features == "top":
            outputs = vectors if self._model is None else self._model(vectors)
            return _own(outputs, lengths).half()
        above = vectors[:0] if self._model is None else self._model.layers(vectors)
        return torch.cat([_own(layer, lengths).half() for layer in (vectors, *above)], 1)

    def _judge(self, emissions: Tensor, sizes: np.ndarray, spans: Spans) -> list[tuple[int, Found]]:
        some = np.unique(spans.sentence)
        kept = torch.from_numpy(some).to(emissions.device)
        longest = int(sizes[some].max())
        scores = scale_scores(
            self._tagger.crf, emissions[kept, :longest], torch.from_numpy(sizes[some]), self._temperature
        )
        confidences = span_log_probabilities(scores, spans.of_sentences(some)).exp().tolist()
        columns = (column.tolist() for column in spans[:4])
        return [
            (sentence, Found(start, stop, tag_type(self._tagger.labels[begin]), confidence))
            for sentence, start, stop, begin, confidence in zip(*columns, confidences, strict=True)
        ]


def _own(outputs: Tensor, lengths: Tensor) -> Tensor:
    """Outputs (2, longest + 1, sentences, width / 2) at each token, forward half, then backward half: (tokens, width).

    Behind a boundary, each position has read its own token; direction 1 reads the last token first.
    """
    longest, sentences = outputs.shape[1:3]
    time = torch.arange(longest - 1)
    sentence, token = (time < lengths.unsqueeze(1)).nonzero(as_tuple=True)
    rows = (token + 1) * sentences + sentence, (lengths[sentence] - token) * sentences + sentence
    both = (half.flatten(0, 1)[row.to(half.device)] for half, row in zip(outputs, rows, strict=True))
    return torch.cat([*both], 1)
