"""Bytes to text: UTF-8 to the end, or what is not is replaced and counted."""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Literal

from pipeline.errors import UserError

InvalidUtf8 = Literal["error", "replace"]
"""What to do about bytes that are not UTF-8 and about NUL."""

ADVICE = "convert the file to UTF-8 (for example: iconv -f WINDOWS-1251 -t UTF-8)"
NEWS_ADVICE = f"{ADVICE}, or write invalid_utf8: replace in the manifest"
_BOM = "\ufeff"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


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
        self._start = 0  # the offset of the first byte that has not become text

    def decode(self, chunks: Iterable[bytes]) -> Iterator[str]:
        """Yield the chunks as text."""
        tail, begun = b"", False
        for chunk in chain(chunks, [b""]):
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
                self._meet(error.start, f"(0x{data[error.start]:02x}) is not UTF-8")
            text, used = codecs.utf_8_decode(data, "replace", final)
            self.replaced += text.count(_REPLACEMENT) - data[:used].count(_REPLACEMENT.encode())
        if nul >= 0:  # UTF-16 of Russian text is valid UTF-8, but for its spaces
            self._meet(nul, "is 0, as in UTF-16, not in text")
            self.replaced += text.count("\0")
            text = text.replace("\0", _REPLACEMENT)
        return text, used

    def _meet(self, index: int, fault: str) -> None:
        offset = self._start + index
        if self._policy == "error":
            raise UserError(f"{self._path}: byte {offset:,} {fault}; {self._advice}")
        self.first = offset if self.first is None else min(self.first, offset)
