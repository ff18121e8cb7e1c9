"""Letters side by side on a keyboard: the Russian layout ЙЦУКЕН and, on the same keys, QWERTY for Latin words."""

from collections.abc import Iterator

LAYOUTS = [("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"), ("qwertyuiop", "asdfghjkl", "zxcvbnm")]
OFFSETS = (0, 0.25, 0.75)
"""Where the rows begin, in keys. `ё`, beside the digits, touches no letter."""


def _neighbours() -> Iterator[tuple[str, str]]:
    for rows in LAYOUTS:
        places = {key: (x + OFFSETS[y], y) for y, row in enumerate(rows) for x, key in enumerate(row)}
        for key, (x, y) in places.items():
            yield key, "".join(other for other, place in places.items() if other != key and _touch((x, y), place))


def _touch(key: tuple[float, int], other: tuple[float, int]) -> bool:
    across, down = abs(key[0] - other[0]), abs(key[1] - other[1])
    return across == 1 if down == 0 else down == 1 and across < 1


NEIGHBOURS = dict(_neighbours())
"""Of each lower-case letter, the two to six letters around it."""
