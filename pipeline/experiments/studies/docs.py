"""Where a page of the documentation shows results, a study writes them, between two marks.

<!-- study encoder -->
...
<!-- end of study -->
"""

import os
import re
from pathlib import Path

from pipeline.work.outputs import write_text

BLOCK = re.compile(
    r"(?P<start><!-- study (?P<name>\S+) -->\n)(?:(?!<!-- study ).)*?(?P<end><!-- end of study -->)", re.DOTALL
)


def fill_in(page: Path, name: str, summary: str) -> bool:
    """Put a study's summary into the page wherever it has the study's marks; return whether the page has changed."""
    if not page.is_file():
        return False
    text = page.read_text(encoding="utf-8")

    def fill(block: re.Match[str]) -> str:
        return f"{block['start']}\n{summary}\n{block['end']}" if block["name"] == name else block[0]

    filled = BLOCK.sub(fill, text)
    if filled != text:
        write_text(page, filled)
    return filled != text


def path_between(page: Path, folder: Path) -> str:
    """Return how a link in the page leads to the folder."""
    return Path(os.path.relpath(folder, page.parent)).as_posix()
