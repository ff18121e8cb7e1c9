"""Writes a record for each text as it comes: JSON lines, or what tools for annotation read.

Offsets count characters (Unicode code points) of the text in all of them. brat alone, which reads the text from its
file, counts a CRLF as one.
"""

import json
import re
import shutil
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import count
from tempfile import SpooledTemporaryFile
from typing import Any, NamedTuple, TextIO

from pipeline.predict.pieces import Span, Tagged

DIGITS = 4
"""Digits of a confidence after the decimal point."""
SPANS_IN_MEMORY = 1 << 20
"""Bytes of a text's spans in memory; if there are more, they wait on the disk for the end of the text."""
_SURROGATES = re.compile("[\ud800-\udfff]")
_FRAGMENT = re.compile("[^\v\f\x1c-\x1e\x85\u2028\u2029]+")
"""Of an entity, what lies between characters at which Python, and so brat, ends a line."""


def describe(span: Span) -> dict[str, Any]:
    """Return the span as a JSON object."""
    confidence = round(span.confidence, DIGITS)
    found = {"start": span.start, "stop": span.stop, "type": span.type, "confidence": confidence}
    return found | {key: value for key in ("normal", "tagger") if (value := getattr(span, key)) is not None}


def _describe_for_doccano(span: Span) -> list[Any]:
    return [span.start, span.stop, span.type]


def _describe_for_label_studio(span: Span) -> dict[str, Any]:
    value = {"start": span.start, "end": span.stop, "text": span.text, "labels": [span.type]}
    score = round(span.confidence, DIGITS)
    return {"from_name": "label", "to_name": "text", "type": "labels", "value": value, "score": score}


class Shape(NamedTuple):
    """A record: what stands before a text, between the text and its spans, and behind them; and around all records."""

    before: str
    between: str
    behind: str
    describe: Callable[[Span], Any]
    separator: str = ""
    opening: str = ""
    closing: str = ""


LINES = Shape('{"text": ', ', "spans": [', "]}\n", describe)
DOCCANO = Shape('{"text": ', ', "label": [', "]}\n", _describe_for_doccano)
"""For a project of sequence labelling."""
TASK = '{"data": {"text": '
LABEL_STUDIO = Shape(TASK, '}, "predictions": [{"result": [', "]}]}", _describe_for_label_studio, ",\n", "[\n", "\n]\n")
"""Tasks with predictions, for the template of named entities: `<Labels name="label" toName="text">`."""


def write_json(answers: Iterator[Tagged], out: TextIO, shape: Shape) -> None:
    """Write a record for each text.

    One that could not be read is `{"error": ...}` in JSON lines; tools have no place for it, and it is left out.
    """
    out.write(shape.opening)
    begun, comma = "", ""
    with SpooledTemporaryFile(SPANS_IN_MEMORY, "w+", encoding="utf-8") as waiting:
        for piece, _, spans in answers:
            if piece.fault:
                out.write(json.dumps({"error": piece.fault}, ensure_ascii=False) + "\n" if shape is LINES else "")
                continue
            escaped = bool(_SURROGATES.search(piece.text))
            text = json.dumps(piece.text, ensure_ascii=escaped)
            out.write(text[1:-1] if piece.start else f"{begun}{shape.before}{text[:-1]}")
            begun = shape.separator
            for span in spans:
                waiting.write(comma + json.dumps(shape.describe(span), ensure_ascii=escaped))
                comma = ", "
            if piece.last:
                out.write(f'"{shape.between}')
                waiting.seek(0)
                shutil.copyfileobj(waiting, out)
                out.write(shape.behind)
                waiting.seek(0)
                waiting.truncate()
                comma = ""
    out.write(shape.closing)


def write_brat(answers: Iterator[Tagged], out: TextIO) -> None:
    """Write the standoff of brat for one text, a file `.ann`: an entity a line, and its confidence as a note."""
    numbers, crlfs, last = count(1), 0, ""
    for piece, _, spans in answers:
        crlfs += last == "\r" and piece.text.startswith("\n")
        ends = [piece.start + match.start() for match in re.finditer("\r\n", piece.text)]
        for span in spans:
            number = next(numbers)
            start = span.start - crlfs - bisect_left(ends, span.start)
            fragments = [*_FRAGMENT.finditer(span.text)]
            places = ";".join(f"{start + fragment.start()} {start + fragment.end()}" for fragment in fragments)
            text = " ".join(fragment[0] for fragment in fragments)
            out.write(f"T{number}\t{span.type} {places}\t{text}\n")
            out.write(f"#{number}\tAnnotatorNotes T{number}\t{span.confidence:.{DIGITS}f}\n")
        crlfs, last = crlfs + len(ends), piece.text[-1:]
