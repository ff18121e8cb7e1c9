"""Documents as their source has them, in shards: what is read in one go, and in one process, before all that costs.

A JSON line each: ["mediawiki", "37085", "Теракт в Бостоне", ["'''В рамках''' расследования\n..."]]
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.files.shards import Document
from pipeline.provenance.fingerprint import fingerprint
from pipeline.work.finished import Finished


class Raw(NamedTuple):
    """A document, and the format of the source in which its lines still are."""

    format: str
    document: Document


def write_raw(raws: Iterable[Raw], key: str, megabytes: float, finished: Finished) -> Iterator[str]:
    """Have the documents among what is finished, in order, in shards of about `megabytes` each; yield their keys.

    `key` stands for all that decides what the documents are; a shard of it that is finished is not written again.
    """
    for number, lines in enumerate(_batch(map(_format, raws), megabytes)):
        name = fingerprint({"raw": key, "number": number})
        if finished.facts(name) is None:
            with finished.add(name, {}) as file:
                file.writelines(lines)
        yield name


def read_raw(path: Path) -> Iterator[Raw]:
    """Stream the documents of a shard."""
    with path.open(encoding="utf-8", newline="\n") as file:  # U+2028 and its kin end no line
        for line in file:
            form, *document = json.loads(line)
            yield Raw(form, Document(*document))


def _format(raw: Raw) -> bytes:
    return json.dumps([raw.format, *raw.document], ensure_ascii=False).encode() + b"\n"


def _batch(lines: Iterable[bytes], megabytes: float) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    room = megabytes * 1e6
    for line in lines:
        batch.append(line)
        room -= len(line)
        if room <= 0:
            yield batch
            batch, room = [], megabytes * 1e6
    if batch:
        yield batch
