"""Bytes to text: UTF-8 to the end, or what is not is replaced and counted."""

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Literal

from pipeline.errors import UserError

InvalidUtf8 = Literal["error", "replace"]
"""What to do about bytes that are not UTF-8 and about NUL."""

ADVICE = "convert the file to UTF-8 (for example: iconv -f WINDOWS-1251 -t UTF-8)"
NEWS_ADVICE = f"{ADVICE}, or write invalid_utf8: replace in the manifest"
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""What a file begins with, the longer marks first: one is the beginning of another."""
_DECLARED = re.compile(rb"\s*<\?xml[^>]*\bencoding\s*=\s*[\"']([\w.:-]+)")
_HEAD = 1000
"""Bytes by which an encoding is guessed."""
_BOM = "\ufeff"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def not_utf8(error: UnicodeDecodeError, start: int = 0) -> str:
    """What a message says of bytes that begin at the byte `start` of a file, counted from 0, and are not UTF-8."""
    return f"byte {start + error.start:,} (0x{error.object[error.start]:02x}) is not UTF-8"


class Utf8:
    """Decodes one file, chunk by chunk, without its byte order mark.

    With policy `error` the first byte that is not UTF-8, and the first NUL, is a `UserError` that says its offset,
    counted from 0. With `replace` every NUL and every invalid sequence, as Unicode 3.9 delimits them, becomes U+FFFD.
    Surrogates are invalid UTF-8.
    """

    def __init__(self, path: Path, policy: InvalidUtf8, advice: str = ADVICE) -> None:
        self.replaced = 0
        """How many U+FFFD were put in; those that the file itself holds are not among them."""
        self.first: int | None = None
        """The offset of the first byte that was replaced."""
        self._path, self._policy, self._advice = path, policy, advice
        self._head = b""
        self._start = 0  # the offset of the first byte that has not become text

    @property
    def advice(self) -> str:
        """What to do about what is not UTF-8, by the beginning of what has been read."""
        encoding = guess_encoding(self._head)
        # where the encoding is known, replacing what is not UTF-8 would replace all of it
        advice = self._advice if encoding == "WINDOWS-1251" else ADVICE
        return advice.replace("WINDOWS-1251", encoding)

    def decode(self, chunks: Iterable[bytes]) -> Iterator[str]:
        """Yield the chunks as text."""
        tail, begun = b"", False
        for chunk in chain(chunks, [b""]):
            self._head += chunk[: _HEAD - len(self._head)]
            data = tail + chunk
            text, used = self._decode(data, final=not chunk)
            tail = data[used:]
            self._start += used
            if text and not begun:
                text, begun = text.removeprefix(_BOM), True
            yield text

    def _decode(self, data: bytes, final: bool) -> tuple[str, int]:
        nul = data.find(b"\0")
        try:
            text, used = codecs.utf_8_decode(data, "strict", final)
        except UnicodeDecodeError as error:
            if nul < 0 or error.start < nul:
                self._meet(error.start, not_utf8(error, self._start))
            text, used = codecs.utf_8_decode(data, "replace", final)
            self.replaced += text.count(_REPLACEMENT) - data[:used].count(_REPLACEMENT.encode())
        if nul >= 0:  # UTF-16 of Russian text is valid UTF-8, but for its spaces
            self._meet(nul, f"byte {self._start + nul:,} is 0, as in UTF-16, not in text")
            self.replaced += text.count("\0")
            text = text.replace("\0", _REPLACEMENT)
        return text, used

    def _meet(self, index: int, fault: str) -> None:
        offset = self._start + index
        if self._policy == "error":
            raise UserError(f"{self._path}: {fault}; {self.advice}")
        self.first = offset if self.first is None else min(self.first, offset)


def guess_encoding(head: bytes) -> str:
    """The name, for iconv, of the encoding of a file that is not UTF-8, by its beginning.

    Its mark says it, or many bytes that are 0, or its XML declaration; or it is what Russian text is in most often.
    """
    mark = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
    if mark:
        return mark
    if head.count(0) * 50 > len(head):
        wide, nul = b"\0\0" in head, head.index(0)
        big = nul == 0 if wide else nul % 2 == 0  # the high byte of a Latin letter or a space stands first
        return f"UTF-{32 if wide else 16}{'BE' if big else 'LE'}"
    declared = _DECLARED.match(head)
    said = declared[1].decode("ascii", "replace").upper() if declared else "UTF-8"
    return "WINDOWS-1251" if said in ("UTF-8", "UTF8") else said
