"""Mark-up on the left, what a reader sees on the right; ` | ` is between paragraphs."""

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.whitespace import fold
from pipeline.text.wikitext import DROPPED, extract_paragraphs

CASES = [
    # style
    ("'''В рамках''' ''расследования''", "В рамках расследования"),
    ("'''''оба''''' и д'Артаньян", "оба и д'Артаньян"),
    ("''''в кавычках''''", "'в кавычках'"),
    ("а&nbsp;&mdash;&nbsp;б &lt; в &#1071; &#xD800;", "а — б < в Я \ufffd"),
    ("<b>жир</b><u>но</u> <span style='x'>и</span> <small>мелко</small>", "жирно и мелко"),
    # links
    ("[[Москва]]", "Москва"),
    ("[[Москва|Москве]]", "Москве"),
    ("[[Россия|росси]]йский", "российский"),
    ("[[w:ru:Бостон|'''Бостоне''']]", "Бостоне"),
    ("[[w:Бостон]], [[:en:Boston]], [[w:en:Boston|]]", "Бостон, Boston, Boston"),
    ("[[:Категория:Россия|Россия]]", "Россия"),
    ("[[Медиа:Гимн.ogg|гимн]]", "гимн"),
    ("а[[en:Boston]] [[zh-min-nan:Boston|x]]б", "а б"),
    ("а [[Категория:Россия]][[ категория : Мир|*]]б", "а б"),
    ("[http://example.org/x пресс-служба] [//example.org ''ТАСС'']", "пресс-служба ТАСС"),
    ("а [http://example.org] б", "а б"),
    ("смотри http://example.org/x, там", "смотри http://example.org/x, там"),
    # what is not text
    ("{{дата|1 мая}}а{{скрыто|1={{б|[[в]]}}|2=г}} {{{1|д}}}е", "а е"),
    ('а<ref>{{cite web|url=x}}</ref> б<ref name="x" />, в<references />', "а б, в"),
    ("а<!-- б\n\nв -->г", "аг"),
    ("__NOTOC__\nа ~~~~\n----\nб", "а | б"),
    ("[[Файл:А.jpg|мини|Подпись [[к|фото]] {{т}}]]а", "а"),
    ("[[File:a.jpg]][[Image:b.jpg]][[Изображение:в.jpg]]а", "а"),
    ("а\n{| class=x\n|+ б\n! в !! г\n|-\n| д || [[е]]\n{|\n| ж\n|}\n|}\nз", "а | з"),
    ("а\n<gallery>\nА.jpg|б [[в]]\nФайл:Б.jpg\n</gallery>\nг", "а | г"),
    ("<table><tr><td>а</td></tr></table>б <math>x^2</math>", "б"),
    ("()\n\n—\n\nа", "а"),
    # paragraphs
    ("а\nб\n\nв\n \n\nг", "а б | в | г"),
    ("а:\n* б\n** в '''г'''\n# д\nе", "а: | б | в г | д | е"),
    (":а\n;б:в\nг", "а | б | в | г"),
    ("а<br>б<br />в<p>г</p>д", "а | б | в | г | д"),
    ("а <blockquote>б</blockquote> <div align=x><center>в</center></div>", "а | б | в"),
    ("а {{т}}\nб", "а б"),
    # headings and sections
    ("а\n== Подробности ==\nб\n=== ''Реакция'' ===\nв", "а | б | в"),
    ("а\n== Источники ==\n* б\n=== Ещё ===\nв\n== Далее ==\nг", "а | г"),
    ("а\n=== См. также ===\n* б\n== Далее ==\nв", "а | в"),
    ("а\n==  '''примечания''':  ==\nб\n== Ссылки ==\nв", "а"),
    ("а\n== Источники энергии ==\nб", "а | б"),
    ("<div>\n== Источники ==\nа\n</div>\nб", ""),
    # what was never closed costs a line at most
    ("'''а ''б\n\nв", "а б | в"),
    ("{{Источники\n\nа {{т}} б", "а б"),
    ("а {{т|[[б]]\n\nв}} г", "а г"),
    ("а {{т|[[б]]\nв [[г]]", "а в г"),
    ("[[а|б\n\nв [[г]]", "б | в г"),
    ("[[Файл:А.jpg|мини|б [[в]]\n\nг [[д]]", "г д"),
    ("а [[Категория:Б]\n\nв", "а | в"),
    ("а [http://example.org/x б.\n\nв", "а б. | в"),
    ("а<ref>б [http://example.org в]\n\nг<ref name=x>д</ref>", "а | г"),
    ("а <!-- б\n\nв", "а | в"),
    ("а\n\n{| class=x\n! б\n|-\n| в\n\nг", "а | г"),
    ("<gallery>\nФайл:А.jpg|б\n\nв", "в"),
    ("<div>а\n\n<b>б</i></small>\n\nв}} ]] г", "а | б | в г"),
    ("== а\n\nб", "== а | б"),
    ("<nowiki>а", "а"),
    ("", ""),
]


