"""The code that decides what a training run computes."""

from pathlib import Path

from pipeline.lm.settings import cell_code

_ROOM = Path(__file__).parent


def training_code(cell: str) -> list[Path]:
    """Its files: this room, of the architectures only the chosen one, how ids are read, and how processes add up."""
    return [
        *sorted(_ROOM.glob("*.py")),
        *cell_code(cell),
        *(_ROOM.parent / name for name in ("ids.py", "processes.py", "vocabulary.py")),
    ]
