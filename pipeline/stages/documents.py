"""Stage documents: raw news, a MediaWiki export or plain text, to articles of paragraphs."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Annotated, NamedTuple, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from pipeline.errors import UserError
from pipeline.files.json import read_json, write_json
from pipeline.files.shards import COUNTS, Counts, Document, format_document, read_shard, write_shards
from pipeline.files.utf8 import InvalidUtf8
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.fingerprint import fingerprint
from pipeline.text.dump.mediawiki import read_articles
from pipeline.text.dump.templates.lost import FILE as LOST
from pipeline.text.dump.templates.lost import count_lost, take_lost
from pipeline.text.dump.wikitext import extract_article
from pipeline.text.lookalikes import count_mixed
from pipeline.text.mapping import finish_shards, sum_code
from pipeline.text.plaintext import read_plaintext
from pipeline.text.raw import Raw, read_raw, write_raw
from pipeline.text.reading import stem
from pipeline.text.spelling import compose, count_composed
from pipeline.text.whitespace import count_words
from pipeline.work.finished import Finished, keep_finished
from pipeline.work.outputs import fresh_folder, need
from pipeline.work.progress import track
from pipeline.work.workers import Workers

SOURCES = "sources.json"


@with_config(ConfigDict(extra="allow"))
class Entry(TypedDict):
    """A file of news, and how it is read."""

    file: str
    format: str
    namespaces: NotRequired[list[int]]
    invalid_utf8: NotRequired[InvalidUtf8]
    prefixed: NotRequired[bool]


class SourcesFile(TypedDict):
    """sources.json."""

    files: Annotated[list[Entry], Field(min_length=1)]


class Format(NamedTuple):
    """How a source is read, in order, and what is then made of a document, in any order."""

    read: Callable[[Path, Entry, Counts], Iterator[Document]]
    extract: Callable[[Document, Counts, list[tuple[str, str]]], Iterator[Document]]


def _read_mediawiki(path: Path, entry: Entry, counts: Counts) -> Iterator[Document]:
    prefix = f"{stem(path)}:" if entry.get("prefixed") else ""
    return read_articles(path, counts, entry.get("invalid_utf8", "error"), entry.get("namespaces", [0]), prefix)


def _read_text(path: Path, entry: Entry, counts: Counts) -> Iterator[Document]:
    return read_plaintext(path, counts, entry.get("invalid_utf8", "error"))


FORMATS = {
    "mediawiki": Format(_read_mediawiki, extract_article),
    "text": Format(_read_text, lambda document, *_: iter([document])),
}


def run(paths: Paths, params: Params) -> None:
    """Read the files that sources.json in `paths.news` lists, in its order; write shards, counts and templates.json to
    `paths.documents`. Of the block `text` it is the size of a shard that counts.

    `sources.json` is {"files": [{"file": "0000-news.xml.bz2", "format": "mediawiki", "namespaces": [0],
    "invalid_utf8": "error"}, ...]}; the other format, `text`, has no namespaces. The last two are the defaults.
    Ids of articles are page ids, behind `<file stem>:` in every export but the first. templates.json lists the
    templates that were dropped inside sentences.
    """
    megabytes = params.chosen_scale.text.shard_megabytes
    workers = Workers(params.compute.jobs, params.compute.backend)
    with keep_finished(paths.shards, "documents") as finished, fresh_folder(paths.documents) as folder:
        raw, counts = _read(paths.news, megabytes, finished)
        keys = []
        for done in finish_shards(_extract, [*map(finished.path, raw)], "documents", {}, finished, workers):
            keys.append(done.key)
            counts.update(done.counts)
        lost = take_lost(counts)
        if not counts["documents_kept"]:
            raise UserError(f"{paths.news}: no document with text; check the news input; counts: {dict(counts)}")
        documents = chain.from_iterable(read_shard(finished.path(key)) for key in keys)
        write_shards(documents, folder, megabytes)
        write_json(folder / COUNTS, counts)
        write_json(folder / LOST, {"templates": lost})


def _read(source: Path, megabytes: float, finished: Finished) -> tuple[list[str], Counts]:
    """The sources as raw shards, by key, and what was counted on the way; not read again once read to the end."""
    entries = _list_entries(source)
    files = [source / entry["file"] for entry in entries]
    key = fingerprint({"entries": entries, "megabytes": megabytes, "code": sum_code(finished.stage)}, *files)
    known = finished.facts(key)
    if known is not None:
        raw = finished.path(key).read_text(encoding="utf-8").split()
        if all(finished.facts(name) is not None for name in raw):
            return raw, Counter(known)
    counts: Counts = Counter(documents_read=0, documents_kept=0, paragraphs=0, words=0, words_composed=0)
    counts["words_of_mixed_script"] = 0
    raws = track(_read_entries(source, entries, counts), "documents, read", "documents")
    raw = [*write_raw(raws, key, megabytes, finished)]
    with finished.add(key, counts) as file:
        file.write("\n".join(raw).encode())
    return raw, counts


def _list_entries(source: Path) -> list[Entry]:
    path = source / SOURCES
    entries: list[Entry] = read_json(path, SourcesFile, "fetch")["files"]
    for entry in entries:
        need(source / entry["file"], "fetch")
        if entry["format"] not in FORMATS:
            raise UserError(
                f"{path}: {entry['file']}: found format {entry['format']!r}, expected {' or '.join(FORMATS)}"
            )
    for entry in [entry for entry in entries if entry["format"] == "mediawiki"][1:]:
        entry["prefixed"] = True  # page ids of two wikis are the same numbers
    return entries


def _read_entries(source: Path, entries: list[Entry], counts: Counts) -> Iterator[Raw]:
    for entry in entries:
        for document in FORMATS[entry["format"]].read(source / entry["file"], entry, counts):
            yield Raw(entry["format"], document)


def _extract(source: Path, file: IO[bytes], counts: Counts) -> None:
    """What is done to a raw shard. NFC comes last: entities of mark-up may be marks on the letter before them."""
    lost: list[tuple[str, str]] = []
    for raw in read_raw(source):
        for article in FORMATS[raw.format].extract(raw.document, counts, lost):
            counts["words_composed"] += sum(map(count_composed, article.lines))
            document = article._replace(title=compose(article.title), lines=[*map(compose, article.lines)])
            counts["documents_kept"] += 1
            counts["paragraphs"] += len(document.lines)
            counts["words"] += sum(map(count_words, document.lines))
            counts["words_of_mixed_script"] += sum(map(count_mixed, document.lines))
            file.write(format_document(document).encode())
    count_lost(lost, counts)
