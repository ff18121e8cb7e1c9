"""Colours of entity types: told apart by colour-blind readers, the same everywhere, and there for any type."""

from itertools import combinations, permutations

import numpy as np
import pytest

from pipeline.report.colours import COLOURS, OTHERS, colour_types, on_terminal
from tests.report.world import TYPES

VISION = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""What is seen of linear red, green and blue (Machado, Oliveira and Fernandes 2009, severity 1)."""
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE Lab of linear red, green and blue."""
    xyz = XYZ @ rgb.clip(0, 1) / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
def test_the_types_of_a_set_are_told_apart(vision: str) -> None:
    sets = [[COLOURS[type_] for type_ in types] for types in TYPES.values()]
    for colours in (*sets, [*sets[0], *OTHERS]):
        seen = {colour: lab(np.array(VISION[vision]) @ linear(colour)) for colour in colours}
        for one, other in combinations(colours, 2):
            assert np.linalg.norm(seen[one] - seen[other]) > 15, (one, other)


def test_any_types_have_colours() -> None:
    assert colour_types(TYPES["multiconer"]) == {type_: COLOURS[type_] for type_ in TYPES["multiconer"]}
    types = ["EVENT", "PER", "LAW", "LOC", "DISEASE"]
    colours = colour_types(types)
    assert [*colours] == types and len({*colours.values()}) == 5 and colours["PER"] == COLOURS["PER"]
    assert all(colour_types(order) == colours for order in permutations(types))
    many = colour_types([*map(str, range(30))])
    assert {*many.values()} == {*OTHERS} and not {*OTHERS} & {*COLOURS.values()}
    alone = {type_: colour_types([type_])[type_] for type_ in many}
    assert {*alone.values()} == {*OTHERS} and sum(many[type_] == alone[type_] for type_ in many) > 20
    assert colour_types([]) == {}


def test_a_terminal_has_the_nearest_colour_with_ink_that_can_be_read() -> None:
    levels = [0, 95, 135, 175, 215, 255]
    cube = {16 + 36 * r + 6 * g + b: (levels[r], levels[g], levels[b]) for r, g, b in np.ndindex(6, 6, 6)}
    for colour in [*COLOURS.values(), *OTHERS]:
        ink, ground = (int(part) for part in on_terminal("x", colour).split("m")[0].split(";")[2::3])
        rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert ground == min(cube, key=lambda number: sum(abs(x - y) for x, y in zip(cube[number], rgb, strict=True)))
        low, high = sorted(linear("#" + bytes(cube[n]).hex()) @ XYZ[1] for n in (ink, ground))
        assert (high + 0.05) / (low + 0.05) > 4.5
