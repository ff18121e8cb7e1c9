"""Wikitext becomes the paragraphs that a reader sees.

{{дата|15 марта 2017}}
'''В рамках''' расследования в [[w:Бостон|Бостоне]] арестованы трое.<ref>[http://example.org ТАСС]</ref>
== Источники ==
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, filterfalse, islice
from typing import NamedTuple

import mwparserfromhell
from mwparserfromhell.nodes import Argument, Comment, ExternalLink, Heading, HTMLEntity, Tag, Template, Text, Wikilink
from mwparserfromhell.parser import ParserError
from mwparserfromhell.wikicode import Wikicode

from pipeline.files.shards import Counts, Document
from pipeline.text.cuts import cut_document, cut_paragraphs
from pipeline.text.dump.gaps import GAP, close_up
from pipeline.text.dump.names import NAMES, names, names_with_kinds
from pipeline.text.dump.tags import CELLS, FILES, HIDDEN_TAGS, OTHER_TAGS, SHOWN_MARKS, SHOWN_TAGS, prepare, put_back
from pipeline.text.dump.templates.lost import Lost, add_lost, describe_template
from pipeline.text.dump.templates.table import AFTER_COLON, MONTH, MONTHS, find_forms, normalize
from pipeline.text.dump.unclosed import count_unclosed
from pipeline.text.whitespace import count_words, fold

HIDDEN_SECTIONS = {*NAMES["hidden_sections"]}
HIDDEN_NAMESPACES = names_with_kinds("hidden_namespaces")
LANGUAGES = names("languages")

CATEGORIES = "categories_and_languages"
DROPPED = (
    *("templates", "tables", "references", FILES, CATEGORIES, "comments", OTHER_TAGS, "switches"),
    *("headings", "sections", "unclosed", "unparsable_lines", "paragraphs_without_words"),
)
"""What is left out of an article. `dropped_<kind>` counts it, without what stands inside.

