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
    """Make the pages that index.md links the site's navigation, in its order; a page that it lacks fails the build."""
    if name == "index":
        pages = re.findall(r"\]\((\w+)\.md\)", source[0])
        source[0] += "\n```{toctree}\n:hidden:\n\n" + "\n".join(dict.fromkeys(pages)) + "\n```\n"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", add_toctree)
    return {"parallel_read_safe": True}
