import bz2
import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.files.compression import check_kind, open_packed
from tests.memory import drain, traced_peak

RANDOM = random.Random(1)
FIRST, SECOND = ("".join(RANDOM.choices("слово и дело, \n", k=20_000)).encode() for _ in range(2))
GZIP, BZIP2 = (compress(FIRST) for compress in (gzip.compress, bz2.compress))
SECOND_GZIP, SECOND_BZIP2 = (compress(SECOND) for compress in (gzip.compress, bz2.compress))
MEMBERS, STREAMS = GZIP + SECOND_GZIP, BZIP2 + SECOND_BZIP2
EMPTY = bz2.compress(b"")
BORDER = len(BZIP2)
"""The byte at which the second bzip2 stream begins."""


def unpack(path: Path, data: bytes, size: int = 1000) -> bytes:
    path.write_bytes(data)
    with open_packed(path) as file:
        return b"".join(iter(lambda: file.read(size), b""))


def refusal(path: Path, data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        unpack(path, data)
    message = str(caught.value)
    assert message.startswith(f"{path}: damaged, cut short or unreadable beyond ") and "\n" not in message
    return message


@pytest.mark.parametrize(
    "data",
    [FIRST + SECOND, STREAMS, MEMBERS, EMPTY + STREAMS + EMPTY],
    ids=["plain", "bzip2", "gzip", "bzip2 with empty streams"],
)
@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_the_content_is_one_text_whatever_the_name(data: bytes, size: int, tmp_path: Path) -> None:
    assert unpack(tmp_path / "a.txt", data, size) == FIRST + SECOND


@pytest.mark.parametrize("chunk", [1, 2, 5, BORDER - 1, BORDER, BORDER + 1])
def test_a_stream_may_begin_anywhere_in_a_chunk(chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.files.compression.CHUNK", chunk)
    assert unpack(tmp_path / "a.bz2", STREAMS) == FIRST + SECOND


@pytest.mark.parametrize("rest", [b"xxx" + SECOND_BZIP2[3:], b"xxx" + SECOND_GZIP[3:], b"junk" * 5000])
@pytest.mark.parametrize("first", [BZIP2, GZIP], ids=["bzip2", "gzip"])
def test_other_bytes_after_a_stream_are_not_passed_over(first: bytes, rest: bytes, tmp_path: Path) -> None:
    assert f" beyond {len(FIRST):,} bytes of content (byte " in refusal(tmp_path / "a", first + rest)


@pytest.mark.parametrize(
    "data",
    [
        *(STREAMS[:end] for end in (3, BORDER - 1, BORDER + 1, BORDER + 3, BORDER + 100, len(STREAMS) - 1)),
        *(MEMBERS[:end] for end in (2, len(GZIP) - 1, len(GZIP) + 1, len(GZIP) + 100, len(MEMBERS) - 1)),
        STREAMS + b"\0",  # the first byte of a stream that does not come: bzip2, unlike gzip, has no padding
    ],
)
def test_a_file_that_is_cut_short(data: bytes, tmp_path: Path) -> None:
    assert f"(byte {len(data):,} of {len(data):,}): " in refusal(tmp_path / "a", data)


@pytest.mark.parametrize("position", [3, 5, 100, BORDER - 3, BORDER + 5, BORDER + 100])
def test_a_damaged_byte(position: int, tmp_path: Path) -> None:
    refusal(tmp_path / "a.bz2", STREAMS[:position] + bytes([STREAMS[position] ^ 0x55]) + STREAMS[position + 1 :])


@pytest.mark.parametrize("compress", [bz2.compress, gzip.compress])
def test_memory_does_not_grow_with_the_content(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    def peak(streams: int) -> int:
        path = tmp_path / "a"
        path.write_bytes(compress(random.Random(1).randbytes(10_000)) * streams)  # more than a reader's buffer
        return traced_peak(lambda: drain(open_packed, path))

    peak(1)  # what the first call keeps for good is not counted
    assert peak(250) < peak(50) * 1.2


def test_a_path_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, fault in ((tmp_path / "nowhere", "no such file"), (tmp_path, "is a directory")):
        with pytest.raises(UserError, match=f"^{path}: cannot be read: {fault}"), open_packed(path):
            pass


@pytest.mark.parametrize(
    "name, data, kind",
    [
        ("a.txt", b"7z\xbc\xaf\x27\x1c\0\4", "7z"),
        ("a.zip", b"PK\3\4", "zip"),
        ("a.xml.xz", b"\xfd7zXZ\0", "xz"),
        ("a.xml.zst", b"\x28\xb5\x2f\xfd", "zstd"),
        ("a.txt", GZIP, "gzip"),
        ("a.gz", BZIP2, "bzip2"),
        ("a.bz2", b"a", "plain"),
    ],
)
def test_a_wrong_name_or_an_unknown_kind(name: str, data: bytes, kind: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    expected = "expected plain, or gzip named .gz, or bzip2 named .bz2; unpack or rename it, or get such a file"
    with pytest.raises(UserError) as caught:
        check_kind(tmp_path / name, "gzip", "bzip2")
    assert str(caught.value) == f"{tmp_path / name}: found {kind} data; {expected}"
