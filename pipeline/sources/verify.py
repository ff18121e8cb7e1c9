"""Is an input sound? The gate: whole, readable to its end, in the form that the manifest says, and not empty.

Every check reads the whole file and raises a `UserError` that names the file, the place and what to do. What only a
later stage can see, such as articles without prose or too few of them to hold some out, is said there.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import ParseError

from pipeline.errors import UserError
from pipeline.files.utf8 import NEWS_ADVICE, InvalidUtf8, Utf8
from pipeline.ner.data.readers import read_file
from pipeline.sources import probe
from pipeline.sources.compression import chunks
from pipeline.sources.manifest import News
from pipeline.text.dump.export import MalformedExport, read_pages
from pipeline.work.progress import say, track

Check = Callable[[Path], None]

NOT_FOR_SETS = {".bz2": "bzip2", ".7z": "7z"}
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
    words, start = 0, ""
    for text in _read_news(path, policy):
        start = start or text.lstrip()[:1000]
        if EXPORT.match(start):
            raise UserError(f"{path}: begins with <mediawiki>; expected plain text (or write format: mediawiki)")
        words = words or len(re.findall(r"\w", text))
    if not words:
        raise UserError(f"{path}: no words; expected news text, UTF-8, an empty line between documents")


def check_mediawiki(namespaces: Collection[int], policy: InvalidUtf8, path: Path) -> None:
    """A MediaWiki XML export: UTF-8, read to its end as stage documents does, with at least one article."""
    pages = articles = 0
    try:
        for page in read_pages(_read_news(path, policy)):
            pages += 1
            articles += page.namespace in namespaces and not page.redirect
    except MalformedExport as error:
        raise UserError(f"{path}: no MediaWiki export: {error}; correct that in it, or name another") from None
    except ParseError as error:
        advice = "get the file again (or write format: text, if it is plain text)"
        raise UserError(f"{path}: not a whole MediaWiki export (XML): {error}; {advice}") from None
    if not pages:
        raise UserError(f"{path}: no <page> in this MediaWiki export; expected one for every article")
    if not articles:
        wanted = " or ".join(map(str, namespaces))
        raise UserError(
            f"{path}: no article among {pages:,} pages; expected at least one of namespace {wanted} that is no redirect"
        )


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
        if path.suffix in NOT_FOR_SETS:
            raise UserError(f"{path}: found {NOT_FOR_SETS[path.suffix]}; expected a plain file or gzip named .gz")
        next(chunks(path))  # which refuses a compressed file under another name
        if not sum(1 for _ in read_file(path, name, types)):
            raise UserError(f"{path}: no sentences; expected the {name} format")

    return check


def _read_news(path: Path, policy: InvalidUtf8) -> Iterator[str]:
    decoder = Utf8(path, policy, NEWS_ADVICE)
    yield from decoder.decode(_content(path))
    if decoder.first is not None:
        say(f"{path}: {decoder.replaced:,} characters become U+FFFD: not UTF-8, the first at byte {decoder.first:,}")


def _content(path: Path) -> Iterator[bytes]:
    if path.stat().st_size < QUIET:
        return chunks(path)
    return track(chunks(path), f"check {path.name}", "bytes", size=len)
