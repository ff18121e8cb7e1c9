"""Experiments that are still to be run: DVC's queue, one after the other."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import UserError
from pipeline.experiments.mend import mend
from pipeline.work.progress import say


def run_queued(archs: Sequence[str], inputs: Path) -> None:
    """Run `dvc exp run` for each architecture in a scratch copy; what DVC has in its cache is not computed again.

    `inputs` is the folder with the manifest. What git does not hold of it is copied along, or the scratch copy would
    have other inputs. A failed experiment does not keep the others from running; its row will be missing.
    """
    mend()
    carried = [word for path in _outside_git(inputs) for word in ("--copy-paths", path)]
    for arch in archs:
        _dvc("exp", "run", "--queue", "-S", f"arch={arch}", *carried)
    say(f"running {', '.join(archs)}, one after the other; Ctrl-C stops, and the same command goes on")
    _dvc("exp", "run", "--run-all", "--jobs", "1", check=False)


def _outside_git(folder: Path) -> list[str]:
    """Files and whole folders below `folder` that git ignores or has not been told of; DVC copies none that exist."""
    command = ["git", "ls-files", "-z", "--others", "--directory", "--", str(folder)]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [path.rstrip("/") for path in listed.split("\0") if path]


def _dvc(*arguments: str, check: bool = True) -> None:
    # Stages are run by the `python` on the PATH, which has to be this one in scratch copies too.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], env=os.environ | {"PATH": path}, check=False)
    if check and done.returncode:
        raise UserError(
            f"dvc {' '.join(arguments)}: failed (exit code {done.returncode}), see above; if it is for a lock, another "
            "dvc is at work here, be it one that a killed `tables` has left: wait for its end, and run again"
        )
