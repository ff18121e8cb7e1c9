import bz2
import random
from pathlib import Path

import pytest

from pipeline.files.bzip2 import BadBzip2File, open_bzip2
from tests.memory import drain, traced_peak

RANDOM = random.Random(1)
FIRST, SECOND = ("".join(RANDOM.choices("слово и дело, \n", k=20_000)).encode() for _ in range(2))
STREAMS = bz2.compress(FIRST) + bz2.compress(SECOND)
PLACE = len(bz2.compress(FIRST))
"""Of the second stream."""


def unpack(path: Path, data: bytes, size: int = 1000) -> bytes:
    path.write_bytes(data)
    with open_bzip2(path) as file:
        return b"".join(iter(lambda: file.read(size), b""))


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_the_streams_are_one_text(size: int, tmp_path: Path) -> None:
    assert unpack(tmp_path / "a.bz2", STREAMS, size) == FIRST + SECOND


@pytest.mark.parametrize("chunk", [1, 2, 5, PLACE - 1, PLACE, PLACE + 1])
def test_a_stream_may_begin_anywhere_in_what_is_read(
    chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.files.bzip2.CHUNK", chunk)
    assert unpack(tmp_path / "a.bz2", STREAMS) == FIRST + SECOND


def test_streams_without_content(tmp_path: Path) -> None:
    nothing = bz2.compress(b"")
    assert unpack(tmp_path / "a.bz2", nothing) == b""
    assert unpack(tmp_path / "a.bz2", nothing + STREAMS + nothing) == FIRST + SECOND


@pytest.mark.parametrize("rest", [b"xxx" + STREAMS[PLACE + 3 :], b"\0", b"junk" * 5000])
def test_what_follows_a_stream_and_is_none_is_not_passed_over(rest: bytes, tmp_path: Path) -> None:
    with pytest.raises(BadBzip2File, match=rf"^byte {PLACE:,}: found b'.*' behind a bzip2 stream, expected another"):
        unpack(tmp_path / "a.bz2", STREAMS[:PLACE] + rest)


@pytest.mark.parametrize("place", [0, 2, PLACE - 1, PLACE + 1, PLACE + 3, PLACE + 100, len(STREAMS) - 1])
def test_a_file_that_is_cut_short(place: int, tmp_path: Path) -> None:
    with pytest.raises(EOFError, match="inside a bzip2 stream"):
        unpack(tmp_path / "a.bz2", STREAMS[:place])


@pytest.mark.parametrize("place", [3, 5, 100, PLACE - 3, PLACE + 5, PLACE + 100])
def test_damage_is_met(place: int, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        unpack(tmp_path / "a.bz2", STREAMS[:place] + bytes([STREAMS[place] ^ 0x55]) + STREAMS[place + 1 :])


def test_memory_does_not_grow_with_the_content(tmp_path: Path) -> None:
    def peak(streams: int) -> int:
        path = tmp_path / "a.bz2"
        path.write_bytes(bz2.compress(b"a" * 500_000) * streams)  # a hundred bytes each
        return traced_peak(lambda: drain(open_bzip2, path))

    few, many = peak(2), peak(20)
    assert many < few * 1.2
