"""Mending what a kill left half-written, which the next run would refuse or never look at again."""

import json
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import yaml
from dvc.rwlock import SCHEMA as RWLOCK_SCHEMA
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from voluptuous import Invalid

from pipeline.errors import UserError
from pipeline.experiments.lock import LOADER
from pipeline.paths import HERE
from pipeline.work.locks import hold, lock
from pipeline.work.outputs import remove
from pipeline.work.progress import say

TMP = Path(".dvc", "tmp")
SUFFIXES = (".partial", ".old")
"""Endings of outputs that `pipeline.work.outputs` did not finish."""


def mend() -> None:
    """Mend what a killed dvc or stage left half-written, and say so; the files of one still at work stay."""
    for folder in (TMP, TMP / "exps"):
        _mend(folder / "rwlock", folder / "rwlock.lock", lambda content: RWLOCK_SCHEMA(json.loads(content)))
    _mend(Path("dvc.lock"), TMP / "lock", _check_lock)
    # Listed before the locks, which a killed stage leaves too: a stage that starts now owns none of these files.
    hidden = [path for folder in (HERE.data, HERE.models, HERE.metrics) for path in folder.rglob(".*")]
    partials = [p for p in hidden if p.suffix in SUFFIXES and not any(part[0] == "." for part in p.parts[:-1])]
    with ExitStack() as locks:
        try:
            for path in HERE.locks.glob("*"):
                locks.enter_context(hold(path, "running"))
        except UserError:
            return
        for path in partials:
            remove(path)
            say(f"{path}: removed: a killed stage has left it half-written")


def _mend(path: Path, lock_file: Path, check: Callable[[bytes], object]) -> None:
    """Replace a file that no dvc can read by git's, or remove it. DVC writes it in place, holding `lock_file`."""
    if not path.is_file() or not lock_file.parent.is_dir():
        return
    with lock_file.open("a") as file:
        if not lock(file):
            return
        try:
            check(path.read_bytes())
        except (ValueError, yaml.YAMLError, Invalid):
            path.unlink()
            subprocess.run(["git", "checkout", "--quiet", "--", str(path)], check=False, capture_output=True)
            result = "is as git has it again" if path.exists() else "removed"
            say(f"{path}: {result}: a killed dvc has left it half-written, and no other could read it")


def _check_lock(content: bytes) -> None:
    if b"<<<<<<< " not in content:  # a conflict of git's is for a person to resolve
        COMPILED_LOCKFILE_SCHEMA(yaml.load(content, LOADER))
