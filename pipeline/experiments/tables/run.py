"""The command `tables`: run what has not been run, and compare all architectures with the paper's."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.errors import UserError
from pipeline.experiments.compare.system import check_fresh, find_scored
from pipeline.experiments.lock import Json, stale
from pipeline.experiments.mend import mend
from pipeline.experiments.revision import PARAMS, Revision, all_revisions, open_revisions, read_choice
from pipeline.experiments.tables.pairs import compare_rows
from pipeline.experiments.tables.plots import choose_drawings
from pipeline.experiments.tables.rows import read_row
from pipeline.experiments.tables.sweep import Sweep, list_records, render
from pipeline.files.csv import write_csv
from pipeline.lm.settings import ELMO
from pipeline.params import Params
from pipeline.paths import HERE
from pipeline.protocol import Protocol
from pipeline.report.pages.render import write_page
from pipeline.report.paper import order_sets
from pipeline.report.plots.style import save
from pipeline.work.progress import say

NAME = "tables"


def run(
    params: Params, archs: Sequence[str], revisions: Sequence[str], compute: bool, inputs: Path, target: Path
) -> str:
    """Write tables.md, .html, .csv and pictures to `target`; return the page.

    Without `revisions`, each of `archs` has a row, from the workspace, an experiment or a branch that differs from the
    workspace only in the architecture; with `compute`, those not found are run first, with the inputs in the folder
    `inputs`. With `revisions`, each of them has a row.
    """
    if revisions:
        opened, missing = open_revisions(*dict.fromkeys(revisions)), list[str]()
        for revision in opened:
            for name in find_scored(revision):
                check_fresh(revision, name)
        choices = [read_choice(revision.params) for revision in opened]
        note = "The rows are of the revisions that were named; `python -m pipeline compare A B` says how two differ."
    else:
        workspace, opened, missing = _open_archs(params, archs, compute, inputs)
        choices = [read_choice(workspace.params)]
        note = "All rows are of the same settings, code and inputs as the workspace, but for the architecture."
    scale = ", ".join(sorted({choice.scale for choice in choices}))
    protocol = "; ".join(sorted({str(Protocol(**choice.protocol)) for choice in choices}))
    rows = [read_row(revision) for revision in opened]
    sets = order_sets({name for row in rows for name in row.scores}) if len(rows) > 1 else []
    sweep = Sweep(scale, protocol, rows, missing, note, [compare_rows(opened, name) for name in sets])

    target.mkdir(parents=True, exist_ok=True)
    records = [*list_records(sweep)]
    write_csv(target / f"{NAME}.csv", [*records[0]], [[*record.values()] for record in records])
    drawings = choose_drawings(sweep.ran)
    page = render(sweep, drawings)
    pictures = {f"{NAME}.{x}": save(target, f"{NAME}.{x}", draw, sweep.ran, sweep.sets) for x, draw in drawings.items()}
    write_page(target, NAME, page, pictures)
    return f"{page}\npage: {target / NAME}.html"


def _open_archs(
    params: Params, archs: Sequence[str], compute: bool, inputs: Path
) -> tuple[Revision, list[Revision], list[str]]:
    """The workspace, a revision for each architecture that has one, and the architectures that have none."""
    if unknown := [arch for arch in archs if arch not in params.archs]:
        raise UserError(f"found no architecture {unknown[0]!r}; archs in params.yaml: {', '.join(params.archs)}")
    while True:
        say("looking through the workspace, experiments and branches")
        workspace, *others = all_revisions()
        opened = {arch: find(arch, workspace, others) for arch in archs}
        missing = [arch for arch, revision in opened.items() if revision is None]
        if not (compute and missing):
            return workspace, [revision for revision in opened.values() if revision], missing
        run_queued(missing, inputs)
        compute = False


def find(arch: str, workspace: Revision, others: Sequence[Revision]) -> Revision | None:
    """The first revision with the scores that the workspace would get with this architecture; None if there is none.

    Settings, code and inputs have to be the workspace's, as far as the scores depend on them: the rows of a table
    differ in one thing.
    """
    params = workspace.params | {"arch": arch}
    choice = read_choice(params)
    for revision in (workspace, *others):
        try:  # the cheap questions first
            if read_choice(revision.params) != choice or not find_scored(revision):
                continue
        except UserError:
            continue  # a branch from before the first run
        if not any(_differences(revision, workspace, params)):
            return revision
    return None


def _differences(revision: Revision, workspace: Revision, params: Json) -> Iterator[str]:
    """The changes; params.yaml is compared by its settings and not as a file, since the architecture differs."""
    known = {PARAMS: None, HERE.architecture.as_posix(): workspace.architecture_md5(params["arch"])}
    for stage in find_scored(revision).values():
        yield from stale(
            revision.stages, stage, params, lambda file: known[file] if file in known else workspace.md5(file)
        )
    # Inputs need not be in git: the sums of the files that were read last stand for them. Every architecture reads
    # them, except the files of a published ELMo, which the others read only if all take its char-CNN.
    then, now = _sums(revision), _sums(workspace)
    if read_choice(workspace.params).charcnn != ELMO:
        now.pop(HERE.elmo.as_posix(), None)
    raw = f"{HERE.raw.as_posix()}/"
    yield from (path for path, md5 in now.items() if path.startswith(raw) and then.get(path, md5) != md5)


def _sums(revision: Revision) -> dict[str, str]:
    """The md5 of every output in dvc.lock, by path."""
    return {out["path"]: out["md5"] for stage in revision.stages.values() for out in stage.get("outs", [])}


def run_queued(archs: Sequence[str], inputs: Path) -> None:
    """Run `dvc exp run` for each architecture in a scratch copy; what DVC has in its cache is not computed again.

    `inputs` is the folder with the manifest. What git does not hold of it, ignored or not yet added, is copied along,
    or the scratch copy would have other inputs. A failed experiment does not keep the others from running; its row will
    be missing.
    """
    mend()
    # Files and whole folders that exist: DVC fails where it is to copy one that does not.
    command = ["git", "ls-files", "-z", "--others", "--directory", "--", str(inputs)]
    outside_git = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    copied = [word for path in outside_git if path for word in ("--copy-paths", path.rstrip("/"))]
    for arch in archs:
        _dvc("exp", "run", "--queue", "-S", f"arch={arch}", *copied)
    say(f"running {', '.join(archs)}, one after the other; Ctrl-C stops, and the same command goes on")
    _dvc("exp", "run", "--run-all", "--jobs", "1", check=False)


def _dvc(*arguments: str, check: bool = True) -> None:
    # Stages are run by the `python` on the PATH, which has to be this one in scratch copies too.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], env=os.environ | {"PATH": path}, check=False)
    if check and done.returncode:
        raise UserError(
            f"dvc {' '.join(arguments)}: failed (exit code {done.returncode}), see above; if it is for a lock, another "
            "dvc is at work here, be it one that a killed `tables` has left: wait for its end, and run again"
        )
