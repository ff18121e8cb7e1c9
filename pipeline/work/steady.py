"""Files that must not change while something is made of them."""

from pathlib import Path

from pipeline.errors import UserError


class Steady:
    """Files and folders as they are when this is made; `confirm` before what was made of them gets its name."""

    def __init__(self, *inputs: Path) -> None:
        self._stamps = {path: _stamp(path) for path in inputs}

    def confirm(self) -> None:
        """A `UserError` if one of them was changed, a file in it too."""
        for path, stamp in self._stamps.items():
            if _stamp(path) != stamp:
                raise changed(str(path))


def changed(name: str) -> UserError:
    """What is said where something is not what the stage was started with."""
    return UserError(
        f"{name}: changed while the stage ran, so its outputs would not be of what stands there now; run dvc repro"
    )


def _stamp(path: Path) -> dict[Path, tuple[int, int]]:
    """Size and time of change of every file; reading terabytes twice would cost more than it saves."""
    files = [file for file in (path.rglob("*") if path.is_dir() else [path]) if "__pycache__" not in file.parts]
    return {file: (file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file()}
