"""The experiments of a study in DVC's queue: those that were run are found, the others are run."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from pipeline.errors import UserError
from pipeline.experiments.lock import Json, stale
from pipeline.experiments.mend import TMP, mend
from pipeline.experiments.revision import PARAMS, Revision, read_choice
from pipeline.experiments.studies.recipe import SCORED, Stage, lead_to
from pipeline.experiments.studies.study import Cell, encode
from pipeline.paths import HERE
from pipeline.work.locks import lock
from pipeline.work.progress import say

SUMS = "sums.json"
"""What `fetch` itself adds to the folder of the inputs, see `pipeline.sources.obtain`."""
WATCH = 120.0
"""Seconds between two looks at the workers of the queue."""
ADVICE = "Ctrl-C leaves them running, and the same command waits for them again; dvc queue stop --kill ends them"


def find(cell: Cell, workspace: Revision, others: Sequence[Revision]) -> Revision | None:
    """Return the first revision with the scores that the workspace would get with these settings; None without one.

    Settings, code and inputs have to be those, as far as the scores of any of the data sets depend on them.
    """
    scored = [f"{stage}@{name}" for stage in SCORED for name in cell.params.sets]
    for revision in (workspace, *others):
        try:  # the cheap questions first
            if read_choice(revision.params) != read_choice(cell.values) or {*scored} - revision.stages.keys():
                continue
        except UserError:
            continue  # a branch from before the first run
        if not any(_differences(revision, workspace, cell.values, scored)):
            return revision
    return None


def _differences(revision: Revision, workspace: Revision, values: Json, scored: Sequence[str]) -> Iterator[str]:
    """Yield what has changed since the stages `scored` were run.

    params.yaml is compared by its settings and not as a file, since others may differ.
    """
    known = {PARAMS: None, HERE.architecture.as_posix(): workspace.architecture_md5(values)}
    for stage in scored:
        yield from stale(
            revision.stages, stage, values, lambda file: known[file] if file in known else workspace.md5(file)
        )
    # Inputs need not be in git. What lies in the folder of the scale has to be what was read, where it is at hand; of
    # files from elsewhere the sums are known only where the workspace has read them last.
    folder = HERE.manifest(values["scale"]).parent.as_posix()
    deps = revision.stages.get("fetch", {}).get("deps", [])
    fetched = [dep["md5"] for dep in deps if dep["path"] == folder]
    if workspace.has(folder) and not {workspace.folder_md5(folder), workspace.folder_md5(folder, SUMS)} & {*fetched}:
        yield folder
    if read_choice(workspace.params).scale == values["scale"]:
        then, now = (list_inputs(each, scored) for each in (revision, workspace))
        # In the folder of all sets lie those of `sets`: each set is compared by itself. A published ELMo and static
        # vectors are inputs of only those that ask for them, by a setting.
        own = {path.as_posix() for path in (HERE.raw_ner, HERE.elmo, HERE.vectors)}
        yield from (path for path, md5 in now.items() if path not in own and then.get(path, md5) != md5)


def list_inputs(revision: Revision, scored: Sequence[str]) -> dict[str, str]:
    """Return the md5 of all inputs that the scores of these stages of dvc.lock depend on, by path.

    An experiment runs these alone, so other stages may have been run with other inputs.
    """
    deps = {name: entry.get("deps", []) for name, entry in revision.stages.items()}
    stages = {
        name: Stage([dep["path"] for dep in deps[name]], [out["path"] for out in entry.get("outs", [])], [])
        for name, entry in revision.stages.items()
    }
    raw = f"{HERE.raw.as_posix()}/"
    read = lead_to([name for name in scored if name in stages], stages)
    return {dep["path"]: dep["md5"] for name in read for dep in deps[name] if dep["path"].startswith(raw)}


def run_queued(cells: Sequence[Cell], jobs: int) -> None:
    """Run `dvc exp run` for each experiment in a scratch copy; what DVC has in its cache is not computed again.

    Files of a scale that git does not hold, ignored or not yet added, are copied along, or the scratch copy would have
    other inputs. A failed experiment does not keep the others from running; its row will be missing.
    """
    for cell in cells:
        settings = [word for key, value in cell.settings.items() for word in ("-S", f"{key}={encode(value)}")]
        _dvc("exp", "run", "--queue", *settings, *_copied(HERE.manifest(cell.params.scale).parent), *SCORED)
    say(f"running experiments: {len(cells)}; {ADVICE}")
    _run_all(jobs)


def finish_queue(jobs: int) -> None:
    """Run what a killed study has left in DVC's queue, and wait for what still runs, if there is any."""
    mend()
    if re.search(r"\b(Queued|Running) *$", _dvc("queue", "status", output=True), re.MULTILINE):
        say(f"running what stands in DVC's queue; {ADVICE}")
        _run_all(jobs)


def _run_all(jobs: int) -> None:
    """Run all that stands in DVC's queue, `jobs` at a time.

    On a busy machine a worker of DVC may get no answer within its second, take the queue for empty and leave. So
    workers that are missing are started again for as long as anything is queued. For the same reason DVC may miss a
    worker that is at work, and would start another: it is asked only when it has seen all that are there.
    """
    ended = threading.Event()
    watch = threading.Thread(target=_replace_workers, args=(jobs, ended), daemon=True)
    watch.start()
    try:
        _dvc("exp", "run", "--run-all", "--jobs", str(jobs), check=False)
    finally:
        ended.set()


def _replace_workers(jobs: int, ended: threading.Event) -> None:
    while not ended.wait(WATCH):
        there = _count_workers()
        if there < jobs and re.search(r"\bQueued *$", status := _ask_queue("status"), re.MULTILINE):
            seen = re.search(r"(\d+) active, (\d+) idle", status)
            if seen and int(seen[1]) + int(seen[2]) == there:
                _ask_queue("start", "--jobs", str(jobs))


def _count_workers() -> int:
    """Return how many processes are workers of the queue of this repository."""
    here, number = os.getcwd(), 0
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # ended by now, or not ours to ask
            number += "queue-worker" in process.cmdline() and process.cwd() == here
    return number


def _ask_queue(*arguments: str) -> str:
    """Call `dvc queue` while another dvc follows the experiments; what is wrong with the queue, that one says."""
    command = [sys.executable, "-m", "dvc", "queue", *arguments]
    return subprocess.run(command, env=_environment(), check=False, capture_output=True, text=True).stdout


def _copied(inputs: Path) -> list[str]:
    # Files and whole folders that exist: DVC fails where it is to copy one that does not.
    command = ["git", "ls-files", "-z", "--others", "--directory", "--", str(inputs)]
    outside_git = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return [word for path in outside_git if path for word in ("--copy-paths", path.rstrip("/"))]


def _dvc(*arguments: str, check: bool = True, output: bool = False) -> str:
    _wait_for_others()
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        env=_environment(),
        check=False,
        stdout=subprocess.PIPE if output else None,
        text=True,
    )
    if check and done.returncode:
        raise UserError(
            f"dvc {' '.join(arguments)}: failed (exit code {done.returncode}), see above; if another dvc has "
            "the lock, wait for its end and run again"
        )
    return done.stdout or ""


def _environment() -> dict[str, str]:
    """Stages are run by the `python` on the PATH, which has to be this one in scratch copies too."""
    return os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}


def _wait_for_others() -> None:
    """Wait until no other dvc holds DVC's lock, be it one of another study or one that a killed study has left."""
    if not TMP.is_dir():
        return
    with (TMP / "lock").open("a") as file:
        if not lock(file):
            say("another dvc is at work here: waiting for its end")
            while not lock(file):
                time.sleep(1)
