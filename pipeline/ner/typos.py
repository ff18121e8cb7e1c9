"""Typos: words misspelt as people mistype them.

    replace    Москва -> Мосева     a neighbouring key
    swap       Москва -> Моксва     two letters in the wrong order
    drop       Москва -> Моква      a letter left out
    double     Москва -> Москква    a letter typed twice

A word here is a token of two letters or more: shorter ones (в, и, с) would vanish, or become another correct word.
Digits and punctuation stay as they are and where they are. Every kind that a word allows is equally likely, and so is
every form within a kind. Capitals keep their positions, and lower-casing does not undo a typo.

Neighbouring keys are those of the Russian layout ЙЦУКЕН and, for Latin words, of QWERTY on the same keys.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import dist
from random import Random

LAYOUTS = [("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"), ("qwertyuiop", "asdfghjkl", "zxcvbnm")]
OFFSETS = (0, 0.25, 0.75)
"""The left edge of each row, in keys. `ё` is in the row of digits and touches no letter."""
Kind = Callable[[str], Iterator[str]]
"""Yields every form that a typo of this kind can give a word; nothing if the word does not allow it."""
Typos = dict[tuple[int, int], str]
"""Misspelt forms by the numbers of the sentence and the token."""


def _neighbours() -> Iterator[tuple[str, str]]:
    """Each lower-case letter with the two to six letters around it, less than one and a half keys away."""
    for rows in LAYOUTS:
        keys = {key: (x + OFFSETS[y], y) for y, row in enumerate(rows) for x, key in enumerate(row)}
        for key, centre in keys.items():
            yield key, "".join(other for other, point in keys.items() if 0 < dist(centre, point) < 1.5)


NEIGHBOURS = dict(_neighbours())


def draw_typos(sentences: Sequence[Sequence[str]], rates: Sequence[float], seed: int) -> list[Typos]:
    """Return, for each rate, typos in that share of all words, rounded to a whole word; sentences are lists of tokens.

    A word misspelt at 5 % is misspelt in the same way at 10 %, so that a higher rate only adds typos.
    """
    random = Random(seed)
    words = find_words(sentences)
    random.shuffle(words)
    numbers = [round(rate * len(words)) for rate in rates]
    typos = [((s, t), misspell(sentences[s][t], random)) for s, t in words[: max(numbers)]]
    return [dict(typos[:number]) for number in numbers]


def find_words(sentences: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    """Return the numbers of the sentence and the token of every word."""
    tokens = ((s, t, token) for s, sentence in enumerate(sentences) for t, token in enumerate(sentence))
    return [(s, t) for s, t, token in tokens if sum(map(_is_letter, token)) >= 2]


def apply_typos(sentences: Sequence[Sequence[str]], typos: Typos) -> list[list[str]]:
    """Put the typos into the sentences; every other token stays as it was."""
    return [[typos.get((s, t), token) for t, token in enumerate(sentence)] for s, sentence in enumerate(sentences)]


def misspell(word: str, random: Random) -> str:
    """Return the word with one typo."""
    kinds = [forms for forms in (list(kind(word)) for kind in KINDS) if forms]
    return random.choice(random.choice(kinds))


def replace(word: str) -> Iterator[str]:
    """One letter becomes a neighbour on the keyboard, in the same alphabet."""
    for i, letter in enumerate(word):
        for other in NEIGHBOURS.get(letter.lower(), "") if _is_letter(letter) else "":
            yield word[:i] + _in_case(letter, other) + word[i + 1 :]


def swap(word: str) -> Iterator[str]:
    """Two different letters next to each other change places."""
    for i, (left, right) in enumerate(pairwise(word)):
        if _is_letter(left) and _is_letter(right) and left.lower() != right.lower():
            yield word[:i] + _in_case(left, right) + _in_case(right, left) + word[i + 2 :]


def drop(word: str) -> Iterator[str]:
    """One letter is left out; a letter after a dropped capital becomes a capital."""
    for i, letter in enumerate(word):
        if _is_letter(letter):
            after = word[i + 1 :]
            if letter.isupper() and after and _is_letter(after[0]):
                after = after[0].upper() + after[1:]
            yield word[:i] + after


def double(word: str) -> Iterator[str]:
    """One letter comes twice; a doubled capital is a capital again only among capitals."""
    for i, letter in enumerate(word):
        if _is_letter(letter):
            after = word[i + 1 :]
            model = after[0] if after and _is_letter(after[0]) else letter
            yield word[: i + 1] + _in_case(model, letter) + after


KINDS: list[Kind] = [replace, swap, drop, double]


def _is_letter(character: str) -> bool:
    """Whether it is a letter whose capital and small forms, if it has them, are one character each."""
    return character.isalpha() and len(character.lower()) == len(character.upper()) == 1


def _in_case(model: str, letter: str) -> str:
    """The letter in the case of the model."""
    return letter.upper() if model.isupper() else letter.lower()
