"""Where things lie: beside the manifest, or in the real repository when DVC works in a copy of it.

`dvc exp run --temp` and queued experiments run in a copy that holds tracked files only: neither the user's
own manifest nor the files beside it. There DVC_ROOT names the real repository.
"""

import os
import re
from pathlib import Path


def home(manifest: Path) -> Path:
    """The folder of the manifest's scale in the real repository."""
    root = os.environ.get("DVC_ROOT")
    real = Path(root) / "data" / manifest.absolute().parent.name if root else manifest.parent
    return real if real.is_dir() else manifest.parent


def readable(path: Path) -> Path | None:
    """The file that `path` names here or, failing that, in the real repository; None if there is none."""
    return next((p for p in (path, home(path) / path.name) if p.is_file()), None)


def candidates(source: str, manifest: Path) -> list[Path]:
    """The paths that a path in a manifest may mean, best first."""
    path = Path(os.path.expanduser(source))
    folders = [manifest.parent, home(manifest)]
    return list(dict.fromkeys(folder / path for folder in folders))


def downloads(manifest: Path) -> Path:
    """The folder of downloaded files: data/.downloads of the real repository, shared by all scales."""
    return home(manifest).parent / ".downloads"


def safe_name(name: str) -> str:
    """A file name of letters, digits and `_.+-` only."""
    return re.sub(r"[^\w.+-]", "_", name)
