"""A page of `compare` or `tables`, as Markdown and as one HTML file that needs nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pipeline.report.pages.blocks import Section, format_blocks
from pipeline.report.pages.render import render_html
from pipeline.report.tables import markdown_page
from pipeline.work.outputs import write_text


class Page(NamedTuple):
    """What is on it; a paragraph is a `str` of Markdown."""

    title: str
    warning: str
    lead: list[str]
    sections: list[Section]


def write_page(folder: Path, name: str, page: Page, pictures: Mapping[str, str]) -> str:
    """Write `name.md` and `name.html` to a folder and return the Markdown; `pictures` are SVG documents by name."""
    text = render_markdown(page)
    write_text(folder / f"{name}.md", text)
    write_text(folder / f"{name}.html", render_html(text, pictures))
    return text


def render_markdown(page: Page) -> str:
    """The page; pictures are looked for beside it."""
    warning = [f"> **{page.warning}**"] if page.warning else []
    sections = (f"## {section.title}\n\n{format_blocks(section.blocks)}" for section in page.sections)
    return markdown_page([f"# {page.title}", *warning, *page.lead, *sections])
