"""Text that is UTF-8 to its end."""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from pipeline.errors import UserError

ADVICE = "convert the file to UTF-8 (for example: iconv -f WINDOWS-1251 -t UTF-8)"


def decoded(chunks: Iterable[bytes], path: Path) -> Iterator[str]:
    """Yield the chunks as text. A `UserError` names the first byte that is not UTF-8 text, counted from 0."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    start = 0  # offset of the first byte that has not become text
    for chunk in chain(chunks, [b""]):
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            place = f"byte {start + error.start:,} (0x{error.object[error.start]:02x})"
            raise UserError(f"{path}: {place} is not UTF-8; {ADVICE}") from None
        if (index := text.find("\0")) >= 0:  # UTF-16 of Russian text is valid UTF-8, but for its spaces
            offset = start + len(text[:index].encode())
            raise UserError(f"{path}: byte {offset:,} is 0, as in UTF-16, not in text; {ADVICE}")
        start += len(text.encode())
        yield text
