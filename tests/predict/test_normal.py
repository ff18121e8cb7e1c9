"""Names in the nominative: examples, a round trip through all cases, and the lemmas of a treebank."""

import gzip
import json
import sys
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymorphy3 import MorphAnalyzer

from pipeline.predict import load
from pipeline.predict.normal import CASES, Hint, NormalForms
from pipeline.text.offsets import split_text
from tests.conftest import RunCommand
from tests.pack import PACK, needs_pack
from tests.predict.conftest import DEMO, World


@pytest.fixture(scope="module")
def forms() -> NormalForms:
    return NormalForms(DEMO / "model.udpipe")


@pytest.mark.parametrize(
    ("name", "type_", "normal"),
    [
        ("Лидию Шумян", "PER", "Лидия Шумян"),
        ("Александра Сергеевича Пушкина", "PER", "Александр Сергеевич Пушкин"),
        ("А. С. Пушкина", "PER", "А. С. Пушкин"),
        ("НАТАЛЬИ ИВАНОВОЙ", "PER", "НАТАЛЬЯ ИВАНОВА"),
        ("дональда трампа", "PER", "дональд трамп"),
        ("Сергеем Королёвым", "PER", "Сергей Королёв"),
        ("Сергеем Королевым", "PER", "Сергей Королев"),
        ("Северной\u00a0Осетии", "LOC", "Северная Осетия"),
        ("Соединённых Штатах Америки", "LOC", "Соединённые Штаты Америки"),
        ("Ростове-на-Дону", "LOC", "Ростов-на-Дону"),
        ("Великих Лук", "LOC", "Великие Луки"),
        (
            "Московском государственном университете имени Ломоносова",
            "ORG",
            "Московский государственный университет имени Ломоносова",
        ),
        ("Российской академии наук", "ORG", "Российская академия наук"),
        ("США", "LOC", "США"),
        ("КОАТУУ", "ORG", "КОАТУУ"),
        ("КАМАЗа", "ORG", "КАМАЗ"),
        ("Пола МакКартни", "PER", "Пол МакКартни"),
        ("МегаФоном", "ORG", "МегаФон"),
        ("Нью-Йорке", "LOC", "Нью-Йорк"),
        ("Шума\ud800н", "PER", "Шума\ud800н"),
        ("IBM", "ORG", "IBM"),
        ("«»", "ORG", "«»"),
        ("2", "MISC", "2"),
    ],
)
def test_names_are_put_into_the_nominative(forms: NormalForms, name: str, type_: str, normal: str) -> None:
    ((*tokens,),) = split_text(name)
    assert forms.name(name, tokens, forms.hint([token.form for token in tokens]), type_) == normal


@given(st.text(), st.sampled_from(["PER", "LOC"]))
@settings(max_examples=100)
def test_any_text_has_a_normal_form_on_one_line(forms: NormalForms, text: str, type_: str) -> None:
    for tokens in split_text(text):
        normal = forms.name(text, tokens, forms.hint([token.form for token in tokens]), type_)
        assert normal and normal == " ".join(normal.split())


NAMES = [
    *((name, "PER", 2) for name in ("Анна Смирнова", "Иван Петров", "Ольга Достоевская", "Илья Репин")),
    *((name, "LOC", 2) for name in ("Северная Осетия", "Нижний Новгород", "Великие Луки", "Чёрное море")),
    ("Министерство обороны", "ORG", 1),
    ("Российская академия наук", "ORG", 2),
]


@pytest.mark.parametrize(("name", "case"), product(NAMES, CASES.values()), ids=str)
def test_every_case_leads_back_to_the_nominative(forms: NormalForms, name: tuple[str, str, int], case: str) -> None:
    text, type_, inflected = name
    words = text.split()
    gender = {"Анна": "femn", "Ольга": "femn", "Иван": "masc", "Илья": "masc"}.get(words[0])
    analyzer, given = MorphAnalyzer(lang="ru"), list[str]()
    for word in words[:inflected]:
        readings = [r for r in analyzer.parse(word) if r.tag.case == "nomn" and gender in (None, r.tag.gender)]
        given.append(readings[0].inflect({case}).word.capitalize())
    given += words[inflected:]
    made = forms(given, [Hint(case, "")] * len(words), type_)
    assert [word.lower().replace("ё", "е") for word in made] == text.lower().replace("ё", "е").split()


class Name(NamedTuple):
    """A name of the treebank in its sentence."""

    tokens: list[str]
    start: int
    stop: int
    lemmas: list[str]


def read_names(path: Path) -> Iterator[Name]:
    """Yield the names of a treebank: proper nouns, with those that are flat below the one before, no plurals."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for block in file.read().split("\n\n"):
            lines = [line.split("\t") for line in block.splitlines() if line[:1].isdigit()]
            rows, start = [row for row in lines if row[0].isdigit()], 0
            while start < len(rows):
                stop = start + 1
                while stop < len(rows) and rows[stop][3] == "PROPN" and rows[stop][7].startswith("flat"):
                    stop += 1
                name = rows[start:stop]
                if all(row[3] == "PROPN" and row[1][0].isupper() and "Number=Plur" not in row[5] for row in name):
                    tokens = [row[1] for row in rows]
                    if all(len(row[1].strip(".")) > 1 for row in name):
                        yield Name(tokens, start, stop, [row[2].lower().replace("ё", "е") for row in name])
                start = stop


@pytest.mark.slow
@needs_pack
def test_normal_forms_are_right_more_often_than_lemmas() -> None:
    forms = NormalForms(PACK / "udpipe" / "russian-small.udpipe")
    names = [name for split in ("test_gsd", "test_taiga") for name in read_names(PACK / "ud" / f"{split}.conllu.gz")]
    right = [0, 0]
    for tokens, start, stop, lemmas in names:
        hints = forms.hint(tokens)[start:stop]
        made = forms(tokens[start:stop], hints, "PER" if stop - start > 1 else "LOC")
        right[0] += [word.lower().replace("ё", "е") for word in made] == lemmas
        right[1] += [hint.lemma for hint in hints] == lemmas
    assert len(names) > 900 and right[0] / len(names) > 0.87 and right[0] - right[1] > 0.04 * len(names)


def test_the_command_and_python_give_normal_forms(
    world: World, run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Анна Смирнова уехала в Казань, а Ивана Петрова оставила."
    spans = load(world.exported, normal=True)(text)
    assert spans and all(span.normal for span in spans)
    assert [(s.start, s.stop, s.type) for s in spans] == [(s.start, s.stop, s.type) for s in load(world.exported)(text)]
    ask = partial(run_command, "predict", "--model", world.exported, "--normal", text)
    answer = json.loads(ask("--format", "jsonl").out)
    assert [span["normal"] for span in answer["spans"]] == [span.normal for span in spans]
    assert f"{spans[0].confidence:.2f} {spans[0].normal}]" in ask().out
    assert ask("--format", "conll").err == "error: --normal: found --format conll, expected terminal or jsonl\n"
    monkeypatch.setitem(sys.modules, "pymorphy3", None)
    assert ask().err.startswith("error: normal forms need the package pymorphy3") and ask().code == 1
