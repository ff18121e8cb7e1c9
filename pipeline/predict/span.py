"""What a tagger finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """An entity: `text` is the piece of the text from character `start` to `stop`, the latter not included."""

    start: int
    stop: int
    type: str
    confidence: float
    """The calibrated probability, 0 to 1, that these borders and this type are right."""
    text: str
