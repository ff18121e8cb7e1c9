"""Writes the output of `predict` as it comes: CoNLL, text for a terminal, or one HTML page."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

from pipeline.errors import TEXT, printable
from pipeline.ner.data.bio import OUTSIDE
from pipeline.predict.pieces import Span, Tagged
from pipeline.report.colours import colour_types, on_terminal

TEMPLATE = Path(__file__).with_name("page.html")
DOCUMENT = "-DOCSTART- -X- O O"
"""With the four columns of CoNLL-2003, by which readers know it."""
UNSURE = 0.5
"""Entities with a lower confidence are marked on pages."""
_LINE_END = re.compile("\r\n?")
_SPACE = re.compile(r"\s")


def write_conll(answers: Iterator[Tagged], out: TextIO) -> None:
    """Write `token<TAB>tag` lines with BIO tags and a blank line after each sentence.

    CoNLL-2003's row of a document comes before each text. One that could not be read has no sentences.
    """
    for tagged in answers:
        if tagged.piece.start == 0:
            out.write(f"{DOCUMENT}\n\n")
        for sentence, tags in zip(tagged.sentences, _tags(tagged), strict=True):
            forms = (printable(_SPACE.sub("_", token.form)) for token in sentence)
            out.write("".join(f"{form}\t{tag}\n" for form, tag in zip(forms, tags, strict=True)) + "\n")


def _tags(tagged: Tagged) -> Iterator[list[str]]:
    """Yield the BIO tags of each sentence."""
    spans = iter(tagged.spans)
    span = next(spans, None)
    for sentence in tagged.sentences:
        tags = []
        for token in sentence:
            start = token.start + tagged.piece.start
            while span and span.stop <= start:
                span = next(spans, None)
            if span is None or start < span.start:
                tags.append(OUTSIDE)
            else:
                tags.append(f"{'B' if start == span.start else 'I'}-{span.type}")
        yield tags


def write_terminal(answers: Iterator[Tagged], out: TextIO, colours: Mapping[str, str]) -> None:
    """Write each text with its entities on the colours of their types, or in brackets if there are no colours.

    Control characters are not sent to the terminal.
    """
    ending = ""
    for tagged in answers:
        text = "".join(_paint(part, span, colours) for part, span in cut_at_spans(tagged))
        out.write(text)
        ending = text[-1:] or (ending if tagged.piece.start else "")
        if tagged.piece.last and ending != "\n":  # each text has at least one line, even if it could not be read
            out.write("\n")


def _paint(text: str, span: Span | None, colours: Mapping[str, str]) -> str:
    text = printable(text, TEXT)
    if span is None:
        return text
    label = f"{span.type} {span.confidence:.2f}" + (f" {printable(span.normal)}" if span.normal else "")
    if not colours:
        return f"[{text} {label}]"
    return f"{on_terminal(text, colours[span.type])} \x1b[2m{label}\x1b[0m"


def write_page(answers: Iterator[Tagged], out: TextIO, types: list[str], title: str) -> None:
    """Write one HTML file that needs no other, with all text escaped and a colour for each of the tagger's `types`."""
    from pipeline.report.pages.templates import stream_page  # takes longer to import than all of predict

    content = {"title": title, "types": types, "colours": colour_types(types), "unsure": UNSURE}
    out.writelines(stream_page(TEMPLATE, **content, answers=answers, cut_at_spans=cut_at_spans))


def cut_at_spans(tagged: Tagged) -> Iterator[tuple[str, Span | None]]:
    """Cut a piece at its entities: yield each part, with LF as the only line end, and its span if it is an entity."""
    text, offset, end = tagged.piece.text, tagged.piece.start, 0
    for span in tagged.spans:
        yield _LINE_END.sub("\n", text[end : span.start - offset]), None
        yield _LINE_END.sub("\n", span.text), span
        end = span.stop - offset
    yield _LINE_END.sub("\n", text[end:]), None
