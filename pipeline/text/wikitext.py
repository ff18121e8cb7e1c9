"""Wikitext to the paragraphs that a reader sees.

{{дата|15 марта 2017}}
'''В рамках''' расследования в [[w:Бостон|Бостоне]] арестованы трое.<ref>[http://example.org ТАСС]</ref>
== Источники ==
"""

import html
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import mwparserfromhell
from mwparserfromhell.nodes import Argument, Comment, ExternalLink, Heading, HTMLEntity, Tag, Template, Text, Wikilink
from mwparserfromhell.parser import ParserError
from mwparserfromhell.wikicode import Wikicode

from pipeline.shards import Counts
from pipeline.text.unclosed import count_unclosed
from pipeline.text.whitespace import fold

HIDDEN_SECTIONS = {
    *("источник", "источники", "примечание", "примечания", "ссылки", "внешние ссылки", "источники и ссылки"),
    *("см. также", "см также", "смотрите также", "смотри также"),
}
"""Sections about the article, not of it; their subsections go with them."""

FILES, CATEGORIES, OTHER_TAGS = "files_and_galleries", "categories_and_languages", "other_tags"
DROPPED = (
    *("templates", "tables", "references", FILES, CATEGORIES, "comments", OTHER_TAGS),
    *("headings", "sections", "unclosed", "unparsable_lines", "paragraphs_without_words"),
)
"""What is left out of an article; counted as `dropped_<kind>`, without what stands inside.

`words_dropped_<kind>` counts its words in the source, mark-up included, with what stands inside.
"""

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

INLINE_TAGS = {
    *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd"),
    *("mark", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup"),
    *("time", "tt", "u", "var", "wbr", "img", "noinclude", "nowiki", "onlyinclude", "section", "indicator", "caption"),
    *("thead", "tbody", "tfoot", "col", "colgroup", "translate", "languages", "poll", "link", "meta"),
}
"""What MediaWiki and its extensions take for a tag; `<y и z>` is text."""

SHOWN_TAGS = {"nowiki", "pre"}
"""What is in them is text, as it is written, but for entities."""

SHOWN_TEMPLATES = {"w": "2", "nobr": "1"}
"""Templates that stand for words of the sentence, and the parameter that has them, or failing that the first.

`{{w|Бостон|Бостоне}}` is a link to Wikipedia. All others make boxes, dates, sources and lists.
"""

MOST_UNCLOSED = 32
"""Openings without an end up to which an article is parsed as a whole; with more it is parsed line by line."""

_BREAK = "\n\n"
_ITEM = "\x02"  # opens a list item, which ends with its line; XML cannot hold this character
_SHOWN = str.maketrans({mark: chr(0xDC00 + i) for i, mark in enumerate("{}[]<>|~'_")})
"""Marks that are text, of `&lt;` and `<nowiki>{{w}}</nowiki>`, to surrogates, which no decoded text has."""
_MARKS = {shown: chr(mark) for mark, shown in _SHOWN.items()}
_HIDDEN = re.compile(f"[{''.join(_MARKS)}]")

_NO_TITLE = "{}<>"  # stand in no title, so that what has them is no link: `[[а {| б]]`
_LANGUAGE = re.compile(r"(?!mw:|doi:|rfc:|voy:)(simple|[a-z]{2,3}(-[a-z]+)*):\S")  # [[en:Boston]], in the margin
_PROJECT = re.compile(r":?\s*([a-z]{1,3}:)*")  # [[w:en:Boston]] without a label: "Boston"

_UNCLOSED = [  # what was never closed goes with its line, and no further
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in [
        r"<!--.*$",
        r"<ref\b[^<>\n]*>.*$",
        r"\{\{.*$",
        rf"\[\[\s*({'|'.join(sorted(HIDDEN_NAMESPACES))})\s*:.*$",
        r"^[^\S\n]*\{\|.*(\n[^\S\n]*[|!].*)*$|^[^\S\n]*\|.*$",  # rows of a table, parameters of a template
        rf"^[^\S\n]*({'|'.join(sorted(HIDDEN_NAMESPACES))})\s*:.*\|.*$",  # lines of a gallery
    ]
]
_LEFTOVERS = [
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), put)
    for pattern, put in [
        (rf"\[\[([^\[\]{_NO_TITLE}|\n]*\|(?!\}}))?|\]\]|\}}\}}", ""),  # |} is of a table
        (r"\[(https?:|ftp:)?//\S*[^\S\n]*", ""),
        (rf"</?({'|'.join(sorted({*HIDDEN_TAGS, *BLOCK_TAGS, *INLINE_TAGS}))})\b[^<>\n]*>", ""),
        (r"\b__[A-ZА-ЯЁ]+__\b", ""),
        (r"~{3,5}", ""),
        (r"'{5}(?!')|'{3}(?!')|(?<!')'{2}(?!')", ""),
        (rf"{_ITEM}(.*)$", r"\1\n"),
    ]
]


