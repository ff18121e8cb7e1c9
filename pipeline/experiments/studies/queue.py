"""The experiments of a study in DVC's queue: those that were run are found, the others are run."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.errors import UserError
from pipeline.experiments.compare.system import find_scored
from pipeline.experiments.lock import Json, stale
from pipeline.experiments.mend import mend
from pipeline.experiments.revision import PARAMS, Revision, read_choice
from pipeline.experiments.studies.recipe import SCORED
from pipeline.experiments.studies.study import Cell
from pipeline.paths import HERE
from pipeline.work.progress import say

BARE = re.compile(r"[A-Za-z_][\w/-]*")
"""Values that may stand in DVC's `--set-param` as they are."""


def find(cell: Cell, workspace: Revision, others: Sequence[Revision]) -> Revision | None:
    """Return the first revision with the scores that the workspace would get with these settings; None without one.

    Settings, code and inputs have to be those, as far as the scores depend on them.
    """
    for revision in (workspace, *others):
        try:  # the cheap questions first
            if read_choice(revision.params) != read_choice(cell.values) or {*cell.params.sets} - {
                *find_scored(revision)
            }:
                continue
        except UserError:
            continue  # a branch from before the first run
        if not any(_differences(revision, workspace, cell.values)):
            return revision
    return None


def _differences(revision: Revision, workspace: Revision, values: Json) -> Iterator[str]:
    """Yield the changes; params.yaml is compared by its settings and not as a file, since some of them differ."""
    known = {PARAMS: None, HERE.architecture.as_posix(): workspace.architecture_md5(values)}
    for name in find_scored(revision):
        for stage in (f"{stage}@{name}" for stage in SCORED if f"{stage}@{name}" in revision.stages):
            yield from stale(
                revision.stages, stage, values, lambda file: known[file] if file in known else workspace.md5(file)
            )
    # Inputs need not be in git: the sums of the files that were read last stand for them.
    if read_choice(workspace.params).scale == values["scale"]:
        then, now = (list_inputs(each) for each in (revision, workspace))
        yield from (path for path, md5 in now.items() if then.get(path, md5) != md5)


def list_inputs(revision: Revision) -> dict[str, str]:
    """Return the md5 of the inputs that every experiment reads, by path, as the stages of a revision read them."""
    shared = tuple(path.as_posix() for path in (HERE.news, HERE.udpipe.parent, HERE.raw_ner))
    deps = (dep for stage in revision.stages.values() for dep in stage.get("deps", []))
    return {dep["path"]: dep["md5"] for dep in deps if dep["path"].startswith(shared)}


def run_queued(cells: Sequence[Cell], jobs: int) -> None:
    """Run `dvc exp run` for each experiment in a scratch copy; what DVC has in its cache is not computed again.

    What a killed study has left in the queue is run first. Files of a scale that git does not hold, ignored or not yet
    added, are copied along, or the scratch copy would have other inputs. A failed experiment does not keep the others
    from running; its row will be missing.
    """
    mend()
    for cell in cells:
        settings = [word for key, value in cell.settings.items() for word in ("-S", f"{key}={encode(value)}")]
        _dvc("exp", "run", "--queue", *settings, *_copied(HERE.manifest(cell.params.scale).parent), *SCORED)
    say(f"running {len(cells)} experiments; Ctrl-C stops, and the same command goes on")
    _dvc("exp", "run", "--run-all", "--jobs", str(jobs), check=False)


def finish_queue(jobs: int) -> None:
    """Run what stands in DVC's queue already, if anything does."""
    if _dvc("queue", "status", output=True).count("Queued"):
        say("running what stands in DVC's queue")
        _dvc("exp", "run", "--run-all", "--jobs", str(jobs), check=False)


def encode(value: object) -> str:
    """Write a value as DVC's `--set-param` reads it back."""
    text = json.dumps(value, ensure_ascii=False)
    return text.strip('"') if isinstance(value, str) and BARE.fullmatch(value) else text


def _copied(inputs: Path) -> list[str]:
    # Files and whole folders that exist: DVC fails where it is to copy one that does not.
    command = ["git", "ls-files", "-z", "--others", "--directory", "--", str(inputs)]
    outside_git = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return [word for path in outside_git if path for word in ("--copy-paths", path.rstrip("/"))]


def _dvc(*arguments: str, check: bool = True, output: bool = False) -> str:
    # Stages are run by the `python` on the PATH, which has to be this one in scratch copies too.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        env=os.environ | {"PATH": path},
        check=False,
        stdout=subprocess.PIPE if output else None,
        text=True,
    )
    if check and done.returncode:
        raise UserError(
            f"dvc {' '.join(arguments)}: failed (exit code {done.returncode}), see above; if it is for a lock, another "
            "dvc is at work here, be it one that a killed study has left: wait for its end, and run again"
        )
    return done.stdout or ""
