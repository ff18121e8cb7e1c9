"""Outputs of the command, written as they come: JSON lines, CoNLL, and for the terminal."""

import json
import re
import shutil
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any, TextIO

from pipeline.errors import TEXT, printable
from pipeline.ner.data.bio import OUTSIDE
from pipeline.predict.pieces import Bad, Output, Tagged
from pipeline.predict.span import Span

DIGITS = 4
"""Of a confidence."""
SPANS_IN_MEMORY = 1 << 20
"""Bytes of the spans of one text; those of a longer one wait on the disk for the end of its text."""
COLOURS = {"PER": 33, "ORG": 35, "LOC": 32, "CORP": 35, "GRP": 36}
"""ANSI colours; other types are blue."""
OTHER = 34
_SPACE = re.compile(r"\s")
_SURROGATES = re.compile("[\ud800-\udfff]")


def write_json_lines(items: Iterator[Output], out: TextIO) -> None:
    """`{"text": ..., "spans": [...]}` a text, and `{"error": ...}` in the place of one that could not be read."""
    with SpooledTemporaryFile(SPANS_IN_MEMORY, "w+", encoding="utf-8") as spans:
        opened = found = False
        for item in items:
            if isinstance(item, Bad):
                out.write(json.dumps({"error": item.message}, ensure_ascii=False) + "\n")
                continue
            if not opened:
                out.write('{"text": "')
                opened = True
            if isinstance(item, Tagged):
                out.write(_quote(item.piece.text)[1:-1])
                for span in item.spans:
                    spans.write((", " if found else "") + json.dumps(describe(span), ensure_ascii=False))
                    found = True
            else:
                out.write('", "spans": [')
                spans.seek(0)
                shutil.copyfileobj(spans, out)
                spans.seek(0)
                spans.truncate()
                out.write("]}\n")
                opened = found = False


def write_conll(items: Iterator[Output], out: TextIO) -> None:
    """`token<TAB>tag` a line, tags in BIO, a blank line behind each sentence; a comment before each text."""
    number, opened = 1, False
    for item in items:
        if isinstance(item, Bad):
            out.write(f"# text {number}: {item.message}\n\n")
            number += 1
            continue
        if not opened:
            out.write(f"# text {number}\n")
            opened = True
        if isinstance(item, Tagged):
            for sentence, tags in zip(item.sentences, _tags(item), strict=True):
                rows = (
                    f"{printable(_SPACE.sub('_', token.form))}\t{tag}\n"
                    for token, tag in zip(sentence, tags, strict=True)
                )
                out.write("".join(rows) + "\n")
        else:
            number, opened = number + 1, False


def write_terminal(items: Iterator[Output], out: TextIO, colour: bool) -> None:
    """The text with its entities marked; control characters of a text are not sent to the terminal."""
    begun, line_end = False, True
    for item in items:
        if isinstance(item, Tagged):
            text = "".join(_paint(piece, span, colour) for piece, span in parts(item))
            out.write(text)
            line_end = text.endswith("\n")
            begun = True
        else:  # a line at least for every text, and for what was none
            out.write("" if begun and line_end else "\n")
            begun, line_end = False, True


def parts(item: Tagged) -> Iterator[tuple[str, Span | None]]:
    """A piece cut at its entities, those with their span."""
    piece, place = item.piece, 0
    for span in item.spans:
        start = span.start - piece.start
        if start > place:
            yield piece.text[place:start], None
        yield span.text, span
        place = span.stop - piece.start
    if place < len(piece.text):
        yield piece.text[place:], None


def _tags(item: Tagged) -> Iterator[list[str]]:
    """BIO tags of all sentences."""
    spans = iter(item.spans)
    span = next(spans, None)
    for sentence in item.sentences:
        tags = []
        for token in sentence:
            start = token.start + item.piece.start
            while span and span.stop <= start:
                span = next(spans, None)
            tags.append(_tag(start, span))
        yield tags


def _tag(start: int, span: Span | None) -> str:
    if span is None or start < span.start:
        return OUTSIDE
    return f"{'B' if start == span.start else 'I'}-{span.type}"


def _paint(text: str, span: Span | None, colour: bool) -> str:
    text = printable(unix_lines(text), TEXT)
    if span is None:
        return text
    said = f"{span.type} {span.confidence:.2f}"
    if not colour:
        return f"[{text} {said}]"
    return f"\x1b[1;{COLOURS.get(span.type, OTHER)}m{text}\x1b[0m \x1b[2m{said}\x1b[0m"


def unix_lines(text: str) -> str:
    """The text with LF as the only line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def describe(span: Span) -> dict[str, Any]:
    """The span as JSON has it."""
    confidence = round(span.confidence, DIGITS)
    return {"start": span.start, "stop": span.stop, "type": span.type, "confidence": confidence}


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=bool(_SURROGATES.search(text)))
