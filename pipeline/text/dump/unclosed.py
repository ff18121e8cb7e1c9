"""Mark-up that was opened and never closed, counted in one pass.

mwparserfromhell reads on from every opening that it finds no end to, and then again as text: its time is that of the
text times the number of such openings. Articles have none or a few; text that was made to stop a reader, or that is
no wikitext at all, has thousands.
"""

import re

DEPTH = 40
"""mwparserfromhell gives up below this; what is nested deeper counts as unclosed."""

_MAY_STAY_OPEN = {
    *("br", "wbr", "hr", "meta", "link", "img", "p", "li", "dt", "dd", "td", "th", "tr", "thead", "tbody", "tfoot"),
    *("caption", "col", "colgroup", "option", "optgroup", "rb", "rp", "rt", "rtc"),
}
_TOKEN = re.compile(
    r"(?P<open>\{\{|\[\[|\{\|(?<![^\n]..)|<!--|\[(?=https?:|ftp:|mailto:|//))"  # a table begins its line
    r"|(?P<close>\|\}(?!\})|\}\}|\]\]|-->|\])"
    r"|<(?P<end>/?)(?P<tag>[a-z][^\s<>/]*)(?P<rest>[^<>]*)(?P<whole>>?)"
    r"|\n",
    re.IGNORECASE,
)
_CLOSES = {"}}": "{{", "]]": "[[", "|}": "{|", "-->": "<!--", "]": "["}


def count_unclosed(wikitext: str) -> int:
    """How many templates, links, tables, comments and tags are never closed, or nested over `DEPTH` deep."""
    stack = _Stack()
    for match in _TOKEN.finditer(wikitext):
        if match["open"]:
            stack.open(match["open"])
        elif match["close"]:
            stack.close(_CLOSES[match["close"]])
        elif match["tag"]:
            _read_tag(match, stack)
        else:
            stack.end_line()
    return stack.unclosed + len(stack.opened)


def _read_tag(match: re.Match[str], stack: "_Stack") -> None:
    name = match["tag"].casefold()
    if not match["whole"]:
        stack.unclosed += 1
    elif match["end"]:
        stack.close(name)
    elif name not in _MAY_STAY_OPEN and not match["rest"].endswith("/"):
        stack.open(name)


class _Stack:
    """What is open; closing something leaves unclosed what was opened in it."""

    def __init__(self) -> None:
        self.unclosed = 0
        self.opened: list[str] = []
        self._number: dict[str, int] = {}

    def open(self, kind: str) -> None:
        self.opened.append(kind)
        self._number[kind] = self._number.get(kind, 0) + 1
        self.unclosed += len(self.opened) > DEPTH

    def close(self, kind: str) -> None:
        if not self._number.get(kind):
            return
        while (last := self.opened.pop()) != kind:
            self._number[last] -= 1
            self.unclosed += 1
        self._number[kind] -= 1

    def end_line(self) -> None:
        """A link to the web ends with its line at the latest."""
        while self.opened and self.opened[-1] == "[":
            self.close("[")
            self.unclosed += 1
