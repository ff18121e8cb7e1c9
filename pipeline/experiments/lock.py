"""What dvc.lock says about a result: which stages led to it, and whether they ran with this revision's settings.

After `dvc repro evaluate@wikineural` with another `arch`, params.yaml and the scores of wikineural are of the new one,
those of multiconer still of the old: they must not be read as the new one's.
"""

from collections.abc import Callable, Iterator
from typing import Any

from pipeline.paths import HERE

Json = dict[str, Any]
Stages = dict[str, Json]
"""Of dvc.lock: commands, deps, params and outs by stage."""
Made = dict[str, tuple[str, str]]
"""Outputs: path to (stage, md5)."""

CODE, ARCHITECTURE = f"{HERE.code.as_posix()}/", HERE.architecture.as_posix()


def stale(stages: Stages, stage: str, params: Json, md5: Callable[[str], str | None]) -> Iterator[str]:
    """What has changed since `stage` and those before it ran, as `ner@wikineural: models/lm`; nothing if all fits.

    `params` is params.yaml; `md5` tells that of a file which is not an output of a stage, or tells of code.
    """
    made = {out["path"]: (name, out["md5"]) for name, entry in stages.items() for out in entry.get("outs", [])}
    for name in _led_to(stages, stage, made):
        for dep in stages[name].get("deps", []):
            _, now = _source(made, dep["path"]) or (None, _file_md5(dep, md5))
            if now not in (None, dep["md5"]):
                yield f"{name}: {dep['path']}"
        for key, value in stages[name].get("params", {}).get("params.yaml", {}).items():
            if look_up(params, key) != value:
                yield f"{name}: {key}"


def _led_to(stages: Stages, stage: str, made: Made) -> list[str]:
    """The stage and all before it, each once, the nearest first."""
    names = [stage]
    for name in names:  # grows as it goes
        origins = (_origin(made, dep["path"]) for dep in stages[name].get("deps", []))
        names += dict.fromkeys(maker for maker, _ in filter(None, origins) if maker not in names)
    return names


def _origin(made: Made, path: str) -> tuple[str, str | None] | None:
    """(stage, md5) of an output; for a path within an output the stage only, as the lock has no sums of its parts."""
    if path in made:
        return made[path]
    return next(((name, None) for out, (name, _) in made.items() if path.startswith(f"{out}/")), None)


def _source(made: Made, path: str) -> tuple[str, str | None] | None:
    """As `_origin`; but code, an architecture's too, is what it is, whenever `check` last wrote it down."""
    return None if path.startswith(CODE) or path == ARCHITECTURE else _origin(made, path)


def _file_md5(dep: Json, md5: Callable[[str], str | None]) -> str | None:
    """Of a file in git; folders have a sum of DVC's own, which is not checked."""
    return None if dep["md5"].endswith(".dir") else md5(dep["path"])


def look_up(params: Any, key: str) -> Any:
    """The value of a dotted key; None if it is not there."""
    for part in key.split("."):
        params = params.get(part) if isinstance(params, dict) else None
    return params
