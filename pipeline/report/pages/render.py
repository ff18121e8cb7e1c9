"""A template and what it shows to one HTML file: all text escaped, style and pictures inside."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.errors import TEXT, printable

HERE = Path(__file__).parent
PAGE = HERE / "page.html"
"""A title, a warning, paragraphs that lead in, facts, and sections; what is empty is not shown."""
STYLE = "style.css"


def render_page(template: Path, **content: Any) -> str:
    """The page; templates of this folder can be extended and imported. A name that `content` lacks is an error."""
    return "".join(stream_page(template, **content))


def stream_page(template: Path, **content: Any) -> Iterator[str]:
    """The same in parts, as what `content` iterates over comes; control characters in it are shown as escapes."""
    environment = Environment(
        loader=FileSystemLoader([template.parent, HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["code"] = mark_code
    environment.globals["style"] = Markup((HERE / STYLE).read_text(encoding="utf-8"))
    for part in environment.get_template(template.name).generate(content):
        yield printable(part, TEXT)


def mark_code(text: str) -> Markup:
    """Escaped text, in which `backticks` become code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def inline_svgs(pictures: Mapping[str, str]) -> dict[str, Markup]:
    """SVG documents, by name, as parts of one page: without prologue and metadata, no two with the same id."""
    return {name: Markup(_inline(f"p{number}", svg)) for number, (name, svg) in enumerate(sorted(pictures.items()))}


def _inline(prefix: str, svg: str) -> str:
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"^<svg ([^>]*?)>", lambda match: f"<svg {_without_size(match[1])}>", svg)
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}-", svg)


def _without_size(attributes: str) -> str:
    """The size is the style's to choose; the view box has the proportions."""
    return re.sub(r'\s*\b(width|height|version|xmlns(:xlink)?)="[^"]*"', "", attributes).strip()
