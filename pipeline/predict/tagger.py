"""An exported tagger, loaded: texts to entities."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import overload

import torch

from pipeline.errors import UserError, remake
from pipeline.files.settings import read_settings
from pipeline.lm.embed import Embedder
from pipeline.ner.data.tokens import KEEPS
from pipeline.ner.exported import LM, SETTINGS, TAGGER, Exported, check_parts
from pipeline.ner.tagging.tagger import Tagger
from pipeline.paths import HERE
from pipeline.predict.cut import cut
from pipeline.predict.network import Found, Network
from pipeline.predict.pieces import End, Input, Output, Piece, Tagged
from pipeline.predict.span import Span
from pipeline.provenance.fingerprint import sha256
from pipeline.text.offsets import Token, split_spaces, split_text
from pipeline.text.udpipe import Lemmatizer, Normalization

POOL_CHARACTERS = 60_000
"""Of text that is read before it is tagged: about 10,000 tokens, sorted by length together."""
POOL_ITEMS = 2_000
"""Pieces and ends of texts read before they are tagged, for texts of a word each and empty ones."""


class TextTagger:
    """Finds entities in texts; may be called by several threads. What it remembers is bounded."""

    def __init__(self, settings: Exported, network: Network, lemmatizer: Lemmatizer) -> None:
        self.settings = settings
        self._network, self._lemmatizer = network, lemmatizer
        self._keep = KEEPS[settings.tokens]

    @property
    def types(self) -> list[str]:
        """Types of entities that it knows."""
        return self._network.types

    @classmethod
    def load(cls, folder: Path, device: torch.device, udpipe: Path | None = None) -> "TextTagger":
        """Read a folder of stage `export`; a `UserError` names the file that is missing, damaged or another one."""
        if not folder.is_dir():
            what = "no folder" if folder.exists() else "no such folder"
            raise UserError(f"{folder}: {what}; expected one that holds {SETTINGS}: dvc repro export makes it")
        settings = read_settings(Exported, folder / SETTINGS, "export")
        check_parts(folder, settings.parts)
        lemmatizer = Lemmatizer(
            find_udpipe(folder, settings, udpipe), Normalization(settings.lowercase, settings.lemmas)
        )
        embedder, tagger = Embedder.load(folder / LM, device, quick=True), Tagger.load(folder / TAGGER, device)
        _check_widths(folder, embedder, tagger)
        return cls(settings, Network(embedder, tagger, settings.temperature), lemmatizer)

    @overload
    def __call__(self, texts: str) -> list[Span]: ...  # type: ignore[overload-overlap]  # a text is no iterable of texts

    @overload
    def __call__(self, texts: Iterable[str]) -> Iterator[list[Span]]: ...

    def __call__(self, texts: str | Iterable[str]) -> list[Span] | Iterator[list[Span]]:
        """The entities of a text; or of texts, one list each and in order, read as they are asked for."""
        if isinstance(texts, str):
            return next(self._spans([texts]))
        return self._spans(texts)

    def tag(self, items: Iterable[Input]) -> Iterator[Output]:
        """Tag all pieces among the items, and pass on the others, in order; memory is that of a few of them."""
        pool: list[Input] = []
        characters = 0
        for item in items:
            pool.append(item)
            characters += len(item.text) if isinstance(item, Piece) else 0
            if characters >= POOL_CHARACTERS or len(pool) >= POOL_ITEMS:
                yield from self._tag(pool)
                pool, characters = [], 0
        yield from self._tag(pool)

    def _spans(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        spans: list[Span] = []
        for item in self.tag(_pieces(texts)):
            if isinstance(item, Tagged):
                spans += item.spans
            else:
                yield spans
                spans = []

    def _tag(self, pool: list[Input]) -> Iterator[Output]:
        split = [_split(item) if isinstance(item, Piece) else [] for item in pool]
        read = [[x for x in sentence if self._keep(x.form)] for sentences in split for sentence in sentences]
        full = [i for i, sentence in enumerate(read) if sentence]
        lemmas = [self._lemmatizer.lemmatize_tokens([token.form for token in read[i]]) for i in full]
        found: list[list[Found]] = [[] for _ in read]
        for i, entities in zip(full, self._network.find(lemmas), strict=True):
            found[i] = entities
        results = iter(zip(read, found, strict=True))
        for item, sentences in zip(pool, split, strict=True):
            if isinstance(item, Piece):
                spans = [span for _ in sentences for span in _place(item, *next(results))]
                yield Tagged(item, sentences, spans)
            else:
                yield item


def find_udpipe(folder: Path, settings: Exported, given: Path | None) -> Path:
    """The UDPipe model that the tagger was trained with: the one given, in the folder, or in data/raw.

    A `UserError` where there is none, or where its sum is another.
    """
    places = [given] if given else [folder / settings.udpipe.file, HERE.udpipe]
    path = next((place for place in places if place.is_file()), None)
    expected = f"expected the UDPipe model {settings.udpipe.source}, sha256 {settings.udpipe.sha256}"
    if path is None:
        raise UserError(f"{' and '.join(map(str, places))}: not found; {expected}; say where it is: --udpipe FILE")
    if (found := sha256(path)) != settings.udpipe.sha256:
        raise UserError(
            f"{path}: found sha256 {found}, {expected}: with other lemmas the tagger is another one; "
            "say where the right one is: --udpipe FILE"
        )
    return path


def _check_widths(folder: Path, embedder: Embedder, tagger: Tagger) -> None:
    given = embedder.width if tagger.features == "top" else embedder.width * embedder.depth
    if tagger.width != given:
        raise UserError(
            f"{folder / TAGGER}: reads {tagger.width} numbers a token, and {folder / LM} gives {given}: "
            f"they are of two taggers; {remake('export')}"
        )


def _pieces(texts: Iterable[str]) -> Iterator[Input]:
    for text in texts:
        yield from cut([text])
        yield End()


def _split(piece: Piece) -> list[list[Token]]:
    return list(split_spaces(piece.text) if piece.tokenised else split_text(piece.text))


def _place(piece: Piece, tokens: list[Token], found: list[Found]) -> Iterator[Span]:
    for start, stop, type_, confidence in found:
        first, last = tokens[start].start, tokens[stop - 1].stop
        yield Span(piece.start + first, piece.start + last, type_, confidence, piece.text[first:last])
