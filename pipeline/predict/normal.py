"""The normal form of a found name, its nominative: `Лидию Шумян` is `Лидия Шумян`.

A lemma is that of a word alone: of `Северной Осетии` lemmas make `северный Осетия`. So pymorphy3 inflects, and the
words of a name have to agree in case, number and gender. UDPipe, which reads the sentence, says which case and which
lemma are likely. All words of a person's name are put into the nominative; of other names the noun that leads and
the adjectives before it, and what the noun governs stays: `Министерства обороны` is `Министерство обороны`. A word
without a reading in that case stays as it is.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from ufal.udpipe import Sentence

from pipeline.errors import UserError
from pipeline.text.offsets import Token
from pipeline.text.spelling import remove_stress
from pipeline.text.udpipe import load_model, readable

CASES = {"Nom": "nomn", "Gen": "gent", "Dat": "datv", "Acc": "accs", "Ins": "ablt", "Loc": "loct"}
"""UDPipe's names of cases, and pymorphy3's."""
PERSON = "PER"
KINDS = {PERSON: ("Name", "Surn", "Patr"), "LOC": ("Geox",), "ORG": ("Orgn",)}
"""Grammemes of words that such a name is likely to have."""
ADJECTIVES, NOUN = ("ADJF", "PRTF"), "NOUN"
WORDS = 16_384
"""Words whose readings stay in memory."""

_RUSSIAN = re.compile("[А-Яа-яЁё]+(['’-][А-Яа-яЁё]+)*")
_CASE = re.compile(r"\bCase=(\w+)")

Reading = Any
"""A parse of pymorphy3, which is not typed."""


class Form(NamedTuple):
    """What the words of a name agree in; a plural, and some words, have no gender."""

    case: str
    number: str
    gender: str | None


class Hint(NamedTuple):
    """What UDPipe says of a word in its sentence."""

    case: str | None
    """In pymorphy3's words; None where the word or the model has none."""
    lemma: str


class NormalForms:
    """Puts names into the nominative. Threads may share it."""

    def __init__(self, udpipe: Path) -> None:
        """Load UDPipe's model and the dictionary. Raises a `UserError` without pymorphy3."""
        try:
            from pymorphy3 import MorphAnalyzer
        except ModuleNotFoundError:
            fault = "normal forms need the package pymorphy3, and it is not installed"
            raise UserError(f"{fault}; run: pip install pymorphy3") from None
        self._model = load_model(udpipe)
        self._read = lru_cache(WORDS)(MorphAnalyzer(lang="ru").parse)

    def hint(self, tokens: Sequence[str]) -> list[Hint]:
        """Return what UDPipe says of each token of a sentence."""
        sentence = Sentence()
        for token in tokens:
            sentence.addWord(readable(remove_stress(token)))
        self._model.tag(sentence, self._model.DEFAULT)
        words = [*sentence.words][1:]  # the first is the root
        return [Hint(_find_case(word.feats), _plain(word.lemma)) for word in words]

    def name(self, text: str, tokens: Sequence[Token], hints: Sequence[Hint], type_: str) -> str:
        """Return the normal form of the name that the tokens of a text are, with the spaces between them."""
        words = self([token.form for token in tokens], hints, type_)
        gaps = [text[left.stop : right.start] for left, right in pairwise(tokens)]
        return " ".join("".join(word + gap for word, gap in zip(words, [*gaps, ""], strict=True)).split())

    def __call__(self, words: Sequence[str], hints: Sequence[Hint], type_: str) -> list[str]:
        """Return the words of a name in its normal form; `hints` are those of the words, `type_` is the name's."""
        readings = [self._inflected(word) for word in words]
        if type_ != PERSON:
            readings = readings[: _find_head(readings) + 1]

        def rate(reading: Reading, hint: Hint) -> float:
            likely = any(kind in reading.tag for kind in KINDS.get(type_, ()))
            own = 0 if reading.tag.POS in ADJECTIVES else float(reading.score)  # adjectives agree with any gender
            hinted = (reading.tag.case == hint.case) + 0.5 * (_plain(reading.normal_form) == hint.lemma)
            number = (reading.tag.number == "sing") - 0.1 * ("Fixd" in reading.tag)
            return own + hinted + number + 0.5 * likely

        def choose(form: Form) -> list[Reading | None]:
            agreeing = [[reading for reading in of_word if _agree(reading, form)] for of_word in readings]
            hinted = zip(agreeing, hints, strict=False)
            return [max(of_word, key=lambda r: rate(r, hint), default=None) for of_word, hint in hinted]

        def fit(form: Form) -> tuple[int, float, bool]:
            rates = [rate(r, hint) for r, hint in zip(choose(form), hints, strict=False) if r is not None]
            return len(rates), sum(rates), form.case == "nomn"

        forms = sorted({_form(reading) for of_word in readings for reading in of_word}, key=str)
        if not forms:
            return [*words]
        chosen = [reading and reading.inflect({"nomn"}) for reading in choose(max(forms, key=fit))]
        chosen += [None] * (len(words) - len(chosen))
        return [_respell(made.word, word) if made else word for made, word in zip(chosen, words, strict=True)]

    def _inflected(self, word: str) -> list[Reading]:
        """Return the readings of a word that have a case; none of an initial, and of an unknown abbreviation."""
        word = remove_stress(word)
        if len(word) < 2 or not _RUSSIAN.fullmatch(word):
            return []
        readings = [r for r in self._read(word) if r.tag.POS in (*ADJECTIVES, NOUN) and r.tag.case in CASES.values()]
        return [] if word.isupper() and not any(reading.is_known for reading in readings) else readings


def _form(reading: Reading) -> Form:
    tag = reading.tag
    return Form(tag.case, tag.number, tag.gender if tag.number == "sing" else None)


def _agree(reading: Reading, form: Form) -> bool:
    case, number, gender = _form(reading)
    return (case, number) == form[:2] and (gender is None or form.gender is None or gender == form.gender)


def _find_head(readings: Sequence[Sequence[Reading]]) -> int:
    """Return the number of the noun that leads a name: before it there is nothing but adjectives that agree with it."""
    head = 0
    for number, of_word in enumerate(readings):
        nouns = {_form(reading) for reading in of_word if reading.tag.POS == NOUN}
        adjectives = [[r for r in before if r.tag.POS in ADJECTIVES] for before in readings[:number]]
        if any(all(any(_agree(r, noun) for r in before) for before in adjectives) for noun in nouns):
            head = number
    return head


def _find_case(feats: str) -> str | None:
    found = _CASE.search(feats)
    return CASES.get(found[1]) if found else None


def _plain(lemma: str) -> str:
    return lemma.lower().replace("ё", "е")


def _respell(form: str, word: str) -> str:
    """Write a form, which is in lower case, as the word is written: its capitals, and no ё where it has none."""
    word = remove_stress(word)
    if "ё" not in word.lower():
        form = form.replace("ё", "е")
    if word.isupper():
        return form.upper()
    parts = zip_longest(form.split("-"), word.split("-"), fillvalue="")
    return "-".join(part and _keep_capitals(part, own) for part, own in parts).strip("-")


def _keep_capitals(form: str, word: str) -> str:
    same = 0
    while same < min(len(form), len(word)) and form[same] == word[same].lower():
        same += 1
    return word[:same] + form[same:]
