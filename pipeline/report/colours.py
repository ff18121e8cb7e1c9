"""The colours of pages, pictures and entity types; a type has one wherever it is shown, on a terminal too."""

from collections.abc import Iterable
from zlib import crc32

BLUE, ORANGE, GREY, INK, LINE, WHITE = "#2b6a99", "#c8662b", "#7d858e", "#30363d", "#e8eaed", "#ffffff"
"""The colours of pictures; where a picture stands on a page, it has those of the page instead."""
COLOURS = {
    "PER": "#0072b2",  # blue
    "LOC": "#009e73",  # green
    "ORG": "#d55e00",  # vermilion
    "MISC": "#cc79a7",  # purple
    "CW": "#332288",  # indigo
    "CORP": "#e69f00",  # orange
    "PROD": "#56b4e9",  # sky
    "GRP": "#f0e442",  # yellow
}
"""The colours of known types: the seven hues of Okabe and Ito (Color Universal Design, 2008), which colour-blind
readers can tell apart too, and indigo."""
OTHERS = ["#882255", "#ddcc77", "#7a4419", "#c3c3c3"]
"""The colours of other types: wine, sand, brown and light grey, which are far from each other and from those of PER,
LOC, ORG and MISC."""
LEVELS = [0, 95, 135, 175, 215, 255]
"""Red, green and blue of the 6 x 6 x 6 cube of a terminal with 256 colours, which begins at 16."""
DARKEST, LIGHTEST = 16, 231
"""Corners of the cube."""
DARK = 0.18
"""The relative luminance below which white is easier to read on a colour than black is."""


def colour_types(types: Iterable[str]) -> dict[str, str]:
    """Return the colour of each type, `#rrggbb`, in the order of the types.

    A type that `COLOURS` does not have gets one of `OTHERS` by its name, so that it has the same one everywhere. Of two
    with the same, the later one by name gets the next that is free, if there is one.
    """
    names = [*dict.fromkeys(types)]
    colours = {name: COLOURS[name] for name in names if name in COLOURS}
    for name in sorted(names):
        if name not in COLOURS:
            first = crc32(name.encode("utf-8", "surrogatepass")) % len(OTHERS)
            order = OTHERS[first:] + OTHERS[:first]
            colours[name] = next((colour for colour in order if colour not in colours.values()), order[0])
    return {name: colours[name] for name in names}


def on_terminal(text: str, colour: str) -> str:
    """Return the text on a ground of the nearest of 256 colours, whatever the colours of the terminal are."""
    cube = [min(range(6), key=lambda level: abs(LEVELS[level] - part)) for part in parts(colour)]
    ground = DARKEST + 36 * cube[0] + 6 * cube[1] + cube[2]
    ink = LIGHTEST if luminance(colour) < DARK else DARKEST
    return f"\x1b[38;5;{ink};48;5;{ground}m{text}\x1b[0m"


def parts(colour: str) -> list[int]:
    """Return red, green and blue, 0 to 255."""
    return [*bytes.fromhex(colour.removeprefix("#"))]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0 to 1 (WCAG 2.2)."""
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in (p / 255 for p in parts(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
