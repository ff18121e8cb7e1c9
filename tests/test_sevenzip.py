import random
import threading
from io import BytesIO
from pathlib import Path

import py7zr
import pytest

from pipeline.files.sevenzip import Bad7zFile, open_7z
from tests.memory import drain, traced_peak

RANDOM = random.Random(1)
CONTENT = "".join(RANDOM.choices("слово и дело, \n", k=200_000)).encode()


def write(path: Path, *members: tuple[str, bytes], password: str | None = None) -> Path:
    filters = None if password else [{"id": py7zr.FILTER_LZMA2, "preset": 0}]
    with py7zr.SevenZipFile(path, "w", filters=filters, password=password) as archive:
        for name, data in members:
            archive.writef(BytesIO(data), name)
    return path


def test_the_content_comes_as_a_stream(tmp_path: Path) -> None:
    with open_7z(write(tmp_path / "a.7z", ("dump.xml", CONTENT))) as file:
        pieces = list(iter(lambda: file.read(1000), b""))
    assert b"".join(pieces) == CONTENT
    assert {len(piece) for piece in pieces[:-1]} == {1000}


def test_an_empty_file(tmp_path: Path) -> None:
    with open_7z(write(tmp_path / "a.7z", ("dump.xml", b""))) as file:
        assert file.read() == b""


def test_a_reader_that_leaves_early_leaves_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    with open_7z(write(tmp_path / "a.7z", ("dump.xml", CONTENT * 5))) as file:
        assert file.read(10) == CONTENT[:10]
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_memory_does_not_grow_with_the_content(tmp_path: Path) -> None:
    def peak(times: int) -> int:
        data = b"".join(RANDOM.randbytes(30_000).hex().encode() for _ in range(times))
        path = write(tmp_path / "a.7z", ("dump.xml", data))
        del data
        return traced_peak(lambda: drain(open_7z, path))

    peak(1)  # what the first call keeps for good is not counted
    few, many = peak(3), peak(30)
    assert many < few * 1.2


@pytest.mark.parametrize("members", [[], [("a.xml", b"a"), ("b.xml", b"b")]])
def test_one_file_is_expected(members: list[tuple[str, bytes]], tmp_path: Path) -> None:
    path = write(tmp_path / "a.7z", *members)
    with pytest.raises(Bad7zFile, match=f"a 7z archive of {len(members)} files, expected one"), open_7z(path):
        pass


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.7z", ("a.xml", CONTENT), password="а")
    with pytest.raises(Bad7zFile, match="encrypted"), open_7z(path):
        pass


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("fault", ["cut", "spoilt"])
def test_damage_is_met(fault: str, share: float, tmp_path: Path) -> None:
    path = write(tmp_path / "a.7z", ("dump.xml", CONTENT))
    data = path.read_bytes()
    place = int(len(data) * share)
    spoilt = data[:place] + bytes(byte ^ 0x55 for byte in data[place : place + 40]) + data[place + 40 :]
    path.write_bytes(data[:place] if fault == "cut" else spoilt)
    with pytest.raises(Bad7zFile, match="7z"), open_7z(path) as file:
        file.read()
