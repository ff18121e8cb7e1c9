"""A UDPipe 1 model finds the lemmas of words."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ufal.udpipe import Model, ProcessingError, Sentence, Word

from pipeline.errors import UserError
from pipeline.text.spelling import remove_stress

_UNPRINTED = "_"  # how CoNLL-U, and so a trained model, writes a lemma that is not there
_UNREADABLE = re.compile("[\0\ud800-\udfff]")  # C strings end at NUL; UTF-8 has no lone surrogates


class Normalization(NamedTuple):
    """How the words of a text are written down for the language model."""

    lowercase: bool
    """If false, words keep the case of the text, and lemmas the case of the model, which has `Россия` and `город`."""
    lemmas: bool
    """If false, the words themselves are written down."""


class Lemmatizer:
    """Turns words into lemmas, in context, or leaves them. Neither is ever empty, and `_` stands for white space.

    Words are given in NFC. Stress marks on them are not read, so that no lemma has one.

    Only the tokenizer and the tagger run: lemmas need no parser, which would take most of the time.
    """

    def __init__(self, path: Path, normalization: Normalization) -> None:
        """Load a model. Raises a `UserError` if the file is not a model, or has no tokenizer or tagger."""
        self._path, self._model = path, load_model(path)
        self._normalization = normalization
        sentence = Sentence()
        sentence.addWord("мама")
        if not self._model.tag(sentence, self._model.DEFAULT, ProcessingError()):
            raise UserError(f"{path}: this UDPipe model has no tagger; use one that has")

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle_by_path(Lemmatizer, self._path, self._normalization)

    def lemmatize_text(self, text: str) -> list[str]:
        """Return the lemmas of running text, lowered already if lemmas should be; UDPipe decides what a word is."""
        tokenizer = self._model.newTokenizer(self._model.DEFAULT)
        tokenizer.setText(readable(remove_stress(text)))
        lemmas: list[str] = []
        sentence, error = Sentence(), ProcessingError()
        while tokenizer.nextSentence(sentence, error):
            lemmas += self._tag(sentence)
        return lemmas

    def lemmatize_tokens(self, tokens: Sequence[str]) -> list[str]:
        """Return exactly one lemma for each given token of a sentence, in any case and whatever the token is."""
        sentence = Sentence()
        for token in map(remove_stress, tokens):
            sentence.addWord(readable(token.lower() if self._normalization.lowercase else token))
        return self._tag(sentence)

    def _tag(self, sentence: Sentence) -> list[str]:
        if self._normalization.lemmas:
            self._model.tag(sentence, self._model.DEFAULT)
        words: list[Word] = list(sentence.words)[1:]  # the first is the root
        texts = [word.lemma if self._normalization.lemmas else word.form for word in words]
        if _UNPRINTED in texts or " ".join(texts).split() != texts:
            texts = [_clean(text, word.form) for text, word in zip(texts, words, strict=True)]
        return [text.lower() for text in texts] if self._normalization.lowercase else texts


def load_model(path: Path) -> Model:
    """Return a model with a tokenizer. Raises a `UserError` if the file is not a model, or has no tokenizer."""
    if _UNREADABLE.search(str(path)):
        raise UserError(f"{path}: its path is not UTF-8, and UDPipe opens no other; rename it")
    model = Model.load(str(path)) if path.is_file() else None
    if model is None:
        raise UserError(
            f"{path}: {'not a UDPipe 1 model' if path.exists() else 'not found'}; expected a file such "
            "as russian-syntagrus-ud-2.5-191206.udpipe; check the manifest and run: dvc repro fetch"
        )
    if model.newTokenizer(model.DEFAULT) is None:
        raise UserError(f"{path}: this UDPipe model has no tokenizer; use one that has")
    return model


def pickle_by_path(kind: Callable[..., Any], path: Path, *settings: Any) -> tuple[Any, ...]:
    """Return what `__reduce__` needs for an object made from a model file: a worker makes it once, and again if the
    file has been replaced meanwhile.
    """
    path = path.resolve()  # a worker may have a working directory of its own
    return _make_once, (kind, path.stat().st_mtime_ns, path, *settings)


@lru_cache(maxsize=1)
def _make_once(kind: Callable[..., Any], changed: int, path: Path, *settings: Any) -> Any:
    return kind(path, *settings)


def readable(text: str) -> str:
    """Return the text as UDPipe can read it, with as many characters as before."""
    return _UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _clean(lemma: str, form: str) -> str:
    return "_".join((form if lemma in ("", _UNPRINTED) else lemma).split()) or _UNPRINTED
