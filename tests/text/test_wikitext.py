"""Wikitext to the paragraphs that a reader sees."""

import re
from collections import Counter
from itertools import groupby

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.text.dump.tags import BLOCK_TAGS, INLINE_TAGS
from pipeline.text.dump.templates.lost import Lost
from pipeline.text.dump.wikitext import DROPPED, extract_paragraphs
from pipeline.text.whitespace import fold
from tests.pack import PACK
from tests.text.cases import PIECES, drawn_cases
from tests.text.news import read_mediawiki


@pytest.mark.parametrize("wikitext, expected", drawn_cases("wikitext.txt"))
def test_constructs(wikitext: str, expected: str) -> None:
    assert " | ".join(extract_paragraphs(wikitext, Counter())) == expected


@pytest.mark.parametrize("wikitext, expected", drawn_cases("counted.txt"))
def test_what_is_left_out_is_counted(wikitext: str, expected: str) -> None:
    counts: Counter[str] = Counter()
    extract_paragraphs(wikitext, counts)
    counted = [f"{kind} {counts[f'dropped_{kind}']}" for kind in DROPPED if counts[f"dropped_{kind}"]]
    assert (", ".join(counted) or "nothing") == expected
    assert set(counts) <= {f"{unit}dropped_{kind}" for kind in DROPPED for unit in ("", "words_")}


def test_templates_lost_inside_sentences() -> None:
    lost: dict[str, Lost] = {}
    inside = "Мэр {{Чин|1}} и\n{{врез|а}}\nсуд {{#if:а|б}}<ref>{{cite|в}}</ref>, {{нет АИ}} {{чин_|2}} и {{nbsp}}\n"
    beside = "{{тема|а}} {{тема|б}}\n{{Карточка\n|а=б\n}}Дом\n== Ссылки ==\nтут {{порт|а}}"
    extract_paragraphs(inside + beside, Counter(), lost)
    assert [*lost.values()] == [Lost("чин", 2, 2, "{{Чин|1}}"), Lost("#if", 1, 1, "{{#if:а|б}}")]


CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\x02")
MARKUP = st.sampled_from(PIECES["soup"] + PIECES["stray"])


@given(st.lists(MARKUP | CHARACTERS, max_size=40).map("".join))
def test_any_text_is_survived(wikitext: str) -> None:
    for paragraph in extract_paragraphs(wikitext, Counter()):
        assert paragraph == fold(paragraph) != ""


@given(st.lists(MARKUP, max_size=8).map("".join))
def test_the_article_goes_on_after_broken_mark_up(broken: str) -> None:
    """Nothing in the broken line can close what follows, so the second paragraph must be whole."""
    line = broken.replace("\n", "").replace("==", "")
    if line.count("<!--") or line.count("<gallery>"):
        return
    text = f"Начало {line}\n\nВторая [часть] статьи.\n\nКонец"
    assert "Вторая [часть] статьи." in extract_paragraphs(text, Counter())


PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[]{}<>|=*#:;'~_-&\0\x02"))


@given(PLAIN)
def test_text_without_mark_up_passes(text: str) -> None:
    lines = [fold(line) for line in text.split("\n")]
    blocks = [" ".join(block) for filled, block in groupby(lines, key=bool) if filled]
    counts: Counter[str] = Counter()
    assert extract_paragraphs(text, counts) == [block for block in blocks if any(map(str.isalnum, block))]
    dropped = [block for block in blocks if not any(map(str.isalnum, block))]
    assert counts["dropped_paragraphs_without_words"] == len(dropped)
    assert counts["words_dropped_paragraphs_without_words"] == sum(len(block.split()) for block in dropped)
    assert len(counts) <= 2


FORM = st.sampled_from(PIECES["shown"] + PIECES["hidden"])


@given(st.lists(st.tuples(FORM, st.sampled_from([" ", "\n", "\n\n"])), max_size=12))
def test_every_word_is_shown_or_counted(forms: list[tuple[str, str]]) -> None:
    text = "".join(form.format(f" слово{number} ") + space for number, (form, space) in enumerate(forms))
    counts: Counter[str] = Counter()
    shown = re.findall(r"слово\d+", " ".join(extract_paragraphs(text, counts)))
    assert shown == [f"слово{number}" for number, (form, _) in enumerate(forms) if form in PIECES["shown"]]
    dropped = sum(number for key, number in counts.items() if key.startswith("words_dropped_"))
    assert dropped >= len(forms) - len(shown)


