"""What dvc.lock says about a result: which stages led to it, and whether they ran with this revision's settings.

After `dvc repro evaluate@wikineural` with another `arch`, params.yaml and the scores of wikineural belong to the new
architecture, but the scores of multiconer still to the old one: they must not be taken for results of the new one.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from pipeline.paths import HERE

Json = dict[str, Any]
CODE, ARCHITECTURE = f"{HERE.code.as_posix()}/", HERE.architecture.as_posix()


class LOADER(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader of YAML, in C where PyYAML was built with it: in Python, a lock takes a second."""


# What DVC writes as 5e-05 is a number again. YAML 1.1, and so PyYAML, wants a dot in it, or it is text.
LOADER.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?\d+[eE][-+]?\d+$"), [*"-+0123456789"])


def stale(stages: dict[str, Json], stage: str, params: Json, md5: Callable[[str], str | None]) -> Iterator[str]:
    """The changes since `stage` and the stages before it ran, as `ner@wikineural: models/lm`; none if all fits.

    `stages` are commands, deps, params and outs by stage, as dvc.lock has them; `params` is params.yaml; `md5` is
    asked for a file that is no output of a stage, and for code and architecture even if `check` has not run since.
    """
    makers = {out["path"]: (name, out["md5"]) for name, entry in stages.items() for out in entry.get("outs", [])}
    names = [stage]
    for name in names:  # grows as it goes: the nearest stages first
        for dep in stages[name].get("deps", []):
            path = dep["path"]
            output = next((out for out in makers if f"{path}/".startswith(f"{out}/")), None)
            if output and makers[output][0] not in names:
                names.append(makers[output][0])
            if output is None or path.startswith(CODE) or path == ARCHITECTURE:
                now = None if dep["md5"].endswith(".dir") else md5(path)  # folders have a sum of DVC's own
            else:
                now = makers[path][1] if path == output else None  # the lock has no sums of an output's parts
            if now not in (None, dep["md5"]):
                yield f"{name}: {path}"
        for key, value in stages[name].get("params", {}).get("params.yaml", {}).items():
            if look_up(params, key) != value:
                yield f"{name}: {key}"


def look_up(params: Any, key: str) -> Any:
    """The value of a dotted key; None if it is not there."""
    for part in key.split("."):
        params = params.get(part) if isinstance(params, dict) else None
    return params
