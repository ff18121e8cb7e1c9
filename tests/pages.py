"""A page as a browser reads it, for tests: its tags are balanced, its text unescaped."""

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """The content of a page, gathered while it is parsed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        """The targets of src, href and the like."""
        self.titles: list[str] = []
        self.facts: list[str] = []
        self.pictures: list[str] = []
        """Their descriptions."""
        self.examples: list[list[int]] = []
        """The numbers of the example sentences under each heading "Entities: ..."."""
        self.text = ""
        self._tables: list[tuple[str, list[list[str]]]] = []
        self._source = ""

    @classmethod
    def parse(cls, source: str) -> "Page":
        page = cls()
        page._source = source
        page.feed(source)
        page.close()
        return page

    def check(self) -> None:
        """Check what every page has to be: balanced, titled, in one file."""
        assert self.open == [], self.open
        assert self._source.startswith("<!doctype html>\n<html lang=")
        assert len(self.ids) == len({*self.ids})
        inner = [reference for reference in self.references if reference.startswith("#")]
        assert {reference[1:] for reference in inner} <= {*self.ids}
        outer = [reference for reference in self.references if reference not in inner]
        assert all(reference.startswith("data:image/png;base64,") for reference in outer), outer
        style = self._source.replace("xlink:href", "").split("</style>")
        assert "@import" not in style[0] and "url(" not in style[0]
        assert {*re.findall(r"url\(#(.+?)\)", self._source)} <= {*self.ids}
        assert not re.search(r"https?://", self._source)
        assert self.titles and "h1" in self.tags
        for title, rows in self._tables:
            assert rows, title

    def rows(self, title: str) -> list[list[str]]:
        """Return the cells of all tables under a heading of the second level, without the tables' heads."""
        return [row for heading, rows in self._tables for row in rows if heading == title]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = {name: value or "" for name, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        self.references += [value for name, value in values.items() if name.rpartition(":")[2] in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "figure":
            self.pictures.append(values.get("aria-label", ""))
        if tag in ("h1", "h2"):
            self.titles.append("")
        if tag == "tbody":
            self._tables.append((self.titles[-1], []))
        if self._in("tbody"):
            if tag == "tr":
                self._tables[-1][1].append([])
            if tag in ("td", "th"):
                self._tables[-1][1][-1].append("")
        if self._in("header") and tag in ("td", "th"):
            self.facts.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self._in("style"):
            return
        self.text += data
        if self._in("h1") or self._in("h2"):
            self.titles[-1] += data
        if self._in("tbody") and self.open[-1] in ("td", "th", "strong", "em", "code"):
            self._tables[-1][1][-1][-1] += data
        if self._in("header") and self.open[-1] in ("td", "th"):
            self.facts[-1] += data
        if data.startswith("Entities: "):
            self.examples.append([])
        if match := re.fullmatch(r"Sentence (\d+)", data):
            self.examples[-1].append(int(match[1]))

    def _in(self, tag: str) -> bool:
        return tag in self.open
