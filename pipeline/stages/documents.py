"""Stage documents: raw news, a MediaWiki export or plain text, to articles of paragraphs."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.outputs import fresh_folder, need, read_json, write_json
from pipeline.progress import track
from pipeline.shards import COUNTS, Counts, Document, write_shards
from pipeline.text.lookalikes import count_mixed
from pipeline.text.mediawiki import read_mediawiki
from pipeline.text.plaintext import read_plaintext
from pipeline.text.settings import TextSettings
from pipeline.text.whitespace import count_words

SOURCES = "sources.json"

Entry = dict[str, Any]


def _read_mediawiki(path: Path, entry: Entry, counts: Counts) -> Iterator[Document]:
    return read_mediawiki(path, counts, entry.get("invalid_utf8", "error"), entry.get("namespaces", [0]))


def _read_text(path: Path, entry: Entry, counts: Counts) -> Iterator[Document]:
    return read_plaintext(path, counts, entry.get("invalid_utf8", "error"))


READERS: dict[str, Callable[[Path, Entry, Counts], Iterator[Document]]] = {
    "mediawiki": _read_mediawiki,
    "text": _read_text,
}


def run(source: Path, target: Path, settings: TextSettings) -> None:
    """Read the files that `source/sources.json` lists, in its order; write shards and the counts.

    `sources.json` is {"files": [{"file": "0000-news.xml.bz2", "format": "mediawiki", "namespaces": [0],
    "invalid_utf8": "error"}, ...]}; the other format, `text`, has no namespaces. The last two are the defaults.
    """
    counts: Counts = Counter(documents_read=0, documents_kept=0, paragraphs=0, words=0, words_of_mixed_script=0)
    documents = track(_count(_read(source, counts), counts), "documents", "documents")
    with fresh_folder(target) as folder:
        write_shards(documents, folder, settings.shard_megabytes)
        if not counts["documents_kept"]:
            raise UserError(f"{source}: no document with text; check the news input; counts: {dict(counts)}")
        write_json(folder / COUNTS, counts)


def _read(source: Path, counts: Counts) -> Iterator[Document]:
    path = need(source / SOURCES, "fetch")
    for entry in read_json(path)["files"]:
        name, form = entry["file"], entry["format"]
        if form not in READERS:
            raise UserError(f"{path}: {name}: found format {form!r}, expected {' or '.join(READERS)}")
        yield from READERS[form](source / name, entry, counts)


def _count(documents: Iterator[Document], counts: Counts) -> Iterator[Document]:
    for document in documents:
        counts["documents_kept"] += 1
        counts["paragraphs"] += len(document.lines)
        counts["words"] += sum(map(count_words, document.lines))
        counts["words_of_mixed_script"] += sum(map(count_mixed, document.lines))
        yield document
