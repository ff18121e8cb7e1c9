"""A page of `compare` or `tables`, as Markdown and as one HTML file that needs nothing else."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.report.pages.blocks import Block, Example, Examples, Section, Table
from pipeline.report.pages.readings import WRONG
from pipeline.report.pages.render import PAGE, inline_svgs, render_page
from pipeline.report.tables import escape, format_blocks, markdown_page
from pipeline.work.outputs import write_text


class Page(NamedTuple):
    """What is on it; a paragraph is a `str`, in which `backticks` mark code."""

    title: str
    warning: str
    lead: list[str]
    sections: list[Section]


def write_page(folder: Path, name: str, page: Page, pictures: Mapping[str, str]) -> str:
    """Write `name.md` and `name.html` to a folder and return the Markdown; `pictures` are SVG documents by name."""
    text = render_markdown(page)
    write_text(folder / f"{name}.md", text)
    write_text(folder / f"{name}.html", render_html(page, pictures))
    return text


def render_html(page: Page, pictures: Mapping[str, str]) -> str:
    """One file with pictures and style inside; all text in it is escaped."""
    return render_page(PAGE, **page._asdict(), facts=[], pictures=inline_svgs(pictures))


def render_markdown(page: Page) -> str:
    """The same; pictures are looked for beside it."""
    warning = [f"> **{page.warning}**"] if page.warning else []
    sections = (f"## {section.title}\n\n{_format(section.blocks)}" for section in page.sections)
    return markdown_page([f"# {page.title}", *warning, *page.lead, *sections])


def _format(blocks: Sequence[Block]) -> str:
    flat: list[Block] = []
    for block in blocks:
        flat += map(_tabulate, block.examples) if isinstance(block, Examples) else [block]
    return format_blocks(map(escape, flat), "")


def _tabulate(example: Example) -> Table:
    """A row such as `gold | [Нижний Новгород LOC] стоит`; a wrong entity has a cross."""
    rows = []
    for reading in example.readings:
        pieces = (
            f"[{piece.text} {piece.type}{' ✗' if piece.status == WRONG else ''}]" if piece.status else piece.text
            for piece in reading.pieces
        )
        rows.append([f"{reading.system}, {reading.by}" if reading.by else reading.system, " ".join(pieces)])
    return Table([f"Sentence {example.number}", example.about], rows, left=2)
