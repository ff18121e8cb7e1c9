"""Mark-up on the left, what a reader sees on the right; ` | ` is between paragraphs."""

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
from tests.text.export import read_mediawiki

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
    ("в {{w|Бостон|Бостоне}}, {{w|Москва}}, {{nobr|1=[[а]] б}}", "в Бостоне, Москва, а б"),
    ("если x<y и z>w, то <y/> и <y z=1>а</y>", "если x<y и z>w, то <y/> и <y z=1>а</y>"),
    ("! а\n!! б", "! а !! б"),
    ("в {{w|Бостон|}} и {{w|Тула|{{nobr|Туле}}}}", "в Бостон и Туле"),
    # templates of the table, by any of their names
    (
        "снял {{Не_переведено 5|Ли (режиссёр)|Ли|en|Lee}}; {{нп3|Кит||en|Kit}}, {{Шаблон:нп|текст=Он}}",
        "снял Ли; Кит, Он",
    ),
    ("завод {{lang-de|Werk|завод}}, {{lang|cs|továrna}}, {{lang-sr-latn|fabrika}}", "завод Werk, továrna, fabrika"),
    ("{{NTS|1500}} {{ число | 7 }} {{formatnum:12345.6}} {{nobr<!-- б -->|8 км}}", "1500 7 12345.6 8 км"),
    ("{{дробь|2|1|3}}, {{frac|1|3}}, {{date|9|05|1945}}, {{градус}}C", "2 1/3, 1/3, 9 мая 1945, °C"),
    ("XX{{nbsp}}век, 5{{s}}км, {{s|6 км}}, а{{-}}б", "XX век, 5 км, 6 км, а б"),
    ("а {{!}} б {{=}} в {{тире}} г{{((}}д{{))}}", "а | б = в — г{{д}}"),
    ("{{color|red|алый}} {{USA}} {{Флагификация|Чили}} {{флаг|Чили}}", "алый США Чили"),
    (
        "сказал:\n{{Цитата|автор=Мэр|Будет [[мост{{!}}мосту]].\n\nИ парк.}}\nи ушёл",
        "сказал: | Будет мосту. | И парк. | и ушёл",
    ),
    ("{{начало цитаты}}Да.{{конец цитаты|источник=ТАСС}}", "Да."),
    ("а {{lang-en|}} {{цитата|автор=б}} {{нп5}} в", "а в"),
    # targets of links
    ("[[Тула<!-- город -->]] и [[Ростов{{nbsp}}Великий]] у [[Ока{{!}}Оки]]", "Тула и Ростов Великий у Оки"),
    ("[[12&nbsp;июня]], [[w:Матч&#160;ТВ]], [[Тула{{т|а}}]] [[Орёл|<!-- а -->Орле]]", "12 июня, Матч ТВ, Тула Орле"),
    ("а [[Файл<!-- б -->:в.jpg|г]][[{{ns:6}}:д.jpg]][[Категория&#58;Е]][[e<!-- -->n:Ё]] ж", "а ж"),
    ("[[ABC: х]], [[abc:ц]], [[ТВ:ч]], [[tv:ш]], [[doi:10.1/2]]", "ABC: х, abc:ц, ТВ:ч, tv:ш, doi:10.1/2"),
    ("а[[be-tarask:Тула]][[EN:Tula]][[ru:]]б [[w:be:Тула]]", "аб Тула"),
    ("[[Файл:а.jpg|мини|Дом [1]]] б [[в|г [2]]]; [[Файл:д.jpg|[[е]] [http://ж з]]] и", "б г [2]; и"),
    # behaviour switches
    (
        "__NOTOC__ __Без_Огл__ а __СКРЫТАЯ_КАТЕГОРИЯ__\n\n__init__ __скрытая_категория__ __TODO__",
        "а | __init__ __скрытая_категория__ __TODO__",
    ),
    # gaps are closed up
    ("а ({{т}}) б ({{т}}, {{т}}) в («''{{т}}''») г [<ref>д</ref>] ()", "а б в г ()"),
    (
        "а (чеш. {{т}}; род. 1914), б ({{т}}, в), г ({{т}} — 1914), {{т}}, д {{т}}.",
        "а (чеш.; род. 1914), б (в), г (1914), д.",
    ),
    ("«Да»,<ref>а</ref> — сказал он <!-- б -->, уходя . {{т}}", "«Да», — сказал он, уходя ."),
    ('{{т}}, родился\n* {{т}}; и ({{т}})\n\nа "{{т}}" "б"', 'родился | и | а "б"'),
    # tags that may stay open, and what only looks like a tag
    ("<p>а\n<li>б\n{{т\n|в=<li>г\n<td>д\n}}\n<ref>\nе<dd>ё\n</ref>ж", "а | б | ж"),
    ("а</br>б<br\\>в <small>г <small>д <center>е</center>", "а | б | в г д | е"),
    ("а <option>б 3 < 5 <- <p-value>", "а <option>б 3 < 5 <- <p-value>"),
    ("<nowiki><p>{{!}}</nowiki> <!-- <nowiki> --> <b>а</b> <pre><li></pre>", "<p>{{!}} а | <li>"),
    # tables
    ("а\n::*{| class=x\n! б\n|-\n| в\n|}\nг", "а | г"),
    ("а\n{{{!}} class=x\n{{!}} б {{т}}\nв\n{{!-}}\n{{!}} г\n{{!}}}\nд", "а | д"),
    ("а\n {{(!}} x\n{{!}} б\nв\n{{!)}}\nг <table><tr><td>д<tr><td>е</table>", "а | г"),
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
    # marks that are text stay text
    ("а <nowiki>{{т}} [[б|в]] '''г''' <ref>__д__ ~~~~ &lt;</nowiki> е", "а {{т}} [[б|в]] '''г''' <ref>__д__ ~~~~ < е"),
    ("а &lt;ref&gt; б &lt;b&gt; в &#91;&#91;г&#124;д", "а <ref> б <b> в [[г|д"),
    ("а<pre>{{б}}\n<!-- в --></pre>г", "а | {{б}} <!-- в --> | г"),
    ("== <nowiki>Источники</nowiki> ==\nа\n== &lt;б&gt; ==\nв", "в"),
    ("&#124; а\n&#123;&#124; б", "| а {| б"),
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
    (
        "а [[Категория:Россия]] [[en:Russia]] [[:Категория:Мир]] [[Москва]] [[voy:Рим|Рим]]",
        "categories_and_languages 2",
    ),
    ("а<!-- б {{т}} -->в", "comments 1"),
    ("а <math>x^2</math> б<references />", "other_tags 2"),
    ("а\n== Б {{т}} ==\nв\n=== Г ===\nд", "headings 2"),
    ("а\n== Источники ==\n* {{б}}\n=== Ещё ===\n<ref>в</ref>\n== Ссылки ==\n* г", "sections 2"),
    ("а {{б\n[[Файл:В.jpg|г\n\nд", "unclosed 2"),
    ("а\n\n()\n\n—\n\nб", "paragraphs_without_words 2"),
    ("__NOTOC__ а __БЕЗ_ИНДЕКСА__ __init__", "switches 2"),
    ("{{lang-en|а}} {{nobr|б}}", ""),
    ("'''а''' [[б|в]]\n* г", ""),
]


