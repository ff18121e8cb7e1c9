"""A sentence with its entities marked, as gold or a system has them."""

from typing import NamedTuple

GOLD, RIGHT, WRONG = "gold", "right", "wrong"


class Piece(NamedTuple):
    """An entity, its type and status: `gold`, `right` or `wrong`; or text between entities, both empty."""

    text: str
    type: str
    status: str


class Reading(NamedTuple):
    """A sentence as gold or a system has it; `by` names the seeds that agree on it, empty for gold."""

    system: str
    by: str
    pieces: list[Piece]
