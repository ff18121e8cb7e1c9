"""A long stage finishes only if what it was started with is still there.

DVC hashes deps and params after the command as well: an edit made while a model trains would be recorded as what the
model was trained with, and `dvc status` would call it up to date.
"""

from collections.abc import Callable
from pathlib import Path

from pipeline.errors import UserError

Stamp = dict[Path, tuple[int, int]]


class Steady:
    """What a stage was started with; `confirm` before its outputs get their names."""

    def __init__(self, settings: Callable[[], object], *inputs: Path) -> None:
        """`settings` reads what decides the result, code too, anew at every call; inputs are files and folders."""
        self._settings, self._inputs = settings, inputs
        self._before, self._stamps = settings(), [_stamp(path) for path in inputs]

    def confirm(self) -> None:
        """A `UserError` if the settings have another value, or a file of the inputs was changed."""
        if self._settings() != self._before:
            raise UserError(_refusal("params.yaml or the code"))
        for path, stamp in zip(self._inputs, self._stamps, strict=True):
            if _stamp(path) != stamp:
                raise UserError(_refusal(str(path)))


def _refusal(name: str) -> str:
    return f"{name}: changed while the stage ran, so its outputs would not be of what stands there now; run dvc repro"


def _stamp(path: Path) -> Stamp:
    """Size and time of change of every file; reading terabytes twice would cost more than it saves."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {file: (file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file()}
