"""metrics/tables.md and .html: the paper's tables with our numbers beside theirs, and what those cost."""

from collections.abc import Mapping

from pipeline.experiments.tables.asked import Sweep
from pipeline.experiments.tables.sections import list_sections
from pipeline.report.page import DEMO, DEMO_WARNING
from pipeline.report.pages import render as pages
from pipeline.report.pages.blocks import format_blocks
from pipeline.report.tables import markdown_page


def render(sweep: Sweep) -> str:
    """The page; pictures are looked for beside it."""
    parts = [
        f"# {sweep.title}",
        *([f"> **{DEMO_WARNING}**"] if sweep.scale == DEMO else []),
        *sweep.lead,
        *(f"## {section.title}\n\n{format_blocks(section.blocks)}" for section in list_sections(sweep)),
    ]
    return markdown_page(parts)


def render_html(sweep: Sweep, pictures: Mapping[str, str]) -> str:
    """The same as one file; `pictures` are SVG documents by name."""
    return pages.render_html(render(sweep), pictures)
