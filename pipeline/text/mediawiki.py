"""A MediaWiki XML export, as dumps.wikimedia.org publishes it, streamed.

<page><title>Три человека арестованы в Бостоне</title><ns>0</ns><id>37085</id>
  <revision><timestamp>2017-03-15T18:12:20Z</timestamp><model>wikitext</model>
    <text bytes="6993" xml:space="preserve">{{дата|15 марта 2017}} '''В''' [[w:Бостон|Бостоне]]</text>
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError

import mwxml
from mwparserfromhell.parser import ParserError
from mwxml.element_iterator import ElementIterator
from mwxml.errors import MalformedXML

from pipeline.errors import UserError
from pipeline.shards import Counts, Document
from pipeline.text.reading import open_bytes
from pipeline.text.whitespace import fold
from pipeline.text.wikitext import DROPPED as DROPPED_MARKUP
from pipeline.text.wikitext import extract_paragraphs

DROPPED = ("other_namespace", "redirect", "not_wikitext", "deleted", "empty", "unparsable", "only_markup")
"""Why a page gives no document; counted as `documents_dropped_<reason>`."""

_REDIRECT = re.compile(r"\s*#\s*(redirect|перенаправление|перенапр)\s*:?\s*\[\[", re.IGNORECASE)


def read_mediawiki(path: Path, counts: Counts) -> Iterator[Document]:
    """Stream the articles of an export (.xml, .xml.bz2, .xml.gz): main namespace, newest revision, text only.

    The id is the page's. A file that is damaged or no export is a `UserError`.
    """
    counts.update({f"documents_dropped_{reason}": 0 for reason in DROPPED})
    counts.update({f"dropped_{kind}": 0 for kind in DROPPED_MARKUP})
    for page, revision in _read_pages(path):
        counts["documents_read"] += 1
        article = _read_article(page, revision, counts)
        if isinstance(article, str):
            counts[f"documents_dropped_{article}"] += 1
        else:
            yield article


def _read_article(page: mwxml.Page, revision: mwxml.Revision | None, counts: Counts) -> Document | str:
    """The article of a page, or the reason why there is none."""
    if page.namespace != 0:
        return "other_namespace"
    if page.redirect is not None:
        return "redirect"
    if revision is None:
        return "empty"
    reason = _find_fault(revision)
    if reason:
        return reason
    try:
        paragraphs = extract_paragraphs(revision.text, counts)
    except ParserError:
        return "unparsable"
    return Document(str(page.id), fold(page.title), paragraphs) if paragraphs else "only_markup"


def _find_fault(revision: mwxml.Revision) -> str | None:
    """Why a revision's text is no article, if it is none."""
    if revision.deleted.text:
        return "deleted"
    if not (revision.text or "").strip():
        return "empty"
    if revision.model not in (None, "wikitext"):
        return "not_wikitext"
    return "redirect" if _REDIRECT.match(revision.text) else None


def _read_pages(path: Path) -> Iterator[tuple[mwxml.Page, mwxml.Revision | None]]:
    """Every page with its newest revision."""
    try:
        with open_bytes(path) as file:
            for page in _stream(file):
                yield page, max(page, key=_age, default=None)
    except (ParseError, MalformedXML, ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path}: not a whole MediaWiki export (XML): {fold(str(error))[:200]}; delete it and run: dvc repro fetch"
        ) from None


def _age(revision: mwxml.Revision) -> tuple[str, int]:
    return str(revision.timestamp), revision.id


def _stream(file: IO[bytes]) -> Iterator[mwxml.Page]:
    """The pages; memory stays flat because the root forgets each page that was read."""
    root = ElementIterator.from_file(file)
    if root.tag != "mediawiki":
        raise MalformedXML(f"expected <mediawiki>, found <{root.tag}>")
    for page in mwxml.Dump.from_element(root).pages:
        yield page
        root.element.clear()