class Dropped(NamedTuple):
    """A piece of mark-up that shows no text."""

    kind: str
    source: str


Piece = str | Heading | Dropped


def extract_paragraphs(wikitext: str, counts: Counts) -> list[str]:
    """The paragraphs, folded; list items and quotations are paragraphs, single line breaks are spaces.

    Links give their text, bold and italics are bare. Templates, tables, references, files, categories,
    comments, headings and the sections about the article are left out and counted (`DROPPED`). What was never closed
    costs its line; with over `MOST_UNCLOSED` openings that were not, no mark-up reaches beyond its line. Any text will
    do, in time proportional to its length.
    """
    text = "".join(_skip_dropped(_read_pieces(wikitext), counts))
    for pattern in _UNCLOSED:
        text = pattern.sub(lambda match: _drop(counts, "unclosed", match[0]), text)
    for pattern, put in _LEFTOVERS:
        text = pattern.sub(put, text)
    paragraphs = list(filter(None, map(fold, re.split(r"\n\s*\n", _put_back(text)))))
    return [paragraph for paragraph in paragraphs if _has_words(paragraph, counts)]


def _has_words(paragraph: str, counts: Counts) -> bool:
    return any(map(str.isalnum, paragraph)) or bool(_drop(counts, "paragraphs_without_words", paragraph))


def _drop(counts: Counts, kind: str, source: str) -> str:
    """Count what is left out; the empty string stands in its place."""
    counts[f"dropped_{kind}"] += 1
    counts[f"words_dropped_{kind}"] += len(source.replace(_ITEM, "").split())
    return ""


def _read_pieces(wikitext: str) -> Iterator[Piece]:
    """The article in pieces; what cannot be parsed as a whole is parsed line by line, and then is dropped."""
    if count_unclosed(wikitext) <= MOST_UNCLOSED and (code := _parse(wikitext)):
        yield from _visible(code)
        return
    for line in wikitext.splitlines(keepends=True):
        if count_unclosed(line) <= MOST_UNCLOSED and (code := _parse(line)):
            yield from _visible(code)
        else:
            yield Dropped("unparsable_lines", line)


def _parse(wikitext: str) -> Wikicode | None:
    """The tree of a text that has some, or None where the parser fails, which its authors call a bug."""
    try:
        # Quotes stay text: an unclosed ''' would cost the links around it.
        return mwparserfromhell.parse(wikitext, skip_style_tags=True)
    except ParserError:
        return None


