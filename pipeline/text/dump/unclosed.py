"""Mark-up that was opened and never closed, counted in one pass.

mwparserfromhell reads on from every opening that it finds no end to, and then again as text: its time grows with the
length of the text times the number of such openings. Articles have none or a few; text that was made to stop a reader,
or that is no wikitext at all, has thousands.
"""

import re
from collections import Counter

from pipeline.text.dump.names import names

DEPTH = 40
"""The depth at which mwparserfromhell gives up; what is nested deeper counts as unclosed."""

_MAY_STAY_OPEN = names("open_tags")
_TOKEN = re.compile(
    r"(?P<open>\{\{|\[\[|\{\|(?<![^\n]..)|<!--|\[(?=https?:|ftp:|mailto:|//))"  # a table begins its line
    r"|(?P<close>\|\}(?!\})|\}\}|\]\]|-->|\])"
    r"|<(?P<end>/?)(?P<tag>[a-z][^\s<>/]*)(?P<rest>[^<>]*)(?P<whole>>?)"
    r"|\n",
    re.IGNORECASE,
)
_CLOSES = {"}}": "{{", "]]": "[[", "|}": "{|", "-->": "<!--", "]": "["}


def count_unclosed(wikitext: str) -> int:
    """Count the templates, links, tables, comments and tags that are never closed, or nested over `DEPTH` deep.

    Closing something leaves unclosed what was opened in it.
    """
    unclosed, stack, number = 0, list[str](), Counter[str]()
    for token in _TOKEN.finditer(wikitext):
        opens, closes = token["open"], _CLOSES.get(token["close"] or "")
        if tag := (token["tag"] or "").casefold():
            if not token["whole"]:
                unclosed += 1
            elif token["end"]:
                closes = tag
            elif tag not in _MAY_STAY_OPEN and not token["rest"].endswith("/"):
                opens = tag
        elif not opens and not closes:  # the end of a line, with which a link to the web ends at the latest
            while stack and stack[-1] == "[":
                number[stack.pop()] -= 1
                unclosed += 1
        if opens:
            stack.append(opens)
            number[opens] += 1
            unclosed += len(stack) > DEPTH
        elif closes and number[closes]:
            while (last := stack.pop()) != closes:
                number[last] -= 1
                unclosed += 1
            number[closes] -= 1
    return unclosed + len(stack)
