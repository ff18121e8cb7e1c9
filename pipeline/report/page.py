"""metrics/report.md: one experiment, for people, where Markdown is shown."""

from collections.abc import Iterator

from pipeline.report import sections
from pipeline.report.data import Results
from pipeline.report.pages.blocks import Block, Heading, Section
from pipeline.report.paper import set_name
from pipeline.report.tables import format_blocks, markdown_page

FOLDER = "plots/"
"""Where the pictures are, beside the page."""


def render(results: Results) -> str:
    """The whole page."""
    parts = [
        f"# {results.arch}, scale {results.scale}",
        *([f"> **{sections.DEMO_WARNING}**"] if results.scale == sections.DEMO else []),
        sections.describe_protocol(results.protocol),
        *(f"## {title}\n\n{format_blocks(blocks, FOLDER)}" for title, blocks in _sections(results) if blocks),
    ]
    return markdown_page(parts)


def _sections(results: Results) -> Iterator[Section]:
    yield Section("Named entities, test split", [*sections.scores(results), *_pictures(results)])
    yield Section("Typos, test split", [*sections.typos(results)])
    yield Section("Language model", [*sections.language_model(results), *sections.learning_curve(results)])
    yield Section("Beside the paper, Table 2", [*sections.beside_paper(results)])
    yield Section("NER sets", [*sections.ner_sets(results)])
    yield Section("News text, stage by stage", [*sections.text(results)])


def _pictures(results: Results) -> Iterator[Block]:
    for name in results.sets:
        yield Heading(set_name(name))
        yield from (sections.picture_of(name, kind) for kind in ("types", "confusion", "epochs"))
