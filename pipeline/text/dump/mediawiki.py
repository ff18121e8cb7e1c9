"""The articles of a MediaWiki XML export, as dumps.wikimedia.org publishes it, are streamed."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from xml.etree.ElementTree import ParseError

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document
from pipeline.files.utf8 import InvalidUtf8
from pipeline.text.cuts import CUTS
from pipeline.text.dump.export import MalformedExport, Page, read_pages
from pipeline.text.reading import read_text
from pipeline.text.whitespace import fold

DROPPED = ("other_namespace", "redirect", "not_wikitext", "deleted", "empty", "too_long", "only_markup")
"""Why a page becomes no document: `documents_dropped_<reason>` and `words_dropped_<reason>` are counted."""

LONGEST = 4_194_304
"""The most characters of wikitext. MediaWiki refuses to save over 2 MiB: longer text was made by something else."""

_WORD = re.compile(r"\S+")
_REDIRECT = re.compile(r"\s*#\s*(redirect|перенаправление|перенапр)\s*:?\s*\[\[", re.IGNORECASE)


def read_articles(
    path: Path, counts: Counts, policy: InvalidUtf8 = "error", namespaces: Collection[int] = (0,), prefix: str = ""
) -> Iterator[Document]:
    """Yield the articles of an export (.xml, .bz2, .gz): the newest revision of each page of these namespaces.

    A document's id is `prefix` and the page's id; its only line is the wikitext. Dropped pages are counted, and no
    counter is missing. Raises a `UserError` for a file that is damaged or is not an export.
    """
    counts.update(dict.fromkeys((*CUTS, "words_read", "documents_dropped_only_markup"), 0))
    counts.update({f"{unit}_dropped_{reason}": 0 for reason in DROPPED[:-1] for unit in ("documents", "words")})
    try:
        for page in read_pages(read_text(path, policy, counts)):
            text = page.revision.text if page.revision else ""
            if reason := _find_fault(page, namespaces):
                words = sum(1 for _ in _WORD.finditer(text))
                counts.update({"documents_read": 1, f"documents_dropped_{reason}": 1})
                counts.update({"words_read": words, f"words_dropped_{reason}": words})
            else:
                yield Document(f"{prefix}{page.id}", fold(page.title), [text])
    except MalformedExport as error:
        fault = f"no MediaWiki export: {error}; correct that in the source, or name another"
        raise UserError(f"{path}: {fault}, and run: dvc repro") from None
    except ParseError as error:
        fault = f"not a whole MediaWiki export (XML): {error}; get the file again"
        raise UserError(f"{path}: {fault} (or write format: text, if it is plain text) and run: dvc repro") from None


def _find_fault(page: Page, namespaces: Collection[int]) -> str | None:
    """Return why a page is not an article, or None if it is one."""
    if page.namespace not in namespaces:
        return "other_namespace"
    if page.redirect:
        return "redirect"
    revision = page.revision
    if revision and revision.deleted:
        return "deleted"
    if not revision or not revision.text.strip():
        return "empty"
    if revision.model != "wikitext":
        return "not_wikitext"
    if len(revision.text) > LONGEST:
        return "too_long"
    return "redirect" if _REDIRECT.match(revision.text) else None