@pytest.mark.parametrize("wikitext, expected", COUNTED, ids=[expected or "nothing" for _, expected in COUNTED])
def test_what_is_left_out_is_counted(wikitext: str, expected: str) -> None:
    counts: Counter[str] = Counter()
    extract_paragraphs(wikitext, counts)
    assert ", ".join(f"{kind} {counts[f'dropped_{kind}']}" for kind in DROPPED if counts[f"dropped_{kind}"]) == expected
    assert set(counts) <= {f"{unit}dropped_{kind}" for kind in DROPPED for unit in ("", "words_")}


def test_templates_lost_inside_sentences() -> None:
    lost: dict[str, Lost] = {}
    inside = "Мэр {{Чин|1}} и\n{{врез|а}}\nсуд {{#if:а|б}}<ref>{{cite|в}}</ref>, {{нет АИ}} {{чин_|2}} и {{nbsp}}\n"
    beside = "{{тема|а}} {{тема|б}}\n{{Карточка\n|а=б\n}}Дом\n== Ссылки ==\nтут {{порт|а}}"
    extract_paragraphs(inside + beside, Counter(), lost)
    assert [*lost.values()] == [Lost("чин", 2, 2, "{{Чин|1}}"), Lost("#if", 1, 1, "{{#if:а|б}}")]


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


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x02")))
def test_any_text_is_survived(text: str) -> None:
    for paragraph in extract_paragraphs(text, Counter()):
        assert paragraph == fold(paragraph) != ""


