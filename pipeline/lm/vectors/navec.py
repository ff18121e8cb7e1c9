"""Navec's vectors, which the package natasha carries: a tar of words with their counts and of quantised vectors.

    meta.json    {"id": ..., "protocol": 1}
    vocab.bin    gzip: uint32 words; uint32 count of each; the words as lines of UTF-8
    pq.bin       uint32 words, width, parts, centroids; uint8 (words, parts); float32 (parts, centroids, width / parts)

A vector is put together from one centroid for each of its parts (product quantisation, Jégou et al. 2011).
"""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError, shown

SPECIALS = ("<unk>", "<pad>")
"""Rows that are no words."""
BLOCK = 1000
"""Vectors that are put together at once."""


def read_navec(path: Path) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """Stream words by falling count, and their vectors (width,); a `UserError` if the file is not as described above.

    The whole file is in memory, some 50 MB, but not what it unfolds to.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            vocabulary, quantised = (_read(archive, name) for name in ("vocab.bin", "pq.bin"))
        words, counts = _read_words(gzip.decompress(vocabulary))
        indices, codes = _read_codes(quantised)
        if len(words) != len(indices):
            raise ValueError(f"{len(words):,} words and {len(indices):,} vectors")
    except (OSError, EOFError, tarfile.TarError, zlib.error, KeyError, ValueError) as error:
        expected = "expected navec's tar of vocab.bin and pq.bin, as the package natasha has it"
        raise UserError(f"{path}: found {shown(error)}; {expected}; get the file again") from None
    order, parts = np.argsort(-counts.astype(np.int64), kind="stable"), np.arange(len(codes))
    for rows in np.split(order, range(BLOCK, len(order), BLOCK)):
        values = codes[parts, indices[rows]].reshape(len(rows), -1)  # (words, parts, width / parts) to (words, width)
        yield from (
            (words[row], vector) for row, vector in zip(rows, values, strict=True) if words[row] not in SPECIALS
        )


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"{name}, which is no file")
    return member.read()


def _read_words(data: bytes) -> tuple[list[str], npt.NDArray[np.uint32]]:
    """Read the words, and how often the text that they were learned from has each, (words,)."""
    number = int(np.frombuffer(data, "<u4", 1)[0])
    counts = np.frombuffer(data, "<u4", number, 4)
    words = data[4 + counts.nbytes :].decode().split("\n")
    if len(words) != number:
        raise ValueError(f"{number:,} counts and {len(words):,} words in vocab.bin")
    return words, counts


def _read_codes(data: bytes) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Read the number of the centroid for each part, (words, parts), and these, (parts, centroids, width / parts)."""
    size, width, parts, centroids = np.frombuffer(data, "<u4", 4).tolist()
    expected = 16 + size * parts + 4 * centroids * width
    if not size * width * parts * centroids or width % parts or len(data) != expected:
        sizes = f"{size:,} words, width {width:,}, {parts:,} parts, {centroids:,} centroids"
        raise ValueError(f"{len(data):,} bytes of pq.bin ({sizes})")
    indices = np.frombuffer(data, np.uint8, size * parts, 16).reshape(size, parts)
    if indices.max() >= centroids:
        raise ValueError(f"centroid {indices.max()} of {centroids} in pq.bin")
    codes = np.frombuffer(data, "<f4", offset=16 + size * parts).astype(np.float32)
    return indices, codes.reshape(parts, centroids, width // parts)
