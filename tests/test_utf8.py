from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.files.utf8 import Utf8, guess_encoding

PATH = Path("news.txt")
INVALID = [b"\xff", b"\xed\xa0\x80", b"\xf4\x90", b"\xc0\x80", b"\0", "ё".encode()[:1], "😀".encode()[:3]]
PIECES = [*INVALID, b"a", *(text.encode() for text in ("слово ", "😀", "\ufffd", "\ufeff"))]
DATA = st.lists(st.sampled_from(PIECES)).map(b"".join) | st.binary()


def decode(data: bytes, size: int, decoder: Utf8) -> str:
    return "".join(decoder.decode(data[i : i + size] for i in range(0, len(data), size)))


def find_fault(data: bytes) -> int | None:
    """The offset after the longest valid beginning, in the slow, obvious way."""
    valid = 0
    for character in data.decode("utf-8", "surrogateescape"):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            return valid
        valid += len(character.encode())
    return None


@given(DATA, st.integers(1, 7))
def test_any_bytes_in_any_chunks(data: bytes, size: int) -> None:
    replacing = Utf8(PATH, "replace")
    expected = data.decode("utf-8", "replace")
    assert decode(data, size, replacing) == expected.removeprefix("\ufeff").replace("\0", "\ufffd")
    assert replacing.replaced == expected.count("\0") + expected.count("\ufffd") - data.count("\ufffd".encode())
    assert replacing.first == find_fault(data)
    if replacing.first is None:
        assert decode(data, size, Utf8(PATH, "error")) == data.decode().removeprefix("\ufeff")
    else:
        with pytest.raises(UserError, match=rf"^news\.txt: byte {replacing.first:,} .*iconv"):
            decode(data, size, Utf8(PATH, "error"))


@pytest.mark.parametrize(
    "encoding", ["UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE", "WINDOWS-1251", "KOI8-R"]
)
@pytest.mark.parametrize("text", ["Утром Ёж ушёл в море.\n", "<?xml encoding='{}'?>\n<text>Ёж спит</text>", "a b"])
def test_the_advice_names_the_encoding(text: str, encoding: str) -> None:
    data = text.format(encoding).encode(encoding)
    if "UTF" not in encoding and "xml" not in text:
        encoding = "WINDOWS-1251"  # nothing says it
    assert guess_encoding(data) == encoding
    if not data.isascii() or "UTF" in encoding:
        with pytest.raises(UserError, match=f"iconv -f {encoding} -t UTF-8"):
            decode(data, 5000, Utf8(PATH, "error"))
    replacing = Utf8(PATH, "replace")
    decode(data, 3, replacing)
    assert f"iconv -f {encoding} -t UTF-8" in replacing.advice


def test_a_fault_after_a_good_beginning() -> None:
    data = b"<?xml version='1.0' encoding=\"UTF-8\"?>" + "мост ".encode() * 5000
    for fault in (b"\xff", b"\0"):
        with pytest.raises(UserError, match=f"byte {len(data):,} .*iconv -f WINDOWS-1251"):
            decode(data + fault, 300, Utf8(PATH, "error"))
