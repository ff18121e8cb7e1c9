"""A long stage finishes only if what it was started with is still there.

DVC hashes deps and params after the command as well: an edit made while a model trains would be recorded as what the
model was trained with, and `dvc status` would call it up to date.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import UserError

Stamp = dict[Path, tuple[int, int]]


@contextmanager
def steady(settings: Callable[[], object], *inputs: Path) -> Iterator[None]:
    """Run the block; then a `UserError` if `settings()` gives another value or a file of the inputs was changed."""
    before, stamps = settings(), [_stamp(path) for path in inputs]
    yield
    if settings() != before:
        raise UserError(_refusal("params.yaml"))
    for path, stamp in zip(inputs, stamps, strict=True):
        if _stamp(path) != stamp:
            raise UserError(_refusal(str(path)))


def _refusal(name: str) -> str:
    return f"{name}: changed while the stage ran, so its outputs are not those of what stands there now; run dvc repro"


def _stamp(path: Path) -> Stamp:
    """Size and time of change of every file; reading terabytes twice would cost more than it saves."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {file: (file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file()}
