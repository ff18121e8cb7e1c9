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
from pipeline.predict.network import Network
from pipeline.predict.pieces import Piece, Span, Tagged, cut
from pipeline.provenance.fingerprint import sha256
from pipeline.text.offsets import split_spaces, split_text
from pipeline.text.udpipe import Lemmatizer, Normalization

POOL_CHARACTERS = 60_000
"""Characters of text that are read before they are tagged: about 10,000 tokens, sorted by length together."""
POOL_PIECES = 2_000
"""Pieces read before they are tagged, for lines of a word each and empty ones."""


class TextTagger:
    """Finds entities in texts. Several threads may call it, and its memory is bounded."""

    def __init__(self, settings: Exported, network: Network, lemmatizer: Lemmatizer) -> None:
        self.settings = settings
        self.types = network.types
        """The types of entities that it finds."""
        self._network, self._lemmatizer = network, lemmatizer
        self._keep = KEEPS[settings.tokens]

    @classmethod
    def load(cls, folder: Path, device: torch.device, udpipe: Path | None = None) -> "TextTagger":
        """Load a folder of stage `export`; a `UserError` names a file that is missing, damaged or another tagger's."""
        if not folder.is_dir():
            fault = "no folder" if folder.exists() else "no such folder"
            raise UserError(f"{folder}: {fault}; expected one that holds {SETTINGS}: dvc repro export makes it")
        settings = read_settings(Exported, folder / SETTINGS, "export")
        check_parts(folder, settings.parts)
        model = find_udpipe(folder, settings, udpipe)
        lemmatizer = Lemmatizer(model, Normalization(settings.lowercase, settings.lemmas))
        embedder, tagger = Embedder.load(folder / LM, device, quick=True), Tagger.load(folder / TAGGER, device)
        width = embedder.widths[tagger.features]
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
        """Return the entities of a text, or an iterator over those of texts, which are read as they are needed."""
        return next(self._find([texts])) if isinstance(texts, str) else self._find(texts)

    def _find(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        spans: list[Span] = []
        for tagged in self.tag(piece for text in texts for piece in cut(text)):
            spans += tagged.spans
            if tagged.piece.last:
                yield spans
                spans = []

    def tag(self, pieces: Iterable[Piece]) -> Iterator[Tagged]:
        """Tag pieces of texts in order, with only a few of them in memory."""
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
        forms = [[token.form for token in sentence] for sentence in read]
        lemmas = [self._lemmatizer.lemmatize_tokens(sentence) for sentence in forms]
        results = zip(read, self._network.find(lemmas, forms), strict=True)
        for piece, sentences in zip(pool, split, strict=True):
            spans = []
            for tokens, entities in islice(results, len(sentences)):
                for start, stop, type_, confidence in entities:
                    first, last = tokens[start].start, tokens[stop - 1].stop
                    text = piece.text[first:last]
                    spans.append(Span(piece.start + first, piece.start + last, type_, confidence, text))
            yield Tagged(piece, sentences, spans)


def find_udpipe(folder: Path, settings: Exported, given: Path | None) -> Path:
    """Return the UDPipe model that the tagger was trained with: the given file, or the one in the folder.

    Raises a `UserError` if there is none, or if its sum differs.
    """
    path = given or folder / settings.udpipe.file
    expected = f"expected the UDPipe model {settings.udpipe.source}, sha256 {settings.udpipe.sha256}"
    if not path.is_file():
        raise UserError(f"{path}: not found; {expected}; say where it is: --udpipe FILE")
    if (total := sha256(path)) != settings.udpipe.sha256:
        raise UserError(
            f"{path}: found sha256 {total}, {expected}: with other lemmas the tagger is another one; "
            "say where the right one is: --udpipe FILE"
        )
    return path