def _skip_dropped(pieces: Iterable[Piece], counts: Counts) -> Iterator[str]:
    """Leave out and count what is dropped: headings, and everything under the hidden ones as one section."""
    level = 0  # of the heading of the hidden section that we are in; 0: in none
    hidden: list[str] = []  # what that section holds so far
    for piece in chain(pieces, [None]):
        if level and (piece is None or (isinstance(piece, Heading) and piece.level <= level)):
            _drop(counts, "sections", "".join(hidden))
            level, hidden = 0, []
        if level:
            hidden.append(piece.source if isinstance(piece, Dropped) else str(piece))
        elif isinstance(piece, Heading):
            if _title(piece) in HIDDEN_SECTIONS:
                level, hidden = piece.level, [str(piece)]
            else:
                _drop(counts, "headings", str(piece))
            yield _BREAK
        elif isinstance(piece, Dropped):
            _drop(counts, piece.kind, piece.source)
        elif piece is not None:
            yield piece


def _title(heading: Heading) -> str:
    title = "".join(piece for piece in _visible(heading.title) if isinstance(piece, str))
    return fold(_put_back(title.replace("'''", ""))).rstrip(":").casefold()


def _visible(code: Wikicode | None) -> Iterator[Piece]:
    """The visible text of a tree, piece by piece, with its headings and with what shows no text."""
    for node in code.nodes if code is not None else []:
        match node:
            case Text():
                yield node.value
            case HTMLEntity():
                yield html.unescape(str(node)).translate(_SHOWN)
            case Heading():
                yield node
            case Wikilink():
                yield from _link(node)
            case ExternalLink():
                yield from _visible(node.title) if node.brackets else [str(node.url)]
            case Tag():
                yield from _tag(node)
            case Template():
                yield from _template(node)
            case Argument():
                yield Dropped("templates", str(node))
            case Comment():
                yield Dropped("comments", str(node))


def _template(template: Template) -> Iterator[Piece]:
    shown = SHOWN_TEMPLATES.get(str(template.name).strip().casefold())
    parameter = next((name for name in (shown, "1") if shown and template.has(name, ignore_empty=True)), None)
    if parameter is None:
        yield Dropped("templates", str(template))
    else:
        yield from _visible(template.get(parameter).value)


def _link(link: Wikilink) -> Iterator[Piece]:
    title = fold(str(link.title))
    namespace = title.partition(":")[0].strip().casefold()
    if namespace in HIDDEN_NAMESPACES or _LANGUAGE.match(title):
        yield Dropped(HIDDEN_NAMESPACES.get(namespace, CATEGORIES), str(link))
    elif any(not set(_NO_TITLE).isdisjoint(text.value) for text in link.title.nodes if isinstance(text, Text)):
        yield from chain(_visible(link.title), [" "], _visible(link.text))
    elif link.text is not None and str(link.text).strip():
        yield from _visible(link.text)
    else:
        yield _PROJECT.sub("", title, count=1)


def _tag(tag: Tag) -> Iterator[Piece]:
    name = str(tag.tag).strip().casefold()
    if name in HIDDEN_TAGS:
        yield Dropped(HIDDEN_TAGS[name], str(tag))
    elif tag.wiki_markup and name in {"li", "dd", "dt"}:
        yield _BREAK + _ITEM
    elif name in SHOWN_TAGS:
        space = _BREAK if name in BLOCK_TAGS else ""
        yield from chain([space], map(_show, _visible(tag.contents)), [space])
    elif name in BLOCK_TAGS:
        yield from chain([_BREAK], _visible(tag.contents), [_BREAK])
    elif name in INLINE_TAGS:
        yield from _visible(tag.contents)
    else:
        yield from _unknown_tag(tag)


def _show(piece: Piece) -> Piece:
    return piece.translate(_SHOWN) if isinstance(piece, str) else piece


def _put_back(text: str) -> str:
    """The marks that `_show` has hidden."""
    return _HIDDEN.sub(lambda hidden: _MARKS[hidden[0]], text)  # str.translate takes twenty times as long


def _unknown_tag(tag: Tag) -> Iterator[Piece]:
    """What looks like a tag and is text."""
    yield f"<{tag.tag}{''.join(map(str, tag.attributes))}{tag.padding}{'/' if tag.self_closing else ''}>"
    if not tag.self_closing:
        yield from _visible(tag.contents)
        yield f"</{tag.closing_tag}>"
