"""The gaps that dropped words leave, as in `Компания () закрыта` and `Мост , завод`, are closed up.

Роман (чеш. GAP; род. 1914) умер    GAP is where something was
Роман (чеш.; род. 1914) умер
"""

import re

GAP = "\udfff"
"""The mark of a place where something was dropped: a surrogate, which no decoded text has."""

_RUN = re.compile(rf"{GAP}(?:[^\S\n]*{GAP})+")
_SPACES = set(filter(str.isspace, map(chr, range(0x3001)))) - {"\n"}
_OPENING, _CLOSING = set("([«„“"), set(")]»”“")
_EMPTY = {"()", "[]", "«»", "„“", "„”", "“”"}
_COMMAS, _DASHES, _STOPS = set(",;:"), set("—–"), set(",;:.!?…")
_TAIL = "".join({*_SPACES, *_OPENING, *_COMMAS, *_DASHES, '"'})


def close_up(text: str) -> str:
    """Return the text without gaps, and without the empty brackets, doubled commas and spaces around them.

    Everything else stays as its author wrote it. The time is proportional to the length.
    """
    first, *parts = _RUN.sub(lambda run: run[0].replace(GAP, "") + GAP, text).split(GAP)
    done = _take_apart(first)
    for part in parts:
        start, spaced, is_open = 0, False, True
        while is_open:
            while done and done[-1] in _SPACES:
                done.pop()
                spaced = True
            while start < len(part) and part[start] in _SPACES:
                start, spaced = start + 1, True
            before, after = done[-1][-1] if done else "\n", part[start : start + 1] or "\n"
            if before + after in _EMPTY or (before == after == '"' and not spaced):
                done.pop()
                start += 1
            elif (before in _OPENING and after in {*_COMMAS, *_DASHES, "."}) or (
                before == "\n"
                and (after in {",", ";"} or (after in _STOPS and not part[start + 1 : start + 2].isalnum()))
            ):
                start += 1
            elif (before in _COMMAS and after in _STOPS | _CLOSING) or (
                before in _DASHES and after in _STOPS | _CLOSING | _DASHES
            ):
                done.pop()
            else:
                is_open = False
        if spaced and before not in {*_OPENING, "\n"} and after not in {*_CLOSING, *_STOPS, "\n"}:
            done.append(" ")
        done += _take_apart(part[start:])
    return "".join(done)


def _take_apart(part: str) -> list[str]:
    """Return the part up to its last letter, then single characters, so that it takes no time to remove one."""
    core = part.rstrip(_TAIL)
    return [*([core] if core else []), *part[len(core) :]]
