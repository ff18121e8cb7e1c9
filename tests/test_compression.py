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
STREAMS = bz2.compress(FIRST) + bz2.compress(SECOND)
MEMBERS = gzip.compress(FIRST, mtime=0) + gzip.compress(SECOND, mtime=0)
PLACE = len(bz2.compress(FIRST))
"""The byte at which the second bzip2 stream begins."""
MEMBER = len(gzip.compress(FIRST, mtime=0))


def unpack(path: Path, data: bytes, size: int = 1000) -> bytes:
    path.write_bytes(data)
    with open_packed(path) as file:
        return b"".join(iter(lambda: file.read(size), b""))


def refusal(path: Path, data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        unpack(path, data)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message


@pytest.mark.parametrize("data", [FIRST + SECOND, STREAMS, MEMBERS], ids=["plain", "bzip2", "gzip"])
@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_the_content_is_one_text_whatever_the_name(data: bytes, size: int, tmp_path: Path) -> None:
    assert unpack(tmp_path / "a.txt", data, size) == FIRST + SECOND


@pytest.mark.parametrize("chunk", [1, 2, 5, PLACE - 1, PLACE, PLACE + 1])
def test_a_stream_may_begin_anywhere_in_what_is_read(
    chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.files.compression.CHUNK", chunk)
    assert unpack(tmp_path / "a.bz2", STREAMS) == FIRST + SECOND


def test_streams_without_content(tmp_path: Path) -> None:
    nothing = bz2.compress(b"")
    assert unpack(tmp_path / "a.bz2", nothing) == b""
    assert unpack(tmp_path / "a.bz2", nothing + STREAMS + nothing) == FIRST + SECOND


@pytest.mark.parametrize(
    "data",
    [
        *(STREAMS[:PLACE] + rest for rest in (b"xxx" + STREAMS[PLACE + 3 :], b"\0", b"junk" * 5000)),
        *(MEMBERS[:MEMBER] + rest for rest in (b"xxx" + MEMBERS[MEMBER + 3 :], b"junk" * 5000)),
    ],
)
def test_what_follows_a_stream_and_is_none_is_not_passed_over(data: bytes, tmp_path: Path) -> None:
    message = refusal(tmp_path / "a", data)
    assert f"damaged, cut short or unreadable beyond {len(FIRST):,} bytes of content (byte " in message


@pytest.mark.parametrize(
    "data",
    [
        *(STREAMS[:place] for place in (3, PLACE - 1, PLACE + 1, PLACE + 3, PLACE + 100, len(STREAMS) - 1)),
        *(MEMBERS[:place] for place in (2, MEMBER - 1, MEMBER + 1, MEMBER + 100, len(MEMBERS) - 1)),
    ],
)
def test_a_file_that_is_cut_short(data: bytes, tmp_path: Path) -> None:
    assert f"(byte {len(data):,} of {len(data):,}): " in refusal(tmp_path / "a", data)


@pytest.mark.parametrize("place", [3, 5, 100, PLACE - 3, PLACE + 5, PLACE + 100])
def test_damage_is_met(place: int, tmp_path: Path) -> None:
    spoilt = STREAMS[:place] + bytes([STREAMS[place] ^ 0x55]) + STREAMS[place + 1 :]
    assert "damaged" in refusal(tmp_path / "a.bz2", spoilt)


@pytest.mark.parametrize("compress", [bz2.compress, gzip.compress])
def test_memory_does_not_grow_with_the_content(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    def peak(streams: int) -> int:
        path = tmp_path / "a"
        path.write_bytes(compress(b"a" * 500_000) * streams)  # some hundred bytes each
        return traced_peak(lambda: drain(open_packed, path))

    peak(1)  # what the first call keeps for good is not counted
    few, many = peak(20), peak(200)
    assert many < few * 1.2


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    for path, fault in ((tmp_path / "nowhere", "no such file"), (tmp_path, "is a directory")):
        with pytest.raises(UserError, match=f"^{path}: cannot be read: {fault}"), open_packed(path):
            pass


GZIP, BZIP2 = gzip.compress(b"a", mtime=0), bz2.compress(b"a")


@pytest.mark.parametrize("name, data", [("a.txt", b"a"), ("a.gz", GZIP), ("a.txt.bz2", BZIP2)])
def test_a_name_that_is_right(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    check_kind(tmp_path / name, "gzip", "bzip2")


@pytest.mark.parametrize(
    "name, data, found",
    [
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\4", "7z"),
        ("a.txt", b"7z\xbc\xaf\x27\x1c\0\4", "7z"),
        ("a.zip", b"PK\3\4", "zip"),
        ("a.xml.xz", b"\xfd7zXZ\0", "xz"),
        ("a.xml.zst", b"\x28\xb5\x2f\xfd", "zstd"),
        ("a.txt", GZIP, "gzip"),
        ("a.txt", BZIP2, "bzip2"),
        ("a.gz", BZIP2, "bzip2"),
        ("a.bz2", GZIP, "gzip"),
        ("a.gz", b"a", "plain"),
        ("a.bz2", b"a", "plain"),
    ],
)
def test_a_name_that_is_wrong_and_a_kind_that_is_not_read(name: str, data: bytes, found: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    expected = "expected plain, or gzip named .gz, or bzip2 named .bz2; unpack or rename it, or get such a file"
    with pytest.raises(UserError) as caught:
        check_kind(path, "gzip", "bzip2")
    assert str(caught.value) == f"{path}: found {found} data; {expected}"


def test_a_kind_that_is_not_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.bz2"
    path.write_bytes(BZIP2)
    with pytest.raises(UserError, match=r"found bzip2 data; expected plain, or gzip named \.gz; unpack"):
        check_kind(path, "gzip")
