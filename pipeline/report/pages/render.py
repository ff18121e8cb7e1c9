"""From a template to a page: Markdown, and from it one HTML file with style and pictures inside, all text escaped."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from pipeline.errors import TEXT, printable
from pipeline.report import tables
from pipeline.report.colours import BLUE, GREY, INK, LINE, ORANGE, WHITE, colour_types
from pipeline.report.pages import blocks
from pipeline.report.pages.templates import HERE, make_environment, render_page
from pipeline.report.paper import set_name
from pipeline.work.outputs import write_text

DEMO = "demo"
DEMO_WARNING = "The data of scale demo are generated: these scores only show that the pipeline works."
LONG = 40
"""Characters of a cell in which lines may break."""
POINT = 1.5
"""Pixels on a page, at most, for a point of a picture, so that its text is no larger than the page's."""
LEAST = 0.74
"""Pixels for a point, at least; a picture that is wider than the page then scrolls."""
ON_PAGE = {
    WHITE: "paper",
    INK: "ink",
    GREY: "gold-edge",
    LINE: "line",
    BLUE: "right-edge",
    ORANGE: "wrong-edge",
}
"""What stands for the colours of a picture on a page, which may be dark: variables of style.css."""
FOLD = re.compile(r"<details><summary>(.*)</summary>")


def render_markdown(template: Path, **content: Any) -> str:
    """A page of Markdown. Text that the template shows is escaped, unless it is Markdown already."""
    environment = make_environment(template, finalize=lambda x: blocks.escape(x) if isinstance(x, str) else x)
    environment.filters |= {"integer": tables.integer, "decimal": tables.decimal, "percent": tables.percent}
    environment.filters["set_name"] = set_name
    environment.globals |= {"table": blocks.table, "picture": blocks.picture, "code": blocks.code}
    environment.globals |= {"long_table": blocks.long_table, "fold": blocks.fold, "end_fold": blocks.FOLD_END}
    environment.globals |= {"example": blocks.show_example, "legend": blocks.LEGEND, "demo_warning": DEMO_WARNING}
    page = environment.get_template(template.name).render(content)
    return printable(re.sub(r"\n{3,}", "\n\n", page.strip()) + "\n", TEXT)


def write_page(folder: Path, name: str, page: str, pictures: Mapping[str, str]) -> None:
    """Write a page of Markdown as `name.md`, and as `name.html` with its pictures, which are SVG documents by name."""
    write_text(folder / f"{name}.md", page)
    write_text(folder / f"{name}.html", render_html(page, pictures))


def render_html(page: str, pictures: Mapping[str, str]) -> str:
    """A page of Markdown as one HTML file that needs nothing else; `pictures` are SVG documents by name.

    HTML within the Markdown is shown as text, but for the folds of `blocks.fold`; entities have the colours of their
    types. The title is the first heading; all above the first section is the head of the page, with links to the
    sections.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens, svgs = parser.parse(page), inline_svgs(pictures)
    headings: list[str] = []
    title, first = "", len(tokens)
    for index, (opening, inline, closing) in enumerate(zip(tokens, tokens[1:], tokens[2:], strict=False)):
        children = inline.children or []
        text = "".join(child.content for child in children)
        html = ""
        if opening.type == "heading_open" and opening.tag == "h1":
            title = title or text
        elif opening.type == "heading_open" and opening.tag == "h2":
            first = min(first, index)
            headings.append(text)
            opening.attrSet("id", f"section-{len(headings)}")
        elif opening.type in ("th_open", "td_open"):
            opening.attrs |= {"class": "long"} if len(text) > LONG else {}
            opening.attrs |= {"lang": "ru"} if re.search("[а-яё]", text, re.IGNORECASE) else {}
        elif [child.type for child in children] == ["link_open", "image", "link_close"]:
            svg = svgs[Path(unquote(str(children[1].attrs["src"]))).stem]
            html = f'<figure role="img" aria-label="{escape(children[1].content)}" tabindex="0">\n{svg}\n</figure>\n'
        elif fold := FOLD.fullmatch(inline.content):  # as it is written: of text that was escaped, this is not so
            html = f"<details><summary>{parser.renderInline(fold[1])}</summary>\n"
        elif inline.content == blocks.FOLD_END:
            html = f"{blocks.FOLD_END}\n"
        if html:
            opening.hidden = closing.hidden = True
            inline.children = [Token("html_inline", "", 0, content=html)]
    _colour_entities(tokens)
    head, body = (parser.renderer.render(part, parser.options, {}) for part in (tokens[:first], tokens[first:]))
    content = {"title": title, "head": Markup(_wrap(head, "cards")), "headings": headings, "body": Markup(_wrap(body))}
    return render_page(HERE / "page.html", **content)


def _colour_entities(tokens: Sequence[Token]) -> None:
    """Give entities, which `blocks.mark` has made bold, with their types behind them, the colours of their types."""
    entities: list[tuple[Token, str]] = []
    for inline in tokens:
        opening: Token | None = None
        bold: Token | None = None
        for token, after in pairwise(inline.children or []):
            if token.type == "strong_open":
                opening = token
            elif token.type == "strong_close":
                bold = opening
            elif token.content.strip():
                bold = None
            elif token.type == "em_open" and after.content and bold:
                entities.append((bold, after.content))
    types = [text.removesuffix(blocks.CROSS).rstrip() for _, text in entities]
    colours = colour_types(filter(None, types))
    for (token, text), type_ in zip(entities, types, strict=True):
        token.attrs |= {"class": "entity wrong" if text.endswith(blocks.CROSS) else "entity"}
        token.attrs |= {"style": f"--type: {colours[type_]}"} if type_ else {}


def _wrap(html: str, look: str = "") -> str:
    """Have tables scroll by themselves where they are wider than the page; all text in the HTML is escaped."""
    wide = f"wide {look}".strip()
    html = html.replace("<table>", f'<div class="{wide}" tabindex="0" role="group" aria-label="Table"><table>')
    return html.replace("</table>", "</table></div>")


def inline_svgs(pictures: Mapping[str, str]) -> dict[str, str]:
    """SVG documents, by name, as parts of one page: no prologue, no metadata, no id twice, the page's colours."""
    inlined = {}
    for number, (name, svg) in enumerate(sorted(pictures.items())):
        svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg[svg.index("<svg") :].rstrip(), flags=re.DOTALL)
        opening, end, rest = svg.partition(">")
        size = re.search(r'\bwidth="([\d.]+)pt"', opening)
        # the size is the page's to choose; the view box has the proportions
        opening = re.sub(r'\s*\b(width|height|version|xmlns(:xlink)?)="[^"]*"', "", opening)
        if size:
            least, most = (f"{float(size[1]) * pixels:.0f}px" for pixels in (LEAST, POINT))
            opening += f' style="min-width: {least}; max-width: {most}"'
        rest = re.sub(r"\b(fill|stroke): (#[0-9a-f]{6})\b", _paint, rest)
        inlined[name] = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>p{number}-", opening + end + rest)
    return inlined


def _paint(declaration: re.Match[str]) -> str:
    """Give a part of a picture the page's colour, or one nearer to the page's ink, which can be read on its ground."""
    name = ON_PAGE.get(declaration[2])
    colour = f"var(--{name})" if name else f"color-mix(in srgb, {declaration[2]} 80%, var(--ink))"
    return f"{declaration[1]}: {colour}"