SHOWN = ["{}", "'''{}'''", "[[{}]]", "[[w:Цель|{}]]", "[http://a.ru {}]", "<b>{}</b>", "<div>{}</div>", "{{{{w|{}}}}}"]
SHOWN += ["<blockquote>\n{}\n</blockquote>", "\n* {}\n", "<y и z>{}</y>", " x<y {} z>w "]
SHOWN += ["{{{{нп5|Цель|{}}}}}", "{{{{цитата|{}}}}}", "({{{{lang-en|{}}}}})", "[[{}<!-- а -->]]", "<li>{}", "<p>{}"]
SHOWN += [" <nowiki>{{{{{}}}}}</nowiki>", "&lt;ref&gt; {} &#123;&#123;"]
NOT_SHOWN = ["{{{{т|{}}}}}", "{{{{т|а={{{{б|{}}}}}}}}}", "<ref>{}</ref>", "<!-- {} -->", "[[Файл:а|{}]]"]
NOT_SHOWN += ["\n{{|\n| {}\n|}}\n", "<gallery>\nА.jpg|{}\n</gallery>", "\n== {} ==\n", "<math>{}</math>"]
NOT_SHOWN += ["({{{{т|{}}}}})", "\n::{{|\n| {}\n|}}\n", "\n{{{{(!}}}}\n{{{{!}}}} {}\n{{{{!)}}}}\n", "{{{{т|<li>{}}}}}"]
NOT_SHOWN += ["\n== Источники ==\n* {}\n== Далее ==\n", "[[Категория:{}]]"]


@given(st.lists(st.tuples(st.sampled_from(SHOWN + NOT_SHOWN), st.sampled_from([" ", "\n", "\n\n"])), max_size=12))
def test_every_word_is_shown_or_counted(forms: list[tuple[str, str]]) -> None:
    text = "".join(form.format(f" слово{number} ") + space for number, (form, space) in enumerate(forms))
    counts: Counter[str] = Counter()
    shown = re.findall(r"слово\d+", " ".join(extract_paragraphs(text, counts)))
    assert shown == [f"слово{number}" for number, (form, _) in enumerate(forms) if form in SHOWN]
    dropped = sum(number for key, number in counts.items() if key.startswith("words_dropped_"))
    assert dropped >= len(forms) - len(shown)


SOUP = ["[[", "]]", "{{", "}}", "{|", "|}", "\n", "\n\n", "==", "\n== Источники ==\n", "*", "'''", "<ref>", "</ref>"]
SOUP += ["<!--", "-->", "[http://a ", "]", "<div>", "</div>", "<gallery>", "</gallery>", "{{{", "}}}", "Файл:", "__А__"]


@example(["[[", "слово", "{|"])
@example(["[[", "слово", "|}"])
@example(["[[", "слово", "{|", "слово", "]]"])
@given(st.lists(st.sampled_from(SOUP + ["слово"] * 9), max_size=60))
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
    """A template over several lines is then no template: its lines go as what was not closed."""
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
IN_PACK = (
    "content-templates empty-brackets entity-in-link indented-table link-title-comment magic-word-ru nbsp-template"
)


@pytest.mark.skipif(not CASES_OF_PACK.is_dir(), reason=f"no cases at {CASES_OF_PACK}")
@pytest.mark.parametrize("name", [*IN_PACK.split(), "p-without-end", "quote-template"])
def test_cases_of_the_pack(name: str) -> None:
    documents = read_mediawiki(CASES_OF_PACK / name / "input.xml", Counter())
    lines = [line for document in documents for line in document.lines]
    assert lines in [path.read_text("utf-8").splitlines() for path in (CASES_OF_PACK / name).glob("expected*.txt")]
