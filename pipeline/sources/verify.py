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
from xml.parsers import expat

from pipeline.errors import UserError
from pipeline.ner.readers import read_file
from pipeline.progress import say, track
from pipeline.sources import probe
from pipeline.sources.compression import chunks
from pipeline.sources.manifest import News
from pipeline.utf8 import NEWS_ADVICE, InvalidUtf8, Utf8

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
    """A MediaWiki XML export: UTF-8, <mediawiki> around it all, well-formed to its end, at least one article."""
    parser = expat.ParserCreate()
    search = _ArticleSearch(path, parser, {str(namespace) for namespace in namespaces})
    try:
        for text in _read_news(path, policy):
            parser.Parse(text, False)
        parser.Parse("", True)
    except expat.ExpatError as error:
        raise UserError(f"{path}: {_advice(error, search.begun)}") from None
    if not search.pages:
        raise UserError(f"{path}: no <page> in this MediaWiki export; expected one for every article")
    if not search.found:
        wanted = " or ".join(map(str, namespaces))
        raise UserError(
            f"{path}: no article among {search.pages:,} pages; "
            f"expected at least one of namespace {wanted} that is no redirect"
        )


class _ArticleSearch:
    """Looks for the first page of these namespaces that is no redirect; a page without <ns> passes."""

    def __init__(self, path: Path, parser: expat.XMLParserType, namespaces: Collection[str]) -> None:
        self.begun = self.found = False
        self.pages = 0
        self._namespaces = {"", *namespaces}
        self._path, self._parser = path, parser
        self._tag = self._namespace = ""
        self._redirect = False
        parser.StartElementHandler, parser.CharacterDataHandler = self._start, self._text
        parser.EndElementHandler = self._end

    def _start(self, tag: str, _: dict[str, str]) -> None:
        if not self.begun and tag != "mediawiki":
            raise UserError(f"{self._path}: starts with <{tag}>; expected <mediawiki>, a MediaWiki XML export")
        self.begun, self._tag = True, tag
        if tag == "page":
            self.pages += 1
            self._namespace, self._redirect = "", False
        elif tag == "redirect":
            self._redirect = True

    def _text(self, text: str) -> None:
        if self._tag == "ns":
            self._namespace += text

    def _end(self, tag: str) -> None:
        self._tag = ""
        if tag == "page" and self._namespace.strip() in self._namespaces and not self._redirect:
            self.found = True  # seen enough; without handlers expat runs at full speed
            self._parser.StartElementHandler = self._parser.EndElementHandler = None
            self._parser.CharacterDataHandler = None


def _advice(error: expat.ExpatError, begun: bool) -> str:
    if not begun:
        return "does not begin with <mediawiki>; expected a MediaWiki XML export (or write format: text)"
    return f"broken XML in line {error.lineno:,}: {expat.ErrorString(error.code)}; get the file again"


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
