"""A stage finishes only if its deps and params, as dvc.yaml lists them, are as they were when it began.

DVC hashes deps and params after the command as well: an edit made while a model trains would be recorded as what the
model was trained with, and `dvc status` would call it up to date.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import UserError
from pipeline.experiments.lock import look_up
from pipeline.files.yaml import read_yaml
from pipeline.params import PARAMS
from pipeline.work.outputs import Steady, changed, checked

DVC = Path("dvc.yaml")


@contextmanager
def steady(stage: str, *sets: str) -> Iterator[None]:
    """The block runs a stage, of a data set or of none, whose outputs get their names only if nothing has changed.

    A `UserError` names the file or value that has changed since the block began.
    """
    if not DVC.is_file():
        raise UserError(f"{DVC.absolute()}: not found; run from the top of the repository")
    entry = look_up(read_yaml(DVC), f"stages.{stage}")
    params = read_yaml(PARAMS)
    names = params | {"item": {"set": "".join(sets)}}

    def resolve(text: str) -> str:
        return re.sub(r"\$\{(.+?)\}", lambda name: str(look_up(names, name[1])), text)

    try:
        outs = [out for kind in ("outs", "metrics", "plots") for out in entry.get(kind, [])]
        # An output with options is the only key of a block.
        targets = [Path(resolve(out if isinstance(out, str) else next(iter(out)))) for out in outs]
        deps = [Path(resolve(dep)) for dep in entry["deps"]]
        keys = [resolve(key) for key in entry.get("params", [])]
    except (AttributeError, KeyError, TypeError):  # DVC, which runs stages, would have refused it
        raise UserError(f"{DVC}: stages.{stage}: found no lists of deps and outs; take it from git again") from None
    inputs = Steady(*deps)

    def confirm(path: Path) -> None:
        if not any(path.is_relative_to(target) for target in targets):
            return  # a checkpoint or another file that is kept for the next run
        now = read_yaml(PARAMS)
        for key in keys:
            if look_up(now, key) != look_up(params, key):
                raise changed(f"{PARAMS}: {key}")
        inputs.confirm()

    with checked(confirm):
        try:
            yield
        except FileNotFoundError:  # of an input that was taken away
            confirm(targets[0])
            raise
