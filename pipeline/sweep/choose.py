"""Which revision stands for an architecture: one that differs from the workspace in the architecture alone."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipeline import layout
from pipeline.errors import UserError
from pipeline.experiments.lock import Stages, stale
from pipeline.experiments.revision import PARAMS, Revision

EVALUATE = "evaluate@"
RAW = f"{layout.RAW.as_posix()}/"

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
    return next(_stale(revision.stages, revision.params, revision.md5), None)


def _is_named(revision: Revision, wanted: Json) -> bool:
    """Whether it was run with this architecture and scale: the cheap question first."""
    try:
        found = revision.params
        return bool(_scored(revision.stages)) and all(found.get(key) == wanted[key] for key in ("arch", "scale"))
    except UserError:
        return False  # a branch from before the first run


def _differences(revision: Revision, workspace: Revision, wanted: Json) -> Iterator[str]:
    """Of params.yaml the settings are compared and not the file: the architecture is to differ."""
    yield from _stale(revision.stages, wanted, lambda file: None if file == PARAMS else workspace.md5(file))
    # Inputs need not be in git: of those, only the sums of what was read last speak.
    read, made = _outs(workspace.stages), _outs(revision.stages)
    yield from (path for path in read if path.startswith(RAW) and made.get(path, read[path]) != read[path])


def _stale(stages: Stages, params: Json, md5: Callable[[str], str | None]) -> Iterator[str]:
    for stage in _scored(stages):
        yield from stale(stages, stage, params, md5)


def _scored(stages: Stages) -> list[str]:
    return [name for name in stages if name.startswith(EVALUATE)]


def _outs(stages: Stages) -> dict[str, str]:
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}
