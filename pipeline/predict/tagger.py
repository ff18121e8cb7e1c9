"""An exported tagger, loaded: texts to entities."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import overload

import torch

from pipeline.errors import UserError, remake
from pipeline.files.settings import read_settings
from pipeline.lm.embed import Embedder
from pipeline.ner.data.cleaning import KEEPS
from pipeline.ner.exported import LM, SETTINGS, TAGGER, Exported, check_parts
from pipeline.ner.tagging.tagger import Tagger
from pipeline.paths import HERE
from pipeline.predict.network import Network
from pipeline.predict.pieces import Piece, Span, Tagged, cut
from pipeline.provenance.fingerprint import sha256
from pipeline.text.offsets import split_spaces, split_text
from pipeline.text.udpipe import Lemmatizer, Normalization

POOL_CHARACTERS = 60_000
"""Of text that is read before it is tagged: about 10,000 tokens, sorted by length together."""
POOL_PIECES = 2_000
"""Pieces read before they are tagged, for lines of a word each and empty ones."""


class TextTagger:
    """Finds entities in texts; may be called by several threads. What it remembers is bounded."""

    def __init__(self, settings: Exported, network: Network, lemmatizer: Lemmatizer) -> None:
        self.settings = settings
        self.types = network.types
        """Types of entities that it knows."""
        self._network, self._lemmatizer = network, lemmatizer
        self._keep = KEEPS[settings.tokens]

    @classmethod
    def load(cls, folder: Path, device: torch.device, udpipe: Path | None = None) -> "TextTagger":
        """Read a folder of stage `export`; a `UserError` names the file that is missing, damaged or another one."""
        if not folder.is_dir():
            what = "no folder" if folder.exists() else "no such folder"
            raise UserError(f"{folder}: {what}; expected one that holds {SETTINGS}: dvc repro export makes it")
        settings = read_settings(Exported, folder / SETTINGS, "export")
        check_parts(folder, settings.parts)
        model = find_udpipe(folder, settings, udpipe)
        lemmatizer = Lemmatizer(model, Normalization(settings.lowercase, settings.lemmas))
        embedder, tagger = Embedder.load(folder / LM, device, quick=True), Tagger.load(folder / TAGGER, device)
        width = embedder.width if tagger.features == "top" else embedder.width * embedder.depth
        if tagger.width != width:
            raise UserError(
                f"{folder / TAGGER}: reads {tagger.width} numbers a token, and {folder / LM} gives {width}: "
                f"they are of two taggers; {remake('export')}"
            )
        return cls(settings, Network(embedder, tagger, settings.temperature), lemmatizer)

    @overload
    def __call__(self, texts: str) -> list[Span]: ...  # type: ignore[overload-overlap]  # a text is no iterable of texts

    @overload
    def __call__(self, texts: Iterable[str]) -> Iterator[list[Span]]: ...

    def __call__(self, texts: str | Iterable[str]) -> list[Span] | Iterator[list[Span]]:
        """The entities of a text; or of texts, one list each and in order, read as they are asked for."""
        return next(self._find([texts])) if isinstance(texts, str) else self._find(texts)

    def _find(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        spans: list[Span] = []
        for tagged in self.tag(piece for text in texts for piece in cut(text)):
            spans += tagged.spans
            if tagged.piece.last:
                yield spans
                spans = []

    def tag(self, pieces: Iterable[Piece]) -> Iterator[Tagged]:
        """Tag pieces of texts, in order; memory is that of a few of them."""
        pool: list[Piece] = []
        characters = 0
        for piece in pieces:
            pool.append(piece)
            characters += len(piece.text)
            if characters >= POOL_CHARACTERS or len(pool) >= POOL_PIECES:
                yield from self._tag(pool)
                pool, characters = [], 0
        yield from self._tag(pool)

    def _tag(self, pool: list[Piece]) -> Iterator[Tagged]:
        split = [list((split_spaces if piece.tokenised else split_text)(piece.text)) for piece in pool]
        read = [[token for token in sentence if self._keep(token.form)] for piece in split for sentence in piece]
        lemmas = [self._lemmatizer.lemmatize_tokens([token.form for token in sentence]) for sentence in read]
        results = zip(read, self._network.find(lemmas), strict=True)
        for piece, sentences in zip(pool, split, strict=True):
            spans = []
            for tokens, entities in islice(results, len(sentences)):
                for start, stop, type_, confidence in entities:
                    first, last = tokens[start].start, tokens[stop - 1].stop
                    place = piece.start + first, piece.start + last
                    spans.append(Span(*place, type_, confidence, piece.text[first:last]))
            yield Tagged(piece, sentences, spans)


def find_udpipe(folder: Path, settings: Exported, given: Path | None) -> Path:
    """The UDPipe model that the tagger was trained with: the one given, in the folder, or in data/raw.

    A `UserError` where there is none, or where its sum is another.
    """
    places = [given] if given else [folder / settings.udpipe.file, HERE.udpipe]
    path = next((place for place in places if place.is_file()), None)
    expected = f"expected the UDPipe model {settings.udpipe.source}, sha256 {settings.udpipe.sha256}"
    if path is None:
        raise UserError(f"{' and '.join(map(str, places))}: not found; {expected}; say where it is: --udpipe FILE")
    if (total := sha256(path)) != settings.udpipe.sha256:
        raise UserError(
            f"{path}: found sha256 {total}, {expected}: with other lemmas the tagger is another one; "
            "say where the right one is: --udpipe FILE"
        )
    return path
