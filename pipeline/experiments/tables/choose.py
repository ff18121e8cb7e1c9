"""Which revision stands for an architecture: one that differs from the workspace in the architecture alone."""

from collections.abc import Iterator, Sequence

from pipeline.errors import UserError
from pipeline.experiments.compare.system import find_scored
from pipeline.experiments.lock import stale
from pipeline.experiments.revision import PARAMS, Json, Revision, read_choice
from pipeline.lm.settings import ELMO
from pipeline.paths import HERE

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
            if read_choice(revision.params)._replace(protocol=None) != choice or not find_scored(revision):
                continue
        except UserError:
            continue  # a branch from before the first run
        if not any(_differences(revision, workspace, params)):
            return revision
    return None


def _differences(revision: Revision, workspace: Revision, params: Json) -> Iterator[str]:
    """Of params.yaml the settings are compared and not the file: the architecture is to differ."""
    known = {PARAMS: None, HERE.architecture.as_posix(): workspace.architecture_md5(params["arch"])}
    for stage in find_scored(revision).values():
        yield from stale(
            revision.stages, stage, params, lambda file: known[file] if file in known else workspace.md5(file)
        )
    # Inputs need not be in git: the sums of what was read last speak for them. Every architecture reads them, but a
    # published ELMo only where all take its char-CNN.
    then, now = _sums(revision), _sums(workspace)
    if read_choice(workspace.params).charcnn != ELMO:
        now.pop(HERE.elmo.as_posix(), None)
    yield from (path for path, md5 in now.items() if path.startswith(RAW) and then.get(path, md5) != md5)


def _sums(revision: Revision) -> dict[str, str]:
    """The md5 of every output in dvc.lock, by path."""
    return {out["path"]: out["md5"] for stage in revision.stages.values() for out in stage.get("outs", [])}
