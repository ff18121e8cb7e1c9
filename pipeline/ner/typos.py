"""Typos: words misspelt as hands misspell them.

    replace    Москва -> Мосева     a key beside the right one
    swap       Москва -> Моксва     two letters in the wrong order
    drop       Москва -> Моква      a letter left out
    double     Москва -> Москква    a letter typed twice

A word, for this, is a token of two letters or more. Shorter ones (в, и, с) would become nothing, or another word as
good as they. Digits and punctuation stay as they are and where they are, alone or beside letters. Every kind that a
word allows is as likely as the others, and so is every place, and every key beside it, within a kind. Capitals keep
their places: a typo does not depend on case, and is one in lower case too.

Letters side by side are those of the Russian layout ЙЦУКЕН and, on the same keys, of QWERTY for Latin words.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

LAYOUTS = [("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"), ("qwertyuiop", "asdfghjkl", "zxcvbnm")]
OFFSETS = (0, 0.25, 0.75)
"""Where the rows begin, in keys. `ё`, beside the digits, touches no letter."""
Kind = Callable[[str], Iterator[str]]
"""A word to every form that a typo of this kind can give it; none, if the word does not allow it."""


class Typo(NamedTuple):
    """What becomes of one token of a split."""

    sentence: int
    token: int
    form: str


def _neighbours() -> Iterator[tuple[str, str]]:
    """Each lower-case letter with the two to six letters around it."""
    for rows in LAYOUTS:
        keys = [(key, x + OFFSETS[y], y) for y, row in enumerate(rows) for x, key in enumerate(row)]
        for key, x, y in keys:
            touching = (k for k, u, v in keys if (abs(u - x) == 1 if v == y else abs(v - y) == 1 and abs(u - x) < 1))
            yield key, "".join(touching)


NEIGHBOURS = dict(_neighbours())


def draw_typos(sentences: Sequence[Sequence[str]], rates: Sequence[float], seed: int) -> list[list[Typo]]:
    """For each rate, typos in that share of all words, to the nearest whole word; sentences are lists of tokens.

    A word that is misspelt at 5 % is so at 10 % as well, and in the same way: two rates differ by nothing but the words
    between them.
    """
    random = Random(seed)
    words = find_words(sentences)
    random.shuffle(words)
    numbers = [round(rate * len(words)) for rate in rates]
    typos = [Typo(s, t, misspell(sentences[s][t], random)) for s, t in words[: max(numbers)]]
    return [typos[:number] for number in numbers]


def find_words(sentences: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    """The numbers of the sentence and of the token of everything that can be misspelt."""
    tokens = ((s, t, token) for s, sentence in enumerate(sentences) for t, token in enumerate(sentence))
    return [(s, t) for s, t, token in tokens if sum(map(_is_letter, token)) >= 2]


def apply_typos(sentences: Sequence[Sequence[str]], typos: Sequence[Typo]) -> list[list[str]]:
    """The sentences with the typos in them; every other token as it was, and each in its place."""
    changed = [list(tokens) for tokens in sentences]
    for typo in typos:
        changed[typo.sentence][typo.token] = typo.form
    return changed


def misspell(word: str, random: Random) -> str:
    """A word with one typo."""
    kinds = [forms for forms in (list(kind(word)) for kind in KINDS) if forms]
    return random.choice(random.choice(kinds))


def replace(word: str) -> Iterator[str]:
    """One letter becomes one that lies beside it on the keyboard, in the same alphabet."""
    for i, letter in enumerate(word):
        for other in NEIGHBOURS.get(letter.lower(), "") if _is_letter(letter) else "":
            yield word[:i] + _as(letter, other) + word[i + 1 :]


def swap(word: str) -> Iterator[str]:
    """Two different letters side by side change places."""
    for i, (left, right) in enumerate(pairwise(word)):
        if _is_letter(left) and _is_letter(right) and left.lower() != right.lower():
            yield word[:i] + _as(left, right) + _as(right, left) + word[i + 2 :]


def drop(word: str) -> Iterator[str]:
    """One letter is left out; after a capital that is gone the next letter is one."""
    for i, letter in enumerate(word):
        if _is_letter(letter):
            after = word[i + 1 :]
            if letter.isupper() and after and _is_letter(after[0]):
                after = after[0].upper() + after[1:]
            yield word[:i] + after


def double(word: str) -> Iterator[str]:
    """One letter comes twice; a capital does so only among capitals."""
    for i, letter in enumerate(word):
        if _is_letter(letter):
            after = word[i + 1 :]
            yield word[: i + 1] + _as(after[0] if after and _is_letter(after[0]) else letter, letter) + after


KINDS: list[Kind] = [replace, swap, drop, double]


def _is_letter(character: str) -> bool:
    """Whether it has its own capital or small letter, or neither: no more than one character either way."""
    return character.isalpha() and len(character.lower()) == len(character.upper()) == 1


def _as(replaced: str, letter: str) -> str:
    """The letter in the case of the one whose place it takes."""
    return letter.upper() if replaced.isupper() else letter.lower()
