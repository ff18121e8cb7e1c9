"""The pages of a MediaWiki XML export, schemas 0.3 to 0.11, streamed; a page has its newest revision.

<mediawiki><siteinfo>...</siteinfo>
<page><title>Пожар</title><ns>0</ns><id>7</id><redirect title="Огонь"/>
  <revision><id>9</id><timestamp>2017-03-15T18:12:20Z</timestamp><model>wikitext</model><text>...</text></revision>
  <upload>...</upload>
</page>
<logitem>...</logitem></mediawiki>

Elements not named here (users, comments, uploads, discussion threads, log items, slots other than the main one) are
skipped. Schema: https://www.mediawiki.org/xml/export-0.11.xsd
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from pipeline.errors import SHOWN, one_line, shown

DEPTH = 16
"""The most levels of nested elements; an export has six."""
BATCH = 1 << 22
"""The most characters that are parsed at once, where a single tag, comment or text goes on and on."""
_NUMBER = re.compile(r"\s*-?[0-9]{1,100}\s*")


class MalformedExport(Exception):
    """Well-formed XML that is not an export."""


class Revision(NamedTuple):
    """One state of a page."""

    timestamp: str
    """ISO 8601 in UTC, so that strings are in the order of time."""
    id: int
    model: str
    deleted: bool
    """The text was hidden from the public."""
    text: str


class Page(NamedTuple):
    """A page with its newest revision, by time and then by id; None where it has none."""

    id: int
    title: str
    namespace: int
    redirect: bool
    revision: Revision | None


def read_pages(chunks: Iterable[str]) -> Iterator[Page]:
    """Yield the pages. Memory holds one revision and the newest one, the XML of one chunk, and a bit for each page.

    Raises ElementTree's `ParseError` for broken XML, and `MalformedExport`; both name the page.
    """
    parser: XMLPullParser[Element] = XMLPullParser(["start", "end", "pi"])
    pages = _Pages()
    batch, enough = "", 0
    try:
        for chunk in chunks:
            batch += chunk
            if len(batch) < enough:
                continue
            parser.feed(batch)
            events = pages.events
            yield from pages.take(parser)
            # expat before 2.6 reads a tag or a comment anew with every feed until it is whole
            enough = 0 if pages.events > events else min(2 * len(batch), BATCH)
            batch = ""
        parser.feed(batch)
        yield from pages.take(parser)
        parser.close()
        yield from pages.take(parser)
    except ParseError as error:
        raise ParseError(f"{pages.where}{error}") from None


class _Pages:
    """Follows the events of the parser, and forgets every element that was read."""

    def __init__(self) -> None:
        self.events = 0
        self._path: list[tuple[str, Element]] = []
        """The elements that are open, with their tags."""
        self._namespaces: dict[str, int] = {}
        self._page: dict[str, str] = {}
        self._revision: dict[str, str] = {}
        self._newest: Revision | None = None
        self._ids: defaultdict[int, int] = defaultdict(int)
        """The ids of the pages so far, as bits: one number for each block of 1,024 ids."""

    @property
    def where(self) -> str:
        """The page that is being read, as the beginning of a message."""
        if not self.events:
            return "does not begin with <mediawiki>: "
        return f"{_name_page(self._page)}: " if self._page else ""

    def take(self, parser: "XMLPullParser[Element]") -> Iterator[Page]:
        for event, element in cast("Iterable[tuple[str, Element]]", parser.read_events()):
            self.events += 1
            if event == "start":
                tag = element.tag.rpartition("}")[2]
                if not self._path and tag != "mediawiki":
                    raise MalformedExport(f"expected <mediawiki>, found <{tag}>")
                if len(self._path) == DEPTH:
                    raise MalformedExport(f"{self.where}<{tag}> lies more than {DEPTH} elements deep")
                self._path.append((tag, element))
            elif event == "end":
                yield from self._end(element)
            elif self._path and self._path[-1][0] == "text":  # the parser leaves it out of the text
                raise MalformedExport(f"{_name_page(self._page)}: found <? in <text>, expected text, &lt;?")

    def _end(self, element: Element) -> Iterator[Page]:
        match [tag for tag, _ in self._path[1:]]:
            case ["siteinfo", "namespaces", "namespace"]:
                self._namespaces[element.text or ""] = _number("siteinfo", "key", element.get("key"))
            case ["page", ("title" | "ns" | "id" | "redirect") as tag]:
                self._keep(self._page, tag, element)
            case ["page", "revision", ("timestamp" | "id" | "model" | "text") as tag]:
                self._keep(self._revision, tag, element)
                if tag == "text" and element.get("deleted") is not None:
                    self._revision["deleted"] = ""
            case ["page", "revision"]:
                values, self._revision = self._revision, {}
                revision = Revision(
                    timestamp=values.get("timestamp", ""),
                    id=_number(_name_page(self._page), "id", values.get("id", "0")),
                    model=values.get("model", "wikitext"),
                    deleted="deleted" in values,
                    text=values.get("text", ""),
                )
                self._newest = max(self._newest or revision, revision, key=lambda revision: revision[:2])
            case ["page"]:
                yield self._close_page()
        self._path.pop()
        element.clear()
        if 0 < len(self._path) < 3:  # the export and a page lose even the empty shells of their elements
            self._path[-1][1].clear()

    def _keep(self, values: dict[str, str], tag: str, element: Element) -> None:
        if tag in values:
            raise MalformedExport(f"{self.where}<{tag}> stands twice")
        if len(element):
            child = element[0].tag.rpartition("}")[2]
            raise MalformedExport(f"{self.where}found <{child}> in <{tag}>, expected text, &lt;{child}>")
        values[tag] = element.text or ""

    def _close_page(self) -> Page:
        values, self._page = self._page, {}
        newest, self._newest = self._newest, None
        page, title = _name_page(values), values.get("title", "")
        number = _number(page, "id", values.get("id"))
        block, bit = divmod(number, 1024)
        if self._ids[block] >> bit & 1:
            raise MalformedExport(f"{page}: an earlier page has this id too")
        self._ids[block] |= 1 << bit
        # before schema 0.6 only the title says the namespace
        prefix, colon, _ = title.partition(":")
        namespace = values.get("ns", str(self._namespaces.get(prefix, 0) if colon else 0))
        return Page(number, title.replace("_", " "), _number(page, "ns", namespace), "redirect" in values, newest)


def _name_page(page: dict[str, str]) -> str:
    return f"page {shown(page.get('title', ''))}" + (f" (id {one_line(page['id'], SHOWN)})" if page.get("id") else "")


def _number(block: str, tag: str, text: str | None) -> int:
    if not _NUMBER.fullmatch(text or ""):
        raise MalformedExport(f"{block}: expected a number in <{tag}>, found {shown(text) if text else 'nothing'}")
    return int(text or "")
