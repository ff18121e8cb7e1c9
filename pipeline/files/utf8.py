"""Decodes UTF-8: invalid bytes are an error, or are replaced and counted."""

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
"""Byte order marks, the longer ones first, since one is the beginning of another."""
_DECLARED = re.compile(rb"\s*<\?xml[^>]*\bencoding\s*=\s*[\"']([\w.:-]+)")
_HEAD = 1000
"""The number of leading bytes by which the encoding of a file is guessed."""
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def not_utf8(error: UnicodeDecodeError, start: int = 0) -> str:
    """Word the fault for a message; the bytes of the error begin at offset `start` of their file."""
    return f"byte {start + error.start:,} (0x{error.object[error.start]:02x}) is not UTF-8"


class Utf8:
    """Decodes one file, chunk by chunk, without its byte order mark.

    With policy `error` the first byte that is not UTF-8, and the first NUL, is a `UserError` that says its offset,
    counted from 0. With `replace` every NUL and every invalid sequence, as Unicode 3.9 delimits them, becomes U+FFFD.
    Surrogates are invalid UTF-8.
    """

    def __init__(self, path: Path, policy: InvalidUtf8, advice: str = ADVICE) -> None:
        self.replaced = 0
        """The number of U+FFFD put in; those in the file itself do not count."""
        self.first: int | None = None
        """The offset of the first byte that was replaced."""
        self._path, self._policy, self._advice = path, policy, advice
        self._head = b""
        self._start = 0  # the offset of the first byte that has not become text

    @property
    def advice(self) -> str:
        """What to do about bytes that are not UTF-8, by the encoding that the beginning of the file suggests."""
        encoding = guess_encoding(self._head)
        # Where the encoding is known, replacing invalid bytes would replace the whole text.
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
                text, begun = text.removeprefix("\ufeff"), True
            yield text

    def _decode(self, data: bytes, final: bool) -> tuple[str, int]:
        # A NUL is read as a byte that is never valid: without its NULs, Russian text in UTF-16 would pass for UTF-8.
        readable = data.replace(b"\0", b"\xff")
        try:
            return codecs.utf_8_decode(readable, "strict", final)
        except UnicodeDecodeError as error:
            offset = self._start + error.start
            is_nul = data[error.start] == 0
            fault = f"byte {offset:,} is 0, as in UTF-16, not in text" if is_nul else not_utf8(error, self._start)
        if self._policy == "error":
            raise UserError(f"{self._path}: {fault}; {self.advice}")
        if self.first is None:
            self.first = offset
        text, used = codecs.utf_8_decode(readable, "replace", final)
        self.replaced += text.count(_REPLACEMENT) - data[:used].count(_REPLACEMENT.encode())
        return text, used


def guess_encoding(head: bytes) -> str:
    """Guess the encoding of a file that is not UTF-8 by its beginning; the name is one that iconv knows.

    A byte order mark, many zero bytes or an XML declaration tell it; otherwise it is the most common one for Russian.
    """
    if marked := next((name for mark, name in _MARKS.items() if head.startswith(mark)), None):
        return marked
    if head.count(0) * 50 > len(head):
        wide, nul = b"\0\0" in head, head.index(0)
        big = nul == 0 if wide else nul % 2 == 0  # the high byte of a Latin letter or a space comes first
        return f"UTF-{32 if wide else 16}{'BE' if big else 'LE'}"
    declared = _DECLARED.match(head)
    encoding = declared[1].decode("ascii", "replace").upper() if declared else "UTF-8"
    return "WINDOWS-1251" if encoding in ("UTF-8", "UTF8") else encoding
