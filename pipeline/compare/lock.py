"""What dvc.lock says about a result: which stages led to it, and whether they ran with this revision's settings.

After `dvc repro evaluate@wikineural` with another `arch`, params.yaml and the scores of wikineural are of the new one,
those of multiconer still of the old: they must not be read as the new one's.
"""

from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
Stages = dict[str, Json]
"""Of dvc.lock: commands, deps, params and outs by stage."""


def stale(stages: Stages, stage: str, params: Json, md5: Callable[[str], str | None]) -> Iterator[str]:
    """What has changed since `stage` and those before it ran, as `ner@wikineural: models/lm`; nothing if all fits.

    `params` is params.yaml; `md5` tells that of a file which is not an output of a stage, None if there is none.
    """
    made = {out["path"]: (name, out["md5"]) for name, entry in stages.items() for out in entry.get("outs", [])}
    todo, seen = [stage], set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for dep in stages[name].get("deps", []):
            maker, now = _origin(made, dep["path"]) or (None, _file_md5(dep, md5))
            if maker:
                todo.append(maker)
            if now not in (None, dep["md5"]):
                yield f"{name}: {dep['path']}"
        for key, value in stages[name].get("params", {}).get("params.yaml", {}).items():
            if _look_up(params, key) != value:
                yield f"{name}: {key}"


def _origin(made: dict[str, tuple[str, str]], path: str) -> tuple[str, str | None] | None:
    """(stage, md5) of an output; for a path within an output the stage only, as the lock has no sums of its parts."""
    if path in made:
        return made[path]
    return next(((name, None) for out, (name, _) in made.items() if path.startswith(f"{out}/")), None)


def _file_md5(dep: Json, md5: Callable[[str], str | None]) -> str | None:
    """Of a file in git; folders have a sum of DVC's own, which is not checked."""
    return None if dep["md5"].endswith(".dir") else md5(dep["path"])


def _look_up(params: Any, key: str) -> Any:
    """The value of a dotted key; None if it is not there."""
    for part in key.split("."):
        params = params.get(part) if isinstance(params, dict) else None
    return params
