"""Which revision stands for an architecture: one that differs from the workspace in the architecture alone."""

from collections.abc import Callable, Iterator, Sequence

from pipeline.errors import UserError
from pipeline.experiments.lock import stale
from pipeline.experiments.revision import PARAMS, Json, Revision, read_choice
from pipeline.lm.settings import ELMO
from pipeline.paths import HERE

EVALUATE = "evaluate@"
RAW = f"{HERE.raw.as_posix()}/"


def find(arch: str, workspace: Revision, others: Sequence[Revision]) -> Revision | None:
    """The first revision whose scores are those that the workspace would get with this architecture; None without.

    Settings, code and inputs have to be the workspace's, as far as the scores depend on them: the rows of a table
    differ in one thing.
    """
    params = workspace.params | {"arch": arch}
    choice = read_choice(params)._replace(protocol=None)
    for revision in (workspace, *others):
        try:  # the cheap questions first
            if read_choice(revision.params)._replace(protocol=None) != choice or not _scored(revision):
                continue
        except UserError:
            continue  # a branch from before the first run
        if not any(_differences(revision, workspace, params)):
            return revision
    return None


def changed_since(revision: Revision) -> str | None:
    """Something that has changed in a revision since its scores were made; None where they are up to date."""
    return next(_stale(revision, revision.params, revision.md5), None)


def _differences(revision: Revision, workspace: Revision, params: Json) -> Iterator[str]:
    """Of params.yaml the settings are compared and not the file: the architecture is to differ."""
    known = {PARAMS: None, HERE.architecture.as_posix(): workspace.architecture_md5(params["arch"])}
    yield from _stale(revision, params, lambda file: known[file] if file in known else workspace.md5(file))
    # Inputs need not be in git: the sums of what was read last speak for them. Every architecture reads them, but a
    # published ELMo only where all take its char-CNN.
    then, now = _sums(revision), _sums(workspace)
    if read_choice(workspace.params).charcnn != ELMO:
        now.pop(HERE.elmo.as_posix(), None)
    yield from (path for path, md5 in now.items() if path.startswith(RAW) and then.get(path, md5) != md5)


def _stale(revision: Revision, params: Json, md5: Callable[[str], str | None]) -> Iterator[str]:
    for stage in _scored(revision):
        yield from stale(revision.stages, stage, params, md5)


def _scored(revision: Revision) -> list[str]:
    """The stages whose scores are its results: dvc.lock may still have those of a data set that was taken out."""
    sets = read_choice(revision.params).sets
    stages = [name for name in revision.stages if name.startswith(EVALUATE)]
    return [name for name in stages if sets is None or name.removeprefix(EVALUATE) in sets]


def _sums(revision: Revision) -> dict[str, str]:
    """The md5 of every output in dvc.lock, by path."""
    return {out["path"]: out["md5"] for stage in revision.stages.values() for out in stage.get("outs", [])}
