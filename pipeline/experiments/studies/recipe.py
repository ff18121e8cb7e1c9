"""What decides the scores of an experiment on a data set: settings and code of all stages that lead to them.

dvc.yaml says which these are, with `${...}` in place of what params.yaml chooses. Their sums say of a row in
results/<study>/rows.csv whether the tree as it stands would give it. Inputs are not among them: another machine, which
draws the page only, need not have them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pipeline.experiments.lock import Json, look_up
from pipeline.experiments.revision import Revision
from pipeline.paths import HERE
from pipeline.provenance.fingerprint import fingerprint

SCORED = ("evaluate", "typos")
"""The stages whose scores a row has."""
DIGITS = 12
"""Of the sums, in hexadecimal."""


class Sums(NamedTuple):
    """Sums of the settings and of the code that decide a score."""

    settings: str
    code: str


class Stage(NamedTuple):
    """A stage of dvc.yaml for one data set, without placeholders."""

    deps: list[str]
    outs: list[str]
    params: list[str]


def sum_up(tree: Revision, stages: Json, values: Json, data_set: str) -> Sums:
    """Return the sums for a data set where params.yaml has these values.

    `tree` has the code, `stages` are those of dvc.yaml.
    """
    filled = {name: resolve(stage, values, data_set) for name, stage in stages.items() if name != "check"}
    settings: dict[str, Any] = {}
    code: dict[str, str | None] = {HERE.architecture.as_posix(): tree.architecture_md5(values)}
    for name in lead_to(SCORED, filled):
        settings[name] = {key: look_up(values, key) for key in filled[name].params}
        code[name] = tree.md5((HERE.code / f"{name}.json").as_posix())
    return Sums(fingerprint(settings)[:DIGITS], fingerprint(code)[:DIGITS])


def lead_to(names: Iterable[str], stages: Mapping[str, Stage]) -> list[str]:
    """Return these stages and all those whose outputs they read, sorted."""
    reached, todo = set[str](), [*names]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            deps = [f"{dep}/" for dep in stages[name].deps]
            outs = [(maker, f"{out}/") for maker, stage in stages.items() for out in stage.outs]
            todo += [maker for maker, out in outs if any(out.startswith(dep) or dep.startswith(out) for dep in deps)]
    return sorted(reached)


def resolve(stage: Json, values: Json, data_set: str) -> Stage:
    """Return a stage of dvc.yaml with the values of params.yaml, and the data set, in place of `${...}`."""

    def fill(text: str) -> str:
        return re.sub(r"\$\{(.+?)\}", lambda key: str(look_up(values | {"item": {"set": data_set}}, key[1])), text)

    outs = [out for kind in ("outs", "metrics", "plots") for out in stage.get(kind, [])]
    paths = [next(iter(out)) if isinstance(out, dict) else out for out in outs]  # options of an output are its value
    return Stage(*(list(map(fill, texts)) for texts in (stage.get("deps", []), paths, stage.get("params", []))))
