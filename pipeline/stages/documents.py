"""Stage documents: raw news, a MediaWiki export or plain text, becomes articles of paragraphs."""

from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import takewhile
from pathlib import Path
from threading import Event
from typing import Annotated, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from pipeline.errors import UserError
from pipeline.files.json import read_key, write_json
from pipeline.files.shards import COUNTS, Counts, Document, write_shards
from pipeline.files.utf8 import InvalidUtf8
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.dump.mediawiki import read_articles
from pipeline.text.dump.templates.lost import FILE as LOST
from pipeline.text.dump.templates.lost import Lost, add_lost, most_frequent
from pipeline.text.dump.wikitext import extract_article
from pipeline.text.mapping import check_code, sum_code
from pipeline.text.plaintext import read_plaintext
from pipeline.text.reading import stem
from pipeline.text.spelling import compose, count_composed, count_mixed
from pipeline.text.whitespace import count_words
from pipeline.work.outputs import fresh_folder
from pipeline.work.progress import track
from pipeline.work.workers import map_items

SOURCES = "sources.json"
BATCH = 100_000
"""The approximate number of characters that a worker is given at a time."""

Format = Literal["mediawiki", "text"]
Batch = list[tuple[Format, Document]]
"""Documents as their sources have them: the only line of an article is its wikitext."""


@with_config(ConfigDict(extra="allow"))
class Entry(TypedDict):
    """A file of news, and how it is read."""

    file: str
    format: Format
    namespaces: NotRequired[list[int]]
    invalid_utf8: NotRequired[InvalidUtf8]


def run(paths: Paths, params: Params) -> None:
    """Read the files that sources.json in `paths.news` lists, in its order; write shards, counts and templates.json to
    `paths.documents`. The block `text` says how large a shard is.

    Ids of articles are page ids, after `<file stem>:` in every export but the first. templates.json lists the
    templates that were dropped inside sentences.

    This process reads and writes; its workers turn batches of what was read into documents meanwhile.
    """
    read: Counts = Counter(documents_read=0)  # not in `counts`, for `map_items` may read in another thread
    counts: Counts = Counter(documents_kept=0, paragraphs=0, words=0, words_composed=0, words_of_mixed_script=0)
    lost: dict[str, Lost] = {}
    done = Event()

    def extract() -> Generator[Document]:
        batches = takewhile(lambda _: not done.is_set(), _batch(_read(paths.news, read)))
        results = map_items(partial(_extract, sum_code("documents")), batches, params.compute)
        try:
            for batch, counted, templates in track(results, "documents", "documents", size=lambda one: len(one[0])):
                counts.update(counted)
                add_lost(lost, templates)
                yield from batch
        finally:  # if the writing fails: joblib complains at length about results that nobody takes
            done.set()
            deque(results, maxlen=0)

    with fresh_folder(paths.documents) as folder, closing(extract()) as documents:
        write_shards(documents, folder, params.chosen_scale.text.shard_megabytes)
        counts.update(read)
        if not counts["documents_kept"]:
            raise UserError(f"{paths.news}: no document with text; check the news input; counts: {dict(counts)}")
        write_json(folder / COUNTS, counts)
        write_json(folder / LOST, {"templates": most_frequent(lost)})


def _read(source: Path, counts: Counts) -> Iterator[tuple[Format, Document]]:
    """Yield the documents of all files, in order."""
    exports, entries = 0, Annotated[list[Entry], Field(min_length=1)]
    for entry in read_key(source / SOURCES, "files", entries, "fetch"):
        path, policy = source / entry["file"], entry.get("invalid_utf8", "error")
        if entry["format"] == "mediawiki":
            prefix = f"{stem(path)}:" if exports else ""  # page ids of two wikis are the same numbers
            exports += 1
            documents = read_articles(path, counts, policy, entry.get("namespaces", [0]), prefix)
        else:
            documents = read_plaintext(path, counts, policy)
        yield from ((entry["format"], document) for document in documents)


def _batch(documents: Iterable[tuple[Format, Document]]) -> Iterator[Batch]:
    batch: Batch = []
    size = 0
    for form, document in documents:
        batch.append((form, document))
        size += sum(map(len, document.lines))
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _extract(code: str, batch: Batch) -> tuple[list[Document], Counts, list[Lost]]:
    """Do the work of a worker. NFC comes last: entities of mark-up may be marks on the letter before them."""
    check_code("documents", code)
    documents, counts, lost = list[Document](), Counter[str](), dict[str, Lost]()
    for form, document in batch:
        for article in extract_article(document, counts, lost) if form == "mediawiki" else [document]:
            lines = [*map(compose, article.lines)]
            counts["words_composed"] += sum(map(count_composed, article.lines))
            counts["documents_kept"] += 1
            counts["paragraphs"] += len(lines)
            counts["words"] += sum(map(count_words, lines))
            counts["words_of_mixed_script"] += sum(map(count_mixed, lines))
            documents.append(article._replace(title=compose(article.title), lines=lines))
    return documents, counts, most_frequent(lost)
