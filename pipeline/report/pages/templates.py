"""Templates of HTML, in which all text is escaped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.errors import TEXT, printable

HERE = Path(__file__).parent


def render_page(template: Path, **content: Any) -> str:
    """A page from a template of HTML; a name that `content` lacks is an error."""
    return "".join(stream_page(template, **content))


def stream_page(template: Path, **content: Any) -> Iterator[str]:
    """The page in parts, each as soon as `content` yields it; control characters are shown as escapes."""
    environment = make_environment(template, autoescape=True)
    environment.globals["style"] = Markup((HERE / "style.css").read_text(encoding="utf-8"))
    for part in environment.get_template(template.name).generate(content):
        yield printable(part, TEXT)


def make_environment(template: Path, **options: Any) -> Environment:
    """Templates of this folder, which one of another folder can extend."""
    loader = FileSystemLoader([template.parent, HERE])
    return Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, **options)
