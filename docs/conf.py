"""The site of these pages, which `make docs` builds with Sphinx: build/docs/index.html, readable without a network."""

import re
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parents[1]))  # autodoc imports pipeline.predict

project = "Recurrent language-model embeddings, compared on Russian NER"
html_title = "Russian NER"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 3  # the anchors of headings that code hosts make
default_role = "code"  # docstrings are Markdown: `name` is code
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
highlight_language = "text"


def add_toctree(app: Sphinx, name: str, source: list[str]) -> None:
    """Make the lists of index.md the site's navigation, each under its title; a page that they lack fails the build."""
    if name == "index":
        for title, group in re.findall(r"^\*\*(.+)\*\*\n\n((?:[- ] .+\n)+)", source[0], re.MULTILINE):
            pages = "\n".join(re.findall(r"^- \[.+?\]\((\w+)\.md\)", group, re.MULTILINE))
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{pages}\n```\n"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", add_toctree)
    return {"parallel_read_safe": True}
