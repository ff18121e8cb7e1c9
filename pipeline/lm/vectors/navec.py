"""Navec's vectors, which the package natasha carries: a tar of words with their counts and of quantised vectors.

    meta.json    {"id": ..., "protocol": 1}
    vocab.bin    gzip: uint32 words; uint32 count of each; the words as lines of UTF-8
    pq.bin       uint32 words, width, parts, centroids; uint8 (words, parts); float32 (parts, centroids, width / parts)

A vector is put together from one centroid for each of its parts (product quantisation, Jégou et al. 2011).
"""

import gzip
import tarfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError, shown

SPECIALS = ("<unk>", "<pad>")
"""Rows that are no words."""


def read_navec(path: Path, most: int) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Read the `most` most frequent words and their vectors, float32 (words, width)."""
    try:
        with tarfile.open(path) as archive:
            vocabulary, quantised = (_read(archive, name) for name in ("vocab.bin", "pq.bin"))
        vocabulary = gzip.decompress(vocabulary)
        number = int(np.frombuffer(vocabulary, "<u4", 1)[0])
        counts = np.frombuffer(vocabulary, "<u4", number, 4)
        words = vocabulary[4 + 4 * number :].decode().split("\n")
        size, width, parts, centroids = np.frombuffer(quantised, "<u4", 4).tolist()
        if not number == len(words) == size or not width or width % parts:
            raise ValueError(f"{number:,} counts, {len(words):,} words and {size:,} vectors of width {width}")
        indices = np.frombuffer(quantised, np.uint8, size * parts, 16).reshape(size, parts)
        codes = np.frombuffer(quantised, "<f4", parts * centroids * (width // parts), 16 + size * parts)
        codes = codes.reshape(parts, centroids, width // parts)
        order = [n for n in np.argsort(-counts.astype(np.int64), kind="stable").tolist() if words[n] not in SPECIALS]
        rows = indices[order[:most]]  # (words, parts)
        values = codes[np.arange(parts), rows].reshape(len(rows), width)
    except (OSError, EOFError, tarfile.TarError, zlib.error, KeyError, ValueError, IndexError) as error:
        expected = "expected navec's tar of vocab.bin and pq.bin, as the package natasha has it"
        raise UserError(f"{path}: found {shown(error)}, {expected}; get the file again") from None
    return [words[n] for n in order[:most]], values.astype(np.float32)


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"{name}, which is no file")
    return member.read()