@example(["[[", "слово", "{|"])
@example(["[[", "слово", "|}"])
@example(["[[", "слово", "{|", "слово", "]]"])
@given(st.lists(st.sampled_from(PIECES["soup"] + ["слово"] * 9), max_size=60))
def test_in_any_soup_no_word_vanishes_uncounted(soup: list[str]) -> None:
    text = "".join(f" слово{number} " if piece == "слово" else piece for number, piece in enumerate(soup))
    counts: Counter[str] = Counter()
    shown = re.findall(r"слово\d+", " ".join(extract_paragraphs(text, counts)))
    assert shown == sorted(shown, key=lambda word: int(word.removeprefix("слово")))
    dropped = sum(number for key, number in counts.items() if key.startswith("words_dropped_"))
    # Of a link that is closed and has a label, `[[ слово1 |}]]`, the label alone is shown.
    titles = " ".join(re.findall(r"(?s)\[\[([^\[\]{}<>|\n]*)\|(?=.*\]\])", text))
    assert dropped + titles.count("слово") >= soup.count("слово") - len(shown)


def test_an_article_full_of_openings_is_read_line_by_line() -> None:
    """A template of several lines is then not seen as one: its lines are dropped as never closed."""
    counts: Counter[str] = Counter()
    text = f"Один [[два|две]].\n{'[[ ' * 40}три\n\nЧетыре {{{{т\n|а=б\n}}}} пять."
    assert extract_paragraphs(text, counts) == ["Один две.", "Четыре", "пять."]
    assert counts == {
        "dropped_unparsable_lines": 1,
        "words_dropped_unparsable_lines": 41,
        "dropped_unclosed": 2,
        "words_dropped_unclosed": 2,
    }


# as the loader of imported news writes them
IMPORTED = """{{дата|2020-09-14}}

Спартак [https://example.org/t/1 обыграл] «Ростов», передаёт '''Prostoprosport.ru'''.

Второй абзац.

{{-}}

== Источники ==

{{Prostoprosport.ru|url=https://example.org/1|title=Спартак обыграл|author=А. Б.}}

{{Загружено ботом|NewsBots|Prostoprosport.ru}}

{{Подвал новости}}

{{Категории|Спорт|Футбол}}"""


def test_imported_news() -> None:
    counts: Counter[str] = Counter()
    expected = ["Спартак обыграл «Ростов», передаёт Prostoprosport.ru.", "Второй абзац."]
    assert extract_paragraphs(IMPORTED, counts) == expected
    assert (counts["dropped_templates"], counts["dropped_sections"]) == (2, 1)
    assert extract_paragraphs(IMPORTED.replace("== Источники ==", ""), Counter()) == expected


@pytest.mark.parametrize("tag", sorted(BLOCK_TAGS | INLINE_TAGS))
def test_no_tag_without_an_end_breaks_what_is_around_it(tag: str) -> None:
    text = f"А {{{{Карточка\n|а=<{tag}>б\n}}}} в\n\n" + f"<{tag} x=1>Слово.\n\n" * 40 + "<ref>\nг\n</ref>"
    assert extract_paragraphs(text, Counter()) == ["А в", *["Слово."] * 40]


CASES_OF_PACK = PACK.parent / "cases" / "text"
NAMES = "content-templates empty-brackets entity-in-link indented-table link-title-comment magic-word-ru nbsp-template"


@pytest.mark.skipif(not CASES_OF_PACK.is_dir(), reason=f"no cases at {CASES_OF_PACK}")
@pytest.mark.parametrize("name", [*NAMES.split(), "p-without-end", "quote-template"])
def test_cases_of_the_pack(name: str) -> None:
    documents = read_mediawiki(CASES_OF_PACK / name / "input.xml", Counter())
    lines = [line for document in documents for line in document.lines]
    assert lines in [path.read_text("utf-8").splitlines() for path in (CASES_OF_PACK / name).glob("expected*.txt")]
