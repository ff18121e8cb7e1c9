"""What the two files of a published ELMo are called."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import UserError

OPTIONS, WEIGHTS = "options.json", "model.hdf5"
_ENDINGS = {OPTIONS: "options.json", WEIGHTS: ".hdf5"}


def pick(found: Iterable[str], name: str, place: Path) -> str:
    """Which of the paths found in a place is the file of that name.

    AllenNLP's releases are called `..._options.json` and `..._weights.hdf5`: without the very name, the only file
    that ends like it will do. A `UserError` if there is none or more than one.
    """
    names = {path: path.rpartition("/")[2] for path in found}
    same = [path for path in names if names[path] == name]
    alike = same or [path for path in names if path.endswith(_ENDINGS[name]) and not names[path].startswith(".")]
    if len(alike) != 1:
        listed = ", ".join(sorted(alike)) or "none"
        raise UserError(f"{place}: found {listed}, expected one {name} or one file whose name ends in {_ENDINGS[name]}")
    return alike[0]
