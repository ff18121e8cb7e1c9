"""An exported tagger, loaded: texts to entities."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import overload

from pipeline.light.folder import Exported, find_udpipe, read_folder
from pipeline.light.network import Entity
from pipeline.predict.normal import NormalForms
from pipeline.predict.pieces import Piece, Span, Tagged, cut
from pipeline.predict.runtime import CPU, Network, Runtime, load_network
from pipeline.predict.windows import cut_windows, join
from pipeline.predict.words import Words
from pipeline.text.offsets import Token, split_spaces, split_text
from pipeline.text.udpipe import Lemmatizer, Normalization

POOL_CHARACTERS = 60_000
"""Characters of text that are read before they are tagged: about 10,000 tokens, sorted by length together."""
POOL_PIECES = 2_000
"""Pieces read before they are tagged, for lines of a word each and empty ones."""


class PoolTagger(ABC):
    """Tags pieces of texts, a pool of them at once."""

    name: str
    """What it is called where its answers are shown."""
    types: list[str]
    """The types of entities that it finds."""

    @abstractmethod
    def tag_pool(self, pool: list[Piece]) -> Iterator[Tagged]:
        """Tag pieces at once, of which sentences of similar length share a batch."""

    def tag(self, pieces: Iterable[Piece]) -> Iterator[Tagged]:
        """Tag pieces of texts in order, with only a few of them in memory."""
        for pool in gather(pieces):
            yield from self.tag_pool(pool)


class TextTagger(PoolTagger):
    """Finds entities in texts. Several threads may call it, and its memory is bounded."""

    def __init__(
        self, settings: Exported, network: Network, lemmatizer: Lemmatizer | Words, normal: NormalForms | None = None
    ) -> None:
        self.settings, self.name = settings, settings.set
        self.types = network.types
        self._network, self._lemmatizer, self._normal = network, lemmatizer, normal

    @classmethod
    def load(
        cls,
        folder: Path,
        device: str = CPU,
        udpipe: Path | None = None,
        runtime: Runtime = "auto",
        normal: bool = False,
    ) -> "TextTagger":
        """Load a folder of stage `export`; a `UserError` names a file that is missing, damaged or another tagger's.

        With `normal`, spans have a normal form.
        """
        settings = read_folder(folder)
        model = find_udpipe(folder, settings, udpipe)
        lowercase, lemmas = settings.lowercase, settings.lemmas
        lemmatizer = Lemmatizer(model, Normalization(lowercase, lemmas)) if lemmas else Words(lowercase)
        network = load_network(folder, settings.temperature, device, runtime)
        return cls(settings, network, lemmatizer, NormalForms(model) if normal else None)

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

    def tag_pool(self, pool: list[Piece]) -> Iterator[Tagged]:
        """Tag pieces at once, of which sentences of similar length share a batch."""
        split = [list((split_spaces if piece.tokenised else split_text)(piece.text)) for piece in pool]
        read = [[self._keep(sentence) for sentence in piece] for piece in split]
        cut = [[[*cut_windows(len(sentence))] for sentence in piece] for piece in read]
        forms = [
            [token.form for token in sentence[window.start : window.stop]]
            for piece, windows in zip(read, cut, strict=True)
            for sentence, of_sentence in zip(piece, windows, strict=True)
            for window in of_sentence
        ]
        lemmas = [self._lemmatizer.lemmatize_tokens(window) for window in forms]
        found = iter(self._network.find(lemmas, forms))
        for piece, sentences, kept, windows in zip(pool, split, read, cut, strict=True):
            spans: list[Span] = []
            for tokens, of_sentence in zip(kept, windows, strict=True):
                entities = [*join(zip(of_sentence, islice(found, len(of_sentence)), strict=True))]
                spans += self._locate(piece, tokens, entities) if entities else []
            yield Tagged(piece, sentences, spans)

    def _locate(self, piece: Piece, tokens: list[Token], entities: list[Entity]) -> list[Span]:
        """Return the entities of a sentence as spans of the text."""
        spans = []
        hints = self._normal.hint([token.form for token in tokens]) if self._normal else []
        for start, stop, type_, confidence in entities:
            first, last = tokens[start].start, tokens[stop - 1].stop
            normal = None
            if self._normal:
                normal = self._normal.name(piece.text, tokens[start:stop], hints[start:stop], type_)
            text = piece.text[first:last]
            spans.append(Span(piece.start + first, piece.start + last, type_, confidence, text, normal))
        return spans

    def _keep(self, sentence: list[Token]) -> list[Token]:
        """Leave out the tokens that the protocol does not read."""
        if self.settings.tokens == "all":
            return sentence
        return [token for token in sentence if token.form.isalnum()]


def gather(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Put pieces together in pools that are tagged at once; the last pool may be empty."""
    pool: list[Piece] = []
    characters = 0
    for piece in pieces:
        pool.append(piece)
        characters += len(piece.text)
        if characters >= POOL_CHARACTERS or len(pool) >= POOL_PIECES:
            yield pool
            pool, characters = [], 0
    yield pool
