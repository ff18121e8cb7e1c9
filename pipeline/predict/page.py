"""Texts with their entities marked, as one HTML file that needs nothing else, written as it comes."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from pipeline.predict.pieces import Bad, Output, Tagged
from pipeline.predict.span import Span
from pipeline.predict.write import parts, unix_lines
from pipeline.report.pages.render import stream_page

TEMPLATE = Path(__file__).with_name("page.html")
UNSURE = 0.5
"""Less confident entities are marked as such."""


class Part(NamedTuple):
    """The next bit of the page."""

    kind: str
    """`begin` and `end` of a text, `bad` in its place, or `text`."""
    number: int
    text: str = ""
    span: Span | None = None


def write_page(items: Iterator[Output], out: TextIO, types: list[str], title: str) -> None:
    """Write the page; all text in it is escaped. `types` are those of the tagger, a colour each."""
    content = {"title": title, "types": types, "unsure": UNSURE, "sections": [], "marked": _parts(items)}
    for text in stream_page(TEMPLATE, **content):
        out.write(text)


def _parts(items: Iterator[Output]) -> Iterator[Part]:
    number, opened = 1, False
    for item in items:
        if isinstance(item, Bad):
            yield Part("bad", number, item.message)
            number += 1
            continue
        if not opened:
            yield Part("begin", number)
            opened = True
        if isinstance(item, Tagged):
            yield from (Part("text", number, unix_lines(text), span) for text, span in parts(item))
        else:
            yield Part("end", number)
            number, opened = number + 1, False
