"""Documents as UTF-8 text in numbered shards: the format between the text stages.

    #doc<TAB>37085<TAB>Теракт в Бостоне
    В рамках расследования арестованы ещё три человека .
    Представители полиции отказались сообщить имена .

One header a document, then its lines (paragraphs, sentences or fragments), then an empty line. Lines hold neither
tabs nor line breaks of any kind, so that a header cannot be mistaken and `less` shows what the program sees.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError, shown
from pipeline.files.utf8 import not_utf8
from pipeline.work.outputs import named

COUNTS = "counts.json"
_HEADER = "#doc\t"

Counts = Counter[str]


class Document(NamedTuple):
    """An article: its id in the source, its title, and its lines."""

    id: str
    title: str
    lines: list[str]


def keep_lines(document: Document, lines: list[str], counts: Counts) -> Document | None:
    """Return the document with other lines, counted as kept; or None, counted as dropped, if there are none."""
    counts.update(documents_read=1, documents_kept=int(bool(lines)), documents_dropped_empty=int(not lines))
    return document._replace(lines=lines) if lines else None


def shard_paths(folder: Path) -> list[Path]:
    """The shards of a folder, in reading order."""
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise UserError(f"{folder}: no text shards found; run the stage that makes this folder: dvc repro")
    return paths


def read_shard(path: Path) -> Iterator[Document]:
    """Stream the documents of one shard; a `UserError` names the line where it is damaged or cut short."""
    header: list[str] = []
    lines: list[str] = []
    number = 0
    try:
        # Read as bytes, since only LF ends a line: U+2028 and the like are part of the text.
        with path.open("rb") as file:
            for number, data in enumerate(file, start=1):  # noqa: B007  # a message after the loop has it
                line = data.decode().rstrip("\n")
                if line.startswith(_HEADER) and line.count("\t") == 2 and not header:
                    header, lines = line.split("\t"), []
                elif line and (not header or "\t" in line):
                    raise ValueError(f"found {shown(line)}")
                elif line:
                    lines.append(line)
                elif header:
                    yield Document(header[1], header[2], lines)
                    header = []
        if header:
            raise ValueError("found the end of the file inside a document")
    except ValueError as error:
        fault = not_utf8(error) if isinstance(error, UnicodeDecodeError) else error
        expected = "#doc, id and title with tabs between them, then lines without tabs, then an empty line"
        advice = f"run again: dvc repro {path.parent.name}"
        raise UserError(f"{path}: line {number:,}: {fault}, expected {expected}; {advice}") from None


def read_documents(folder: Path) -> Iterator[Document]:
    """Stream the documents of a folder, in order."""
    for path in shard_paths(folder):
        yield from read_shard(path)


def format_document(document: Document) -> str:
    """The document as shard text; `read_shard` is its inverse."""
    return "\n".join([f"{_HEADER}{document.id}\t{document.title}", *document.lines]) + "\n\n"


def write_shards(documents: Iterable[Document], folder: Path, megabytes: float) -> None:
    """Write documents in order into shards of about `megabytes` each."""
    shard, room = 0, 0.0
    with ExitStack() as current:
        for document in documents:
            data = format_document(document).encode("utf-8")
            if room <= 0:
                current.close()
                path = folder / f"{shard:05d}.txt"
                current.enter_context(named(path))
                file = current.enter_context(path.open("wb"))
                shard, room = shard + 1, megabytes * 1e6
            file.write(data)
            room -= len(data)