@pytest.mark.parametrize("wikitext, expected", CASES, ids=[wikitext[:30] for wikitext, _ in CASES])
def test_constructs(wikitext: str, expected: str) -> None:
    assert " | ".join(extract_paragraphs(wikitext, Counter())) == expected


# mark-up -> what of it is counted
COUNTED = [
    ("а {{т|{{б}}}} {{{1|в}}} {{г}}", "templates 3"),
    ("{|\n| а {{т}}\n{|\n| б\n|}\n|}\n<table><tr><td>в</td></tr></table>", "tables 2"),
    ("а<ref>{{cite}}</ref> б<ref name=x />", "references 2"),
    ("[[Файл:А.jpg|мини|Б [[в]]]] [[Image:b.jpg]] <gallery>\nВ.jpg\n</gallery>", "files_and_galleries 3"),
    ("а [[Категория:Россия]] [[en:Russia]] [[:Категория:Мир]] [[Москва]]", "categories_and_languages 2"),
    ("а<!-- б {{т}} -->в", "comments 1"),
    ("а <math>x^2</math> б<references />", "other_tags 2"),
    ("а\n== Б {{т}} ==\nв\n=== Г ===\nд", "headings 2"),
    ("а\n== Источники ==\n* {{б}}\n=== Ещё ===\n<ref>в</ref>\n== Ссылки ==\n* г", "sections 2"),
    ("а {{б\n[[Файл:В.jpg|г\n\nд", "unclosed 2"),
    ("а\n\n()\n\n—\n\nб", "paragraphs_without_words 2"),
    ("'''а''' [[б|в]]\n* г", ""),
]


@pytest.mark.parametrize("wikitext, expected", COUNTED, ids=[expected or "nothing" for _, expected in COUNTED])
def test_what_is_left_out_is_counted(wikitext: str, expected: str) -> None:
    counts: Counter[str] = Counter()
    extract_paragraphs(wikitext, counts)
    assert ", ".join(f"{kind} {counts[f'dropped_{kind}']}" for kind in DROPPED if counts[f"dropped_{kind}"]) == expected
    assert set(counts) <= {f"{unit}dropped_{kind}" for kind in DROPPED for unit in ("", "words_")}


MARKUP = [
    "[[",
    "]]",
    "{{",
    "}}",
    "{|",
    "|}",
    "|",
    "\n",
    "\n\n",
    "==",
    "*",
    "'''",
    "''",
    "<ref>",
    "</ref>",
    "<!--",
    "-->",
]
MARKUP += [
    "[http://a ",
    "]",
    "<div>",
    "<gallery>",
    "</gallery>",
    "{{{",
    "Файл:",
    "&amp;",
    "слово",
    " ",
    "<br",
    ">",
    "__А__",
]


@given(st.lists(st.sampled_from(MARKUP), max_size=40).map("".join))
def test_any_mark_up_is_survived(wikitext: str) -> None:
    for paragraph in extract_paragraphs(wikitext, Counter()):
        assert paragraph == fold(paragraph) != ""


@given(st.lists(st.sampled_from(MARKUP), max_size=8).map("".join))
def test_the_article_goes_on_after_broken_mark_up(broken: str) -> None:
    """Nothing in the broken line can close what follows, so the second paragraph must be whole."""
    line = broken.replace("\n", "").replace("==", "")
    if line.count("<!--") or line.count("<gallery>"):
        return
    assert "Вторая [часть] статьи." in extract_paragraphs(
        f"Начало {line}\n\nВторая [часть] статьи.\n\nКонец", Counter()
    )


@pytest.mark.parametrize("piece", ["[[", "{{", "{{{", "{|\n", "<div>", "'''", "[http://a ", "<ref>", "* ", "{{a|[[b|"])
def test_hostile_repetition_takes_no_time(piece: str) -> None:
    start = time.monotonic()
    extract_paragraphs(piece * 400 + " конец", Counter())
    assert time.monotonic() - start < 5
