"""Wikitext to the paragraphs that a reader sees.

{{дата|15 марта 2017}}
'''В рамках''' расследования в [[w:Бостон|Бостоне]] арестованы трое.<ref>[http://example.org ТАСС]</ref>
== Источники ==
"""

import html
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import mwparserfromhell
from mwparserfromhell.nodes import Argument, Comment, ExternalLink, Heading, HTMLEntity, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from pipeline.shards import Counts
from pipeline.text.whitespace import fold

HIDDEN_SECTIONS = {
    *("источник", "источники", "примечание", "примечания", "ссылки", "внешние ссылки", "источники и ссылки"),
    *("см. также", "см также", "смотрите также", "смотри также"),
}
"""Sections about the article, not of it; their subsections go with them."""

FILES, CATEGORIES, OTHER_TAGS = "files_and_galleries", "categories_and_languages", "other_tags"
DROPPED = (
    *("templates", "tables", "references", FILES, CATEGORIES, "comments", OTHER_TAGS),
    *("headings", "sections", "unclosed", "paragraphs_without_words"),
)
"""What is left out of an article; counted as `dropped_<kind>`, without what stands inside."""

HIDDEN_NAMESPACES = {
    **dict.fromkeys(("файл", "изображение", "file", "image"), FILES),
    **dict.fromkeys(("категория", "category"), CATEGORIES),
}
"""`[[Файл:...]]` and `[[Категория:...]]` are no text; with a colon in front they are links like any other."""

HIDDEN_TAGS = {
    "ref": "references",
    **dict.fromkeys(("table", "tr", "td", "th"), "tables"),
    **dict.fromkeys(("gallery", "imagemap"), FILES),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "headings"),
    **dict.fromkeys(("math", "chem", "ce", "score", "timeline", "graph", "mapframe", "maplink", "hiero"), OTHER_TAGS),
    **dict.fromkeys(("categorytree", "dynamicpagelist", "templatestyles", "syntaxhighlight", "source"), OTHER_TAGS),
    **dict.fromkeys(("references", "includeonly", "inputbox", "style", "script"), OTHER_TAGS),
}
BLOCK_TAGS = {
    *("p", "div", "center", "blockquote", "poem", "pre", "br", "hr"),
    *("ul", "ol", "dl", "li", "dd", "dt"),
}

_BREAK = "\n\n"
_ITEM = "\x02"  # opens a list item, which ends with its line; XML cannot hold this character

_LANGUAGE = re.compile(r"(?!mw:|doi:|rfc:)(simple|[a-z]{2,3}(-[a-z]+)*):\S")  # [[en:Boston]], in the margin
_PROJECT = re.compile(r":?\s*([a-z]{1,3}:)*")  # [[w:en:Boston]] without a label: "Boston"

_UNCLOSED = [  # what was never closed goes with its line, and no further
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in [
        r"<!--.*$",
        r"<ref\b[^<>\n]*>.*$",
        r"\{\{.*$",
        rf"\[\[\s*({'|'.join(sorted(HIDDEN_NAMESPACES))})\s*:.*$",
        r"^\s*(\{\||\||!).*$",  # rows of a table
        rf"^\s*({'|'.join(sorted(HIDDEN_NAMESPACES))})\s*:.*\|.*$",  # lines of a gallery
    ]
]
_LEFTOVERS = [
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), put)
    for pattern, put in [
        (r"\[\[([^\[\]|\n]*\|)?|\]\]|\}\}", ""),
        (r"\[(https?:|ftp:)?//\S*[^\S\n]*", ""),
        (r"</?[a-z][^<>\n]*>", ""),
        (r"\b__[A-ZА-ЯЁ]+__\b", ""),
        (r"~{3,5}", ""),
        (r"'{5}(?!')|'{3}(?!')|(?<!')'{2}(?!')", ""),
        (rf"{_ITEM}(.*)$", r"\1\n"),
    ]
]


class Dropped(NamedTuple):
    """A piece of mark-up that shows no text."""

    kind: str


Piece = str | Heading | Dropped


def extract_paragraphs(wikitext: str, counts: Counts) -> list[str]:
    """The paragraphs, folded; list items and quotations are paragraphs, single line breaks are spaces.

    Links give their text, bold and italics are bare. Templates, tables, references, files, categories,
    comments, headings and the sections about the article are left out and counted (`DROPPED`).
    mwparserfromhell's `ParserError` is not caught.
    """
    # Quotes stay text: an unclosed ''' would cost the links around it.
    code = mwparserfromhell.parse(wikitext, skip_style_tags=True)
    text = "".join(_skip_dropped(_visible(code), counts))
    for pattern in _UNCLOSED:
        text, unclosed = pattern.subn("", text)
        counts["dropped_unclosed"] += unclosed
    for pattern, put in _LEFTOVERS:
        text = pattern.sub(put, text)
    paragraphs = list(filter(None, map(fold, re.split(r"\n\s*\n", text))))
    kept = [paragraph for paragraph in paragraphs if any(map(str.isalnum, paragraph))]
    counts["dropped_paragraphs_without_words"] += len(paragraphs) - len(kept)
    return kept


def _skip_dropped(pieces: Iterable[Piece], counts: Counts) -> Iterator[str]:
    """Leave out and count what is dropped: headings, and everything under the hidden ones as one section."""
    hidden = 0  # the level of the hidden section that we are in; 0: in none
    for piece in pieces:
        if isinstance(piece, Heading):
            if not hidden or piece.level <= hidden:
                hidden = piece.level if _title(piece) in HIDDEN_SECTIONS else 0
                counts["dropped_sections" if hidden else "dropped_headings"] += 1
            yield _BREAK
        elif hidden:
            continue
        elif isinstance(piece, Dropped):
            counts[f"dropped_{piece.kind}"] += 1
        else:
            yield piece


def _title(heading: Heading) -> str:
    title = "".join(piece for piece in _visible(heading.title) if isinstance(piece, str))
    return fold(title.replace("'''", "")).rstrip(":").casefold()


def _visible(code: Wikicode | None) -> Iterator[Piece]:
    """The visible text of a tree, piece by piece, with its headings and with what shows no text."""
    for node in code.nodes if code is not None else []:
        match node:
            case Text():
                yield node.value
            case HTMLEntity():
                yield html.unescape(str(node))
            case Heading():
                yield node
            case Wikilink():
                yield from _link(node)
            case ExternalLink():
                yield from _visible(node.title) if node.brackets else [str(node.url)]
            case Tag():
                yield from _tag(node)
            case Template() | Argument():
                yield Dropped("templates")
            case Comment():
                yield Dropped("comments")


def _link(link: Wikilink) -> Iterator[Piece]:
    title = fold(str(link.title))
    namespace = title.partition(":")[0].strip().casefold()
    if namespace in HIDDEN_NAMESPACES or _LANGUAGE.match(title):
        yield Dropped(HIDDEN_NAMESPACES.get(namespace, CATEGORIES))
    elif link.text is not None and str(link.text).strip():
        yield from _visible(link.text)
    else:
        yield _PROJECT.sub("", title, count=1)


def _tag(tag: Tag) -> Iterator[Piece]:
    name = str(tag.tag).strip().casefold()
    if name in HIDDEN_TAGS:
        yield Dropped(HIDDEN_TAGS[name])
        return
    border = _BREAK if name in BLOCK_TAGS else ""
    yield border
    if tag.wiki_markup and name in {"li", "dd", "dt"}:
        yield _ITEM
    else:
        yield from _visible(tag.contents)
        yield border
