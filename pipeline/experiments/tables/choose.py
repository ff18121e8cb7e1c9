"""Which revision stands for an architecture: one that differs from the workspace in the architecture alone."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipeline.errors import UserError
from pipeline.experiments.lock import Stages, stale
from pipeline.experiments.revision import PARAMS, Revision
from pipeline.lm.settings import ELMO
from pipeline.paths import HERE

EVALUATE = "evaluate@"
RAW = f"{HERE.raw.as_posix()}/"

Json = dict[str, Any]


def find(arch: str, workspace: Revision, others: Sequence[Revision]) -> Revision | None:
    """The first revision whose scores are those that the workspace would get with this architecture; None without.

    Settings, code and inputs have to be the workspace's, as far as the scores depend on them: the rows of a table
    differ in one thing.
    """
    wanted = workspace.params | {"arch": arch}
    named = (revision for revision in (workspace, *others) if _is_named(revision, wanted))
    return next((revision for revision in named if not any(_differences(revision, workspace, wanted))), None)


def changed_since(revision: Revision) -> str | None:
    """Something that has changed in a revision since its scores were made; None where they are up to date."""
    return next(_stale(revision, revision.params, revision.md5), None)


def _is_named(revision: Revision, wanted: Json) -> bool:
    """Whether it was run with this architecture, scale and protocol: the cheap question first."""
    try:
        return bool(_scored(revision)) and _choices(revision.params) == _choices(wanted)
    except UserError:
        return False  # a branch from before the first run


def _choices(params: Json) -> tuple[Any, ...]:
    """What is chosen in params.yaml."""
    return tuple(params.get(key) for key in ("arch", "scale", "sets", "protocol"))


def _differences(revision: Revision, workspace: Revision, wanted: Json) -> Iterator[str]:
    """Of params.yaml the settings are compared and not the file: the architecture is to differ."""
    known = {PARAMS: None, HERE.architecture.as_posix(): workspace.architecture_md5(wanted["arch"])}
    yield from _stale(revision, wanted, lambda file: known[file] if file in known else workspace.md5(file))
    # Inputs need not be in git: of those, only the sums of what was read last speak.
    read, made = _inputs(workspace), _outs(revision.stages)
    yield from (path for path in read if made.get(path, read[path]) != read[path])


def _stale(revision: Revision, params: Json, md5: Callable[[str], str | None]) -> Iterator[str]:
    for stage in _scored(revision):
        yield from stale(revision.stages, stage, params, md5)


def _scored(revision: Revision) -> list[str]:
    """The stages whose scores are its results: dvc.lock may still have those of a data set that was taken out."""
    found = [name for name in revision.stages if name.startswith(EVALUATE)]
    wanted = revision.params.get("sets")
    return found if wanted is None else [name for name in found if name.removeprefix(EVALUATE) in wanted]


def _inputs(revision: Revision) -> dict[str, str]:
    """Sums of what every architecture reads: of a published ELMo only where all read its char-CNN."""
    scale = revision.params["scales"][revision.params["scale"]]
    found = {path: md5 for path, md5 in _outs(revision.stages).items() if path.startswith(RAW)}
    if scale["charcnn"]["source"] != ELMO:
        found.pop(HERE.elmo.as_posix(), None)
    return found


def _outs(stages: Stages) -> dict[str, str]:
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}
