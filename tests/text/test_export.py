"""mwxml, which knows the schemas up to 0.11 in part, is the oracle."""

import bz2
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError, XMLPullParser

import pytest

from pipeline.text.dump import export
from pipeline.text.dump.export import MalformedExport, Page, Revision, read_pages
from tests.pack import PACK

ROOT = Path(__file__).parents[2]
FULL = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.{minor}/" version="0.{minor}" xml:lang="ru">
<siteinfo><sitename>Викиновости</sitename><namespaces><namespace key="0" case="first-letter" />
<namespace key="1" case="first-letter">Обсуждение</namespace></namespaces></siteinfo>
<page><title>Пожар_в_порту</title><ns>0</ns><id>7</id><redirect title="Огонь" /><restrictions>edit=sysop</restrictions>
<discussionthreadinginfo><ThreadSubject>x</ThreadSubject><ThreadID>5</ThreadID></discussionthreadinginfo>
<revision><id>1</id><parentid>0</parentid><timestamp>2017-03-15T18:12:20Z</timestamp><contributor deleted="deleted" />
<minor /><comment deleted="deleted" /><origin>1</origin><model>wikitext</model><format>text/x-wiki</format>
<text bytes="9" sha1="a" xml:space="preserve">Первая &amp;amp; &lt;b&gt;</text>
<content><role>mediainfo</role><origin>1</origin><model>wikibase</model><format>application/json</format>
<text bytes="2" sha1="b">[]</text></content><sha1>c</sha1></revision>
<upload><timestamp>2018-01-01T00:00:00Z</timestamp><contributor><ip>198.51.100.25</ip></contributor>
<filename>A.jpg</filename><src>http://example.org/A.jpg</src><size>1</size></upload>
<revision><id>3</id><timestamp>2016-01-01T00:00:00Z</timestamp><text>Старая</text></revision>
</page>
<logitem><id>9</id><timestamp>2018-01-01T00:00:00Z</timestamp><type>delete</type><action>delete</action>
<text deleted="deleted" /></logitem>
<page><title>Обсуждение:Пожар</title>{ns}<id>8</id>
<revision><id>2</id><timestamp>2018-01-01T00:00:00Z</timestamp><text bytes="0" deleted="deleted" /></revision></page>
<page><title>Пустая</title><ns>0</ns><id>9</id></page>
<page><title>Обсуждение</title>{article}<id>10</id></page>
</mediawiki>"""
EXPECTED = [
    Page(7, "Пожар в порту", 0, True, Revision("2017-03-15T18:12:20Z", 1, "wikitext", False, "Первая &amp; <b>")),
    Page(8, "Обсуждение:Пожар", 1, False, Revision("2018-01-01T00:00:00Z", 2, "wikitext", True, "")),
    Page(9, "Пустая", 0, False, None),
    Page(10, "Обсуждение", 0, False, None),
]


@pytest.mark.parametrize("minor", [5, 10, 11])
def test_all_that_the_schemas_allow(minor: int) -> None:
    """Schema 0.5 had no <ns>: the title says it."""
    spaces = {"ns": "", "article": ""} if minor == 5 else {"ns": "<ns>1</ns>", "article": "<ns>0</ns>"}
    text = FULL.format(minor=minor, **spaces)
    for size in (1, 100, len(text)):
        assert list(read_pages(text[i : i + size] for i in range(0, len(text), size))) == EXPECTED


def oracle(data: bytes) -> Iterator[Page]:
    import mwxml

    for page in mwxml.Dump.from_file(BytesIO(data)).pages:
        newest = max(page, key=lambda one: (str(one.timestamp), one.id), default=None)
        yield Page(page.id, page.title, page.namespace, page.redirect is not None, newest and convert(newest))


def convert(revision: Any) -> Revision:
    # mwxml takes the text of <text ... /> to be None
    deleted, model = revision.deleted.text, revision.model or "wikitext"
    return Revision(str(revision.timestamp), revision.id, model, deleted, revision.text or "")


@pytest.mark.parametrize(
    "path, number", [(ROOT / "data/demo/news.xml.bz2", 316), (PACK / "wikinews/ruwikinews-sample.xml.bz2", 62)]
)
def test_a_dump_agrees_with_mwxml(path: Path, number: int) -> None:
    if not path.is_file():
        pytest.skip(f"no export at {path}; set NER_DATA_PACK")
    data = bz2.decompress(path.read_bytes())
    pages = list(read_pages([data.decode()]))
    assert len(pages) == number
    assert pages == list(oracle(data))


@pytest.mark.parametrize("long", ["<!-- {} -->", '<siteinfo x="{}" />', "<siteinfo>{}</siteinfo>"])
def test_what_goes_on_and_on_is_not_parsed_anew_with_every_chunk(long: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    class Parser(XMLPullParser):  # type: ignore[type-arg]
        def feed(self, data: Any) -> None:
            sizes.append(len(data))
            super().feed(data)

    monkeypatch.setattr(export, "XMLPullParser", Parser)
    monkeypatch.setattr(export, "BATCH", 1000)
    text = f"<mediawiki>{long.format('а' * 20_000)}<page><id>1</id></page></mediawiki>"
    assert [page.id for page in read_pages(text[i : i + 10] for i in range(0, len(text), 10))] == [1]
    assert sum(sizes) == len(text)
    assert 20 <= len(sizes) < 60  # not 2,000


ONE = "<mediawiki><page><title>Мост</title><ns>0</ns><id>{}</id><revision><id>1</id><text>{}</text></revision></page>"


@pytest.mark.parametrize(
    ("text", "mark_up"),
    [
        ("Мост<br />через реку открыт.", "<br>"),
        ("Мост <b>через <i>реку</i></b> открыт.", "<b>"),
        ('<ref name="a &amp; b">Газета</ref>', "<ref>"),
        ("<text>Мост</text>", "<text>"),
        ("a<x:y xmlns:x='z' />", "<y>"),
    ],
)
@pytest.mark.parametrize("space", ["", ' xmlns="http://www.mediawiki.org/xml/export-0.11/"'])
def test_mark_up_that_nobody_has_escaped_is_an_error(text: str, mark_up: str, space: str) -> None:
    """The text after it would be lost."""
    whole = ONE.format(7, text).replace("<mediawiki>", f"<mediawiki{space}>") + "</mediawiki>"
    for size in (1, 7, len(whole)):
        with pytest.raises(MalformedExport, match=rf"page 'Мост' \(id 7\): found {mark_up} in <text>, expected text"):
            list(read_pages(whole[i : i + size] for i in range(0, len(whole), size)))
    with pytest.raises(MalformedExport, match=r"found <b> in <title>"):
        list(read_pages([ONE.format(7, "").replace("Мост", "Мост <b>через</b> реку") + "</mediawiki>"]))


def test_other_ways_to_write_a_text() -> None:
    whole = ONE.format(7, "<![CDATA[Мост<br>через]]> реку<!-- x --> &lt;ref /> &#60;b>")
    (page,) = read_pages([whole.replace("<text>", "<comment>a<b/>c</comment><text>") + "</mediawiki>"])
    assert page.revision and page.revision.text == "Мост<br>через реку <ref /> <b>"


BOMB = "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10 if n else "лол"}">' for n in range(12))


@pytest.mark.parametrize(
    "xml, message",
    [
        (ONE.format(7, "Мост<br>через реку"), r"page 'Мост' \(id 7\): mismatched tag: line 1"),
        (ONE.format(7, "Мост & реки"), r"page 'Мост' \(id 7\): not well-formed"),
        (ONE.format(7, "Мост")[:-30], r"page 'Мост' \(id 7\): "),
        (ONE.format(7, "<b>" * 20), r"page 'Мост' \(id 7\): <b> lies more than 16 elements deep"),
        (ONE.format(7, "Мост</text><text>через"), r"page 'Мост' \(id 7\): <text> stands twice"),
        (ONE.format("7</id><id>8", "Мост"), r"page 'Мост' \(id 7\): <id> stands twice"),
        (ONE.format(7, "") + ONE[11:].format(2000, "") + ONE[11:].format("07", ""), "an earlier page has this id too"),
        (ONE.format("7<b/>", ""), "found <b> in <id>"),
        (ONE.format(7, "Мост <?php x ?> через реку"), r"'Мост' \(id 7\): found <\? in <text>, expected text, &lt;\?"),
        (ONE.format("ноль", ""), "page 'Мост' .*: expected a number in <id>, found 'ноль'"),
        (ONE.format(7, "&#xD800;"), "page 'Мост' .*: reference to invalid character number"),
        (ONE.format(7, "\x01"), "page 'Мост' .*: not well-formed"),
        (f"<!DOCTYPE a [{BOMB}]>{ONE.format(7, '&x11;')}", "page 'Мост' .*: limit on input amplification"),
        ("<mediawiki>" + "<a>" * 50_000, "<a> lies more than 16 elements deep"),
        ("<rss/>", "expected <mediawiki>, found <rss>"),
        ("", "does not begin with <mediawiki>: no element found"),
        ("Мост", "does not begin with <mediawiki>: syntax error"),
    ],
)
def test_the_page_that_is_broken_is_named(xml: str, message: str) -> None:
    closed = xml if xml.endswith("te") or not xml.endswith(">") else xml + "</mediawiki>"
    with pytest.raises((MalformedExport, ParseError), match=message):
        list(read_pages([closed]))


def test_ids_may_be_in_any_order_and_of_any_size() -> None:
    numbers = [*range(3000, 0, -1), 0, -5, 2**70, 10**15]
    text = "<mediawiki>" + "".join(f"<page><id>{number}</id></page>" for number in numbers) + "</mediawiki>"
    assert [page.id for page in read_pages([text])] == numbers
