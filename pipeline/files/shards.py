"""Documents as UTF-8 text in numbered shards: the format between the text stages.

    #doc<TAB>37085<TAB>Теракт в Бостоне
    В рамках расследования арестованы ещё три человека .
    Представители полиции отказались сообщить имена .

One header a document, then its lines (paragraphs, sentences or fragments), then an empty line. Lines hold neither
tabs nor line breaks of any kind, so that a header cannot be mistaken and `less` shows what the program sees.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from pipeline.errors import UserError

COUNTS = "counts.json"
_HEADER = "#doc\t"

Counts = Counter[str]


class Document(NamedTuple):
    """An article: its id in the source, its title, and its lines."""

    id: str
    title: str
    lines: list[str]


def shard_paths(folder: Path) -> list[Path]:
    """The shards of a folder, in reading order."""
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise UserError(f"{folder}: no text shards found; run the stage that makes this folder: dvc repro")
    return paths


def read_shard(path: Path) -> Iterator[Document]:
    """Stream the documents of one shard; a `UserError` where it is not whole."""
    header: list[str] | None = None
    lines: list[str] = []
    number = 0
    # bytes: U+2028 and its kin are text here; only LF ends a line
    with path.open("rb") as file:
        for number, data in enumerate(file, start=1):
            line = _decode(path, number, data).rstrip("\n")
            if line.startswith(_HEADER):
                if header:
                    raise _damage(path, number, "a header", "an empty line before it")
                header = line.split("\t")
                lines = []
            elif line:
                if not header:
                    raise _damage(path, number, "text outside a document", "a header (#doc) before it")
                if "\t" in line:
                    raise _damage(path, number, "a tab in a line of text", "tabs in headers alone")
                lines.append(line)
            elif header:
                if len(header) != 3:
                    found, place = f"a header of {len(header)} fields", number - len(lines) - 1
                    raise _damage(path, place, found, "three with tabs between them: #doc, id, title")
                yield Document(header[1], header[2], lines)
                header = None
    if header:
        raise _damage(path, number, "the end of the file inside a document", "an empty line after its last line")


def _decode(path: Path, number: int, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _damage(path, number, f"byte 0x{data[error.start]:02x}, which is not UTF-8", "text") from None


def _damage(path: Path, number: int, found: str, expected: str) -> UserError:
    stage = path.parent.name
    return UserError(f"{path}: line {number:,}: found {found}, expected {expected}; run again: dvc repro {stage}")


def read_documents(folder: Path) -> Iterator[Document]:
    """Stream the documents of a folder, in order."""
    for path in shard_paths(folder):
        yield from read_shard(path)


def format_document(document: Document) -> str:
    """The document as shard text; `read_shard` is its inverse."""
    return "\n".join([f"{_HEADER}{document.id}\t{document.title}", *document.lines]) + "\n\n"


def write_shards(documents: Iterable[Document], folder: Path, megabytes: float) -> int:
    """Write documents in order into shards of about `megabytes` each; return how many shards."""
    shard, room = 0, 0.0
    with ExitStack() as current:
        for document in documents:
            data = format_document(document).encode("utf-8")
            if room <= 0:
                current.close()
                file = current.enter_context(_open(folder / f"{shard:05d}.txt"))
                shard, room = shard + 1, megabytes * 1e6
            file.write(data)
            room -= len(data)
    return shard


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to; an error, which does not say by itself where it was met, names it."""
    try:
        with path.open("wb") as file:
            yield file
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
