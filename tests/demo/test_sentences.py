"""Cases: template -> a sentence that the template must be able to give."""

from random import Random

import pytest

from demo.entities import world
from demo.inflection import adjective, composed, counted, noun, past
from demo.records import Sentence, Token, capitalised, spans, text
from demo.sentences import Cast, clause, sentence
from demo.templates import ALL, FAMILIAR, HASH


def tokens(line: str) -> Sentence:
    """'Марков|B-PER уехал' -> tokens, O unless marked."""
    parts = [word.partition("|") for word in line.split()]
    return [Token(form, form.lower(), "PUNCT" if form in ".,«»" else "X", tag or "O") for form, _, tag in parts]


def test_spacing_and_capitals() -> None:
    """A capital after a quote but not after a number."""
    assert text(tokens("клуб « Метеор » выиграл , сообщил он .")) == "клуб «Метеор» выиграл, сообщил он."
    assert text(tokens("рост на 5 % ( за год )")) == "рост на 5 % (за год)"
    assert text(capitalised(tokens("« метеор » выиграл"))) == "«Метеор» выиграл"
    assert text(capitalised(tokens("12 марта"))) == "12 марта"


def test_spans() -> None:
    line = tokens("Марков|B-PER и Анна|B-PER Лукина|I-PER в Барске|B-LOC")
    assert list(spans(line)) == [(0, 1, "PER"), (2, 4, "PER"), (5, 6, "LOC")]


@pytest.mark.parametrize(
    "form, expected",
    [
        (noun("мост", "loc2"), "мосту"),
        (noun("город", "loc2"), "городе"),
        (adjective("новый", "завод", "accs"), "новый"),
        (adjective("новый", "тренер", "accs"), "нового"),
        (past("перейти", "femn", "sing"), "перешла"),
        (counted("человек", 5), "человек"),
        (counted("год", 7), "лет"),
        (composed("Марков", "surname").form("ablt"), "Марковым"),
        (composed("Марков", "town").form("ablt"), "Марковом"),
    ],
)
def test_inflection(form: str, expected: str) -> None:
    assert form == expected


@pytest.mark.parametrize("template", [*ALL, HASH])
def test_every_template_gives_well_formed_sentences(template: str) -> None:
    random = Random(1)
    cast = Cast.everyone(world(5), None, random)
    for _ in range(4):
        made = sentence(template, cast, random)
        assert all(token.form and token.lemma and token.upos not in ("", "X") for token in made)
        assert not any(" " in token.form or " " in token.lemma for token in made)
        assert made[-1].form == "."
        previous = "O"
        for token in made:
            assert not token.tag.startswith("I-") or previous[2:] == token.tag[2:]
            previous = token.tag


def test_a_verb_agrees_with_the_nearest_nominative() -> None:
    random = Random(2)
    template = "(комета.nomn) [увидеть] (поезд.accs) , а (поезд.nomn) [увидеть] (комета.accs)"
    made = clause(template, Cast({}, random), random)
    assert text(made) == "комета увидела поезд, а поезд увидел комету"


def test_some_names_have_two_types() -> None:
    """Without them a list of names would do."""
    kinds = ("FIRM", "BAND", "PARTY", "WORK")
    names = [{entity.name for entity in world(5).pool(kind, None)} for kind in kinds]
    assert sum(map(len, names)) > len(set().union(*names))


def test_training_lacks_some_patterns() -> None:
    assert 0.8 < len(FAMILIAR) / len(ALL) < 0.9
    assert len(set(ALL)) == len(ALL)
