"""Where a page of the documentation shows results, a study writes them, between two marks.

<!-- study encoder -->
...
<!-- end of study -->

<!-- study paper: finding --> asks for a part: `finding`, the first one with its picture, or `table`, a line a row.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from pipeline.work.outputs import write_text

BLOCK = re.compile(
    r"(?P<start><!-- study (?P<name>[^\s:]+)(?:: (?P<part>\w+))? -->\n)"
    r"(?:(?!<!-- study ).)*?(?P<end><!-- end of study -->)",
    re.DOTALL,
)


def fill_in(page: Path, name: str, parts: Mapping[str | None, str]) -> bool:
    """Put a study's text into the page wherever it has the study's marks; return whether the page has changed.

    `parts` are by name; None is the whole. A block that names no part of these stays as it is.
    """
    if not page.is_file():
        return False
    text = page.read_text(encoding="utf-8")

    def fill(block: re.Match[str]) -> str:
        text = parts.get(block["part"]) if block["name"] == name else None
        return block[0] if text is None else f"{block['start']}\n{text}\n{block['end']}"

    filled = BLOCK.sub(fill, text)
    if filled != text:
        write_text(page, filled)
    return filled != text


def path_between(page: Path, folder: Path) -> str:
    """Return how a link in the page leads to the folder."""
    return Path(os.path.relpath(folder, page.parent)).as_posix()
