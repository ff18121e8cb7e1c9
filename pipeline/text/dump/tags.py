"""Tags, tables and links of wikitext are rewritten so that mwparserfromhell reads them as MediaWiki does."""

import re
from collections.abc import Iterable

from pipeline.text.dump.names import names, names_with_kinds

FILES, OTHER_TAGS = "files_and_galleries", "other_tags"

HIDDEN_TAGS = names_with_kinds("hidden_tags")
SHOWN_TAGS, CELLS = names("shown_tags"), names("cell_tags")
BLOCK_TAGS, INLINE_TAGS = names("block_tags"), names("inline_tags")

SHOWN_MARKS = str.maketrans({mark: chr(0xDC00 + i) for i, mark in enumerate("{}[]<>|~'_")})
"""Surrogates, which no decoded text has, for marks that are text: `&lt;` and `<nowiki>{{w}}</nowiki>`."""
_MARKS = {shown: chr(mark) for mark, shown in SHOWN_MARKS.items()}
_SHOWN = re.compile(f"[{''.join(_MARKS)}]")

_PIPES = {"!": "|", "!!": "||", "!-": "|-", "!+": "|+", "(!": "{|", "!)": "|}"}
"""Templates that stand for the marks of a table or a link; within other templates they separate parameters."""


def _any(texts: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(texts, key=len, reverse=True)))


_TAG_NAMES = {*HIDDEN_TAGS, *CELLS, *SHOWN_TAGS, *BLOCK_TAGS, *INLINE_TAGS}
_TAG = (
    rf"(?P<comment><!--|-->)|<(?:(?P<end>/?)(?P<name>{_any(_TAG_NAMES)})"
    r"(?![^\s/\\>])[^<>]*>)?"
)
_TAGS = re.compile(_TAG, re.IGNORECASE)
_TAGS_AND_BRACES = re.compile(
    rf"\{{\{{(?P<pipe>{_any(_PIPES)})\}}\}}|(?P<brace>\{{\{{(?!\{{!\}}\}})|\}}\}})|{_TAG}", re.IGNORECASE
)
_INDENTED_TABLE = re.compile(r"^[ \t:*#;]+(?=\{\|)", re.MULTILINE)
_BRACKET_AT_END = re.compile(r"(?<!\[)(\[(?!\[|//|https?:|ftp:|mailto:)[^\[\]\n]*)\](?=(?:\]\])+(?!\]))")


def prepare(wikitext: str) -> str:
    """Return the article in a form that is simpler to parse.

    Only tags whose content is dropped or shown as it is written stay tags: mwparserfromhell takes every other one that
    has no end, a legal `<p>` or `<li>`, for broken mark-up, and with it the template or the table around it. Tables are
    not indented, and written with `{|`; a bracket at the end of a link's text is text.
    """
    tokens = _TAGS_AND_BRACES if "{{!" in wikitext or "{{(!" in wikitext else _TAGS
    wikitext = tokens.sub(_Simplifier(wikitext).simplify, wikitext)
    wikitext = _INDENTED_TABLE.sub("", wikitext)
    return _BRACKET_AT_END.sub(rf"\1{SHOWN_MARKS[ord(']')]}", wikitext) if "]]]" in wikitext else wikitext


def put_back(text: str) -> str:
    """Return the text with the marks that are text as they were."""
    return _SHOWN.sub(lambda shown: _MARKS[shown[0]], text)  # str.translate takes twenty times as long


class _Simplifier:
    """Reads tokens in their order, and leaves alone what is in a comment or is shown as it is written."""

    def __init__(self, wikitext: str) -> None:
        self._wikitext = wikitext
        self._last_ends: dict[str, int] = {}
        self._inside = ""
        self._depth = 0

    def simplify(self, token: re.Match[str]) -> str:
        kind = "-->" if token["comment"] else (token["name"] or "").casefold()
        if self._inside:
            if kind == self._inside and token[0].startswith(("</", "-->")):
                self._inside = ""
            return token[0]
        if token.lastgroup == "pipe":
            return token[0] if self._depth else _PIPES[token["pipe"]]
        if token.lastgroup == "brace":
            self._depth = max(0, self._depth + (1 if token[0] == "{{" else -1))
            return token[0]
        opens = token[0] == "<!--" or (kind in SHOWN_TAGS and not token["end"] and not token[0].endswith("/>"))
        if opens and self._last_end(kind) > token.start():
            self._inside = kind
        if kind in CELLS:
            return "<br/>" if token["end"] else f"<{kind}/>"
        if kind in BLOCK_TAGS:
            return "<br/>"
        if kind in INLINE_TAGS:
            return ""
        return token[0] if kind else SHOWN_MARKS[ord("<")]

    def _last_end(self, kind: str) -> int:
        """Return where the last comment, or tag of that name, is closed; -1 where none is."""
        if kind not in self._last_ends:
            ends = re.finditer(kind if kind == "-->" else rf"</{kind}\b", self._wikitext, re.IGNORECASE)
            self._last_ends[kind] = max((end.start() for end in ends), default=-1)
        return self._last_ends[kind]
