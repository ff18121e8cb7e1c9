"""Which revision stands for an architecture: one that differs from the workspace in the architecture alone."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pipeline import layout
from pipeline.errors import UserError
from pipeline.experiments.lock import Stages, stale
from pipeline.experiments.revision import PARAMS, Revision

EVALUATE = "evaluate@"

Json = dict[str, Any]


def find(arch: str, revisions: Sequence[Revision], params: Json) -> Revision | None:
    """The first revision whose scores are those that the workspace would get with this architecture; None without.

    `params` is the workspace's params.yaml. Settings, code and inputs have to be the workspace's, as far as the scores
    depend on them: the rows of a table differ in one thing.
    """
    wanted = params | {"arch": arch}
    raw = _raw_data(revisions)
    return next((r for r in revisions if _names(r, wanted) and not any(_differences(r, wanted, raw))), None)


def changed_since(revision: Revision) -> str | None:
    """Something that has changed in a revision since its scores were made; None where they are up to date."""

    @cache
    def md5(file: str) -> str | None:
        return revision.md5(file) if revision.has(file) else None

    return next(_stale(revision.stages, revision.params, md5), None)


def _names(revision: Revision, wanted: Json) -> bool:
    """Whether it was run with this architecture and scale: the cheap question first."""
    try:
        found = revision.params
        return bool(_scored(revision.stages)) and all(found.get(key) == wanted[key] for key in ("arch", "scale"))
    except UserError:
        return False  # a branch from before the first run


def _differences(revision: Revision, wanted: Json, raw: dict[str, str]) -> Iterator[str]:
    yield from _stale(revision.stages, wanted, _workspace_md5)
    made = _outs(revision.stages)
    yield from (path for path, md5 in raw.items() if path in made and made[path] != md5)


def _stale(stages: Stages, params: Json, md5: Callable[[str], str | None]) -> Iterator[str]:
    for stage in _scored(stages):
        yield from stale(stages, stage, params, md5)


def _scored(stages: Stages) -> list[str]:
    return [name for name in stages if name.startswith(EVALUATE)]


def _raw_data(revisions: Sequence[Revision]) -> dict[str, str]:
    """Sums of the inputs as the workspace last read them; of those not in git, nothing else speaks."""
    for revision in revisions:
        if revision.commit is None:
            outs = _outs(revision.stages)
            return {path: md5 for path, md5 in outs.items() if path.startswith(f"{layout.RAW.as_posix()}/")}
    return {}


def _outs(stages: Stages) -> dict[str, str]:
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}


@cache
def _workspace_md5(file: str) -> str | None:
    """None too for params.yaml, whose settings are compared one by one: the architecture is to differ."""
    if file == PARAMS:
        return None
    path = Path(file)
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() if path.is_file() else None
