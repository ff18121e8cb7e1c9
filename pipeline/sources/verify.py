"""Is an input sound? The gate: whole, readable to its end, in the form that the manifest says, and not empty.

Every check reads the whole file, as the stage after it will, and raises a `UserError` that names the file, the place
and what to do. What only a later stage can see, such as articles without prose or too few of them to hold some out, is
said there.
"""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files.compression import check_kind
from pipeline.files.shards import Counts, Document
from pipeline.files.utf8 import InvalidUtf8
from pipeline.ner.data.published import read_file
from pipeline.sources import probe
from pipeline.sources.manifest import News
from pipeline.text.dump.mediawiki import read_articles
from pipeline.text.plaintext import read_plaintext
from pipeline.work.progress import track

Check = Callable[[Path], object]

EXPORT = re.compile(r"(<\?xml[^>]*>\s*)?<mediawiki\b")
QUIET = 100_000_000
"""Files below this many bytes are read without a progress line."""


def news_check(news: News) -> Check:
    """The check of a news file: one that is not UTF-8 passes if the manifest says `invalid_utf8: replace`."""
    if news.format == "mediawiki":
        return partial(check_mediawiki, news.reading["namespaces"], news.invalid_utf8)
    return partial(check_text, news.invalid_utf8)


def check_text(policy: InvalidUtf8, path: Path) -> None:
    """Plain text: UTF-8, with at least one word, and no MediaWiki export."""
    words = False
    for number, document in enumerate(_watch(path, read_plaintext(path, Counter(), policy))):
        text = "\n".join(document.lines)
        if number < 2 and EXPORT.match(text):  # a declaration may have a blank line after it
            raise UserError(f"{path}: begins with <mediawiki>; expected plain text (or write format: mediawiki)")
        words = words or bool(re.search(r"\w", text))
    if not words:
        raise UserError(f"{path}: no words; expected news text, UTF-8, an empty line between documents")


def check_mediawiki(namespaces: Collection[int], policy: InvalidUtf8, path: Path) -> None:
    """A MediaWiki XML export: UTF-8, with at least one article."""
    counts: Counts = Counter()
    articles = sum(1 for _ in _watch(path, read_articles(path, counts, policy, namespaces)))
    pages = articles + counts["documents_read"]
    if not pages:
        raise UserError(f"{path}: no <page> in this MediaWiki export; expected one for every article")
    if not articles:
        wanted = " or ".join(map(str, namespaces))
        fault = f"no article among {pages:,} pages; expected at least one of namespace {wanted} that is no redirect"
        raise UserError(f"{path}: {fault} and has text")


def check_udpipe(path: Path) -> None:
    """A UDPipe 1 model that splits text into words and gives lemmas."""
    command = [sys.executable, str(probe.__file__), str(path)]
    trial = subprocess.run(command, capture_output=True, encoding="utf-8")
    if trial.returncode:
        reason = trial.stdout.strip() if trial.returncode == 1 else ""
        raise UserError(f"{path}: {reason or 'not a UDPipe model'}; expected one of UDPipe 1 (*.udpipe)")


def conll_check(name: str, types: list[str] | None) -> Check:
    """The check of a NER file in the layout of that name: every line right, at least one sentence, these types."""

    def check(path: Path) -> None:
        check_kind(path, "gzip")
        if not sum(1 for _ in read_file(path, name, types)):
            raise UserError(f"{path}: no sentences; expected the {name} format")

    return check


def _watch(path: Path, documents: Iterator[Document]) -> Iterator[Document]:
    """What stage documents will read, to its end; a large file with progress."""
    check_kind(path, "gzip", "bzip2")
    return documents if path.stat().st_size < QUIET else track(documents, f"check {path.name}", "documents")
