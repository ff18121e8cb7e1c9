"""Sentences of lemmas to entities, a batch at a time: language model, tagger and CRF in torch."""

from pathlib import Path

import numpy as np
import torch

from pipeline.errors import UserError, remake
from pipeline.light.folder import LM, TAGGER
from pipeline.light.network import Entity
from pipeline.lm.embed import Embedder
from pipeline.lm.training.batches import bucket
from pipeline.ner.data.bio import tag_type
from pipeline.ner.scoring.scores import entity_types, find_spans
from pipeline.ner.tagging.examples import choose_embed
from pipeline.ner.tagging.marginals import scale_scores, span_log_probabilities
from pipeline.ner.tagging.surface import read_letters
from pipeline.ner.tagging.tagger import Tagger

POSITIONS = 4000
"""Positions of a batch, padding included; larger batches take no less time a position."""


class TorchNetwork:
    """Finds entities in sentences of lemmas. Threads may share it: only the embedder's table of types ever changes."""

    def __init__(self, embedder: Embedder, tagger: Tagger, temperature: float) -> None:
        self._embed = choose_embed(embedder, tagger.features)
        self._tagger, self._temperature, self._device = tagger, temperature, embedder.device
        self.types = entity_types(tagger.labels)

    @classmethod
    def load(cls, folder: Path, temperature: float, device: torch.device) -> "TorchNetwork":
        """Load an exported tagger's folder; a `UserError` names a damaged file."""
        embedder, tagger = Embedder.load(folder / LM, device, quick=True), Tagger.load(folder / TAGGER, device)
        width = embedder.widths[tagger.features]
        if tagger.width != width:
            raise UserError(
                f"{folder / TAGGER}: reads {tagger.width} numbers a token, and {folder / LM} gives {width}: "
                f"they are of two taggers; {remake('export')}"
            )
        return cls(embedder, tagger, temperature)

    def find(self, sentences: list[list[str]], tokens: list[list[str]]) -> list[list[Entity]]:
        """Find the entities of each sentence of lemmas, and of its tokens as given; an empty sentence has none."""
        entities: list[list[Entity]] = [[] for _ in sentences]
        lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
        for batch in bucket(np.flatnonzero(lengths), lengths + 1, POSITIONS):  # a boundary before each
            for number, entity in self._find([sentences[i] for i in batch], [tokens[i] for i in batch]):
                entities[batch[number]].append(entity)
        return entities

    @torch.inference_mode()
    def _find(self, sentences: list[list[str]], tokens: list[list[str]]) -> list[tuple[int, Entity]]:
        """Find the entities of one batch, each with the number of its sentence in the batch."""
        sizes = np.array([len(sentence) for sentence in sentences])  # int64 (sentences,)
        lengths = torch.from_numpy(sizes)
        # Training reads them as float16. Rounding here would make a last digit of float32 three digits of a confidence.
        features = torch.from_numpy(np.concatenate(self._embed(sentences)))  # (tokens, width)
        letters = torch.from_numpy(read_letters(token for sentence in tokens for token in sentence))
        # (sentences, longest, labels)
        emissions = self._tagger.emissions(features.to(self._device), lengths, letters.to(self._device))
        labels = self._tagger.best(emissions, lengths).cpu().numpy()  # (tokens,)
        spans = find_spans(labels, sizes, self._tagger.labels)
        if not len(spans.sentence):
            return []
        # A confidence needs a sum over all taggings: only sentences with entities are worth it.
        numbers = np.unique(spans.sentence)  # int64 (sentences with entities,)
        # The logarithms are differences of sums over a whole sentence, of which float32 would leave four digits.
        emissions = emissions[torch.from_numpy(numbers).to(emissions.device), : int(sizes[numbers].max())].double()
        scores = scale_scores(self._tagger.crf, emissions, torch.from_numpy(sizes[numbers]), self._temperature)
        confidences = span_log_probabilities(scores, spans.of_sentences(numbers)).exp().tolist()
        columns = (column.tolist() for column in spans[:4])
        return [
            (number, (start, stop, tag_type(self._tagger.labels[begin]), confidence))
            for number, start, stop, begin, confidence in zip(*columns, confidences, strict=True)
        ]