`words_dropped_<kind>` counts its words in the source, mark-up included, with what stands inside.
"""

MOST_UNCLOSED = 32
"""An article with at most so many openings without an end is parsed as a whole, others line by line."""

_BREAK = "\n\n"
_ITEM = "\x02"  # opens a list item, which ends with its line; XML cannot hold this character
_NAMED = "\udffe"  # before the gap of a template that the table does not have

_NO_TITLE = {*"{}<>", SHOWN_MARKS[ord("<")]}  # stand in no title, so that what has them is no link: `[[а {| б]]`
_PREFIXES = re.compile(rf":?\s*(({'|'.join(sorted(names('projects') | LANGUAGES, reverse=True))}):)*")

_SWITCH = re.compile(rf"__(?:(?i:{'|'.join(names('any_case_switches'))})|{'|'.join(names('switches'))})__")
_S = rf"(?:[^\S\n]|{GAP})*"
_HIDDEN = "|".join(sorted(HIDDEN_NAMESPACES))
_UNCLOSED = [  # what was never closed goes with its line, and no further
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in [
        r"<!--.*$",
        r"<ref\b[^<>\n]*>.*$",
        r"\{\{.*$",
        rf"\[\[\s*({_HIDDEN})\s*:.*$",
        rf"^{_S}\{{\|.*(\n{_S}[|!].*)*$|^{_S}\|.*$",  # rows of a table, parameters of a template
        rf"^{_S}({_HIDDEN})\s*:.*\|.*$",  # lines of a gallery
    ]
]
_LEFTOVERS = [
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), put)
    for pattern, put in [
        (r"\[\[([^\[\]{}<>|\n]*\|(?!\}))?|\]\]|\}\}", ""),  # |} is of a table
        (r"\[(https?:|ftp:)?//\S*[^\S\n]*", ""),
        (rf"</?({'|'.join(sorted({*HIDDEN_TAGS, *SHOWN_TAGS}))})\b[^<>\n]*>", ""),
        (r"~{3,5}", ""),
        (r"'{5}(?!')|'{3}(?!')|(?<!')'{2}(?!')", ""),
        (rf"{_ITEM}(.*)$", r"\1\n"),
    ]
]


class Dropped(NamedTuple):
    """A piece of mark-up that shows no text."""

    kind: str
    source: str
    template: str = ""
    """The name of a template that the table does not have."""


Piece = str | Heading | Dropped


def extract_article(article: Document, counts: Counts, lost: dict[str, Lost] | None = None) -> Iterator[Document]:
    """Yield the text of an article of wikitext, in parts if it is too long (see `pipeline.text.cuts`), or nothing.

    `words_read` counts what was kept and what was dropped; mark-up around words that are shown is not counted.
    `lost` is as in `extract_paragraphs`.
    """
    (wikitext,) = article.lines
    dropped: Counts = Counter({f"{unit}dropped_{kind}": 0 for kind in DROPPED for unit in ("", "words_")})
    paragraphs = [*cut_paragraphs(extract_paragraphs(wikitext, dropped, lost), counts)]
    counts.update(dropped)
    counts["words_read"] += sum(map(count_words, paragraphs))
    counts["words_read"] += sum(dropped[f"words_dropped_{kind}"] for kind in DROPPED)
    if not paragraphs:
        counts.update(documents_read=1, documents_dropped_only_markup=1)
    for document in cut_document(article.id, article.title, paragraphs, counts):
        counts["documents_read"] += 1
        yield document


def extract_paragraphs(wikitext: str, counts: Counts, lost: dict[str, Lost] | None = None) -> list[str]:
    """Return the folded paragraphs. List items and quotations are paragraphs; single line breaks are spaces.

    Links give their text, bold and italics are bare, templates of the table give their words. Other templates, tables,
    references, files, categories, comments, headings and the sections about the article are left out and counted
    (`DROPPED`), and what that leaves is closed up. Templates that the table does not have are added to `lost` if there
    are words in their line. What was never closed costs its line; with over `MOST_UNCLOSED` such openings no mark-up
    reaches beyond its line. Any text will do, in time proportional to its length.
    """
    templates: list[Dropped] = []
    text = "".join(_skip_dropped(_read_pieces(prepare(wikitext)), counts, templates))
    if lost is not None:
        add_lost(lost, _in_sentences(templates, text))
    text = text.replace(_NAMED, "")
    for pattern in _UNCLOSED:
        text = pattern.sub(lambda match: _drop(counts, "unclosed", match[0]), text)
    text = _SWITCH.sub(lambda match: _drop(counts, "switches", match[0]), text)
    for pattern, put in _LEFTOVERS:
        text = pattern.sub(put, text)
    paragraphs = [*filter(None, map(fold, re.split(r"\n\s*\n", put_back(close_up(text)))))]
    for paragraph in filterfalse(_has_letters, paragraphs):
        _drop(counts, "paragraphs_without_words", paragraph)
    return [*filter(_has_letters, paragraphs)]


def _in_sentences(templates: Iterable[Dropped], text: str) -> Iterator[Lost]:
    """Yield the templates of a single line that share it with words. A box of many lines is not among them."""
    rest = iter(templates)
    for line in text.split("\n"):
        in_line = [*islice(rest, line.count(_NAMED))]
        if in_line and _has_letters(line):
            yield from (describe_template(x.template, x.source) for x in in_line if "\n" not in x.source)


def _has_letters(text: str) -> bool:
    return any(map(str.isalnum, text))


def _drop(counts: Counts, kind: str, source: str) -> str:
    """Count what is left out; a gap stands in its place."""
    counts[f"dropped_{kind}"] += 1
    counts[f"words_dropped_{kind}"] += len(source.replace(_ITEM, "").replace(GAP, "").split())
    return GAP


def _read_pieces(wikitext: str, is_line: bool = False) -> Iterator[Piece]:
    """Yield the article in pieces. If it cannot be parsed as a whole, its lines are; a line that cannot is dropped."""
    code = None
    if count_unclosed(wikitext) <= MOST_UNCLOSED:
        with suppress(ParserError):  # which its authors call a bug
            # quotes stay text: an unclosed ''' would cost the links around it
            code = mwparserfromhell.parse(wikitext, skip_style_tags=True)
    if code is not None:
        yield from _visible(code)
    elif is_line:
        yield Dropped("unparsable_lines", wikitext)
    else:
        for line in wikitext.splitlines(keepends=True):
            yield from _read_pieces(line, is_line=True)


def _skip_dropped(pieces: Iterable[Piece], counts: Counts, templates: list[Dropped]) -> Iterator[str]:
    """Leave out and count what is dropped: headings, and everything under a hidden heading as one section.

    A gap stands where something was. Templates that the table does not have are added to `templates`.
    """
    level = 0  # of the heading of the hidden section that we are in; 0: in none
    hidden: list[str] = []  # what that section holds so far
    for piece in chain(pieces, [None]):
        if level and (piece is None or (isinstance(piece, Heading) and piece.level <= level)):
            _drop(counts, "sections", "".join(hidden))
            level, hidden = 0, []
        if level:
            hidden.append(piece.source if isinstance(piece, Dropped) else str(piece))
        elif isinstance(piece, Heading):
            if fold(put_back(_plain(piece.title).replace("'''", ""))).rstrip(":").casefold() in HIDDEN_SECTIONS:
                level, hidden = piece.level, [str(piece)]
            else:
                _drop(counts, "headings", str(piece))
            yield _BREAK
        elif isinstance(piece, Dropped):
            if piece.template:
                templates.append(piece)
                yield _NAMED
            yield _drop(counts, piece.kind, piece.source)
        elif piece is not None:
            yield piece


def _plain(code: Wikicode) -> str:
    return "".join(piece for piece in _visible(code) if isinstance(piece, str)).replace(GAP, "")


def _visible(code: Wikicode | None) -> Iterator[Piece]:
    """Yield the visible text of a tree, piece by piece, with its headings and with mark-up that shows no text."""
    for node in code.nodes if code is not None else []:
        match node:
            case Text():
                yield node.value
            case HTMLEntity():
                yield html.unescape(str(node)).translate(SHOWN_MARKS)
            case Heading():
                yield node
            case Wikilink():
                yield from _link(node)
            case ExternalLink():
                yield from _visible(node.title) if node.title else [GAP if node.brackets else str(node.url)]
            case Tag():
                yield from _tag(node)
            case Template():
                yield from _template(node)
            case Argument():
                yield Dropped("templates", str(node))
            case Comment():
                yield Dropped("comments", str(node))


def _template(template: Template) -> Iterator[Piece]:
    """Yield what a template shows according to the table."""
    title = fold(_plain(template.name))
    forms = find_forms(normalize(title))
    parameters = template.params if forms else []
    filled = {str(x.name).strip(): x.value for x in parameters if str(x.value).strip()}
    filled |= {AFTER_COLON: Wikicode([Text(title.partition(":")[2])])} if ":" in title else {}
    form = next((form for form in forms if form.names <= filled.keys()), None)
    if form is None or not form.has_words:
        yield Dropped("templates", str(template), normalize(title) if form is None else "")
    for text, parameter in form.parts if form else []:
        yield text.translate(SHOWN_MARKS)
        if parameter.endswith(MONTH):
            month = fold(_plain(filled[parameter.removesuffix(MONTH)]))
            yield MONTHS.get(month.lstrip("0"), month)
        elif parameter:
            yield from _visible(filled[parameter])
    if form and "\n" in form.parts[-1][0]:
        yield GAP  # what follows a quotation in its line begins another paragraph


def _link(link: Wikilink) -> Iterator[Piece]:
    target = [*_visible(link.title)]
    shown = fold("".join(piece for piece in target if isinstance(piece, str)))
    title, _, label = shown.partition(SHOWN_MARKS[ord("|")])  # a pipe in it is of {{!}}
    prefix, _, rest = title.partition(":")
    prefix = prefix.strip().casefold()
    if prefix in HIDDEN_NAMESPACES or (prefix in LANGUAGES and rest):
        yield Dropped(HIDDEN_NAMESPACES.get(prefix, CATEGORIES), str(link))
    elif any(not _NO_TITLE.isdisjoint(text.value) for text in link.title.nodes if isinstance(text, Text)):
        yield from chain(target, [" "], _visible(link.text))
    elif link.text is not None and str(link.text).strip():
        yield from _visible(link.text)
    else:
        yield label or _PREFIXES.sub("", title, count=1)
        yield from (piece for piece in target if isinstance(piece, Dropped))


def _tag(tag: Tag) -> Iterator[Piece]:
    name = str(tag.tag).strip().casefold()
    if name in CELLS:
        yield "\n|"  # of no table: a row of one that was never closed
    elif name in HIDDEN_TAGS:
        yield Dropped(HIDDEN_TAGS[name], str(tag))
    elif tag.wiki_markup and name in {"li", "dd", "dt"}:
        yield _BREAK + _ITEM
    elif name in {"br", "hr"}:
        yield _BREAK
    elif name in SHOWN_TAGS:
        space = _BREAK if name == "pre" else ""
        shown = (piece.translate(SHOWN_MARKS) if isinstance(piece, str) else piece for piece in _visible(tag.contents))
        yield from chain([space], shown, [space])
    else:
        yield from _visible(tag.contents)
