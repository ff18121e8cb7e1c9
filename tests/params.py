"""params.yaml with other values, for stages that tests run themselves."""

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipeline.files.yaml import read_yaml
from pipeline.params import Compute, Params, Scale, complete_scales

ROOT = Path(__file__).parents[1]


@cache
def _committed() -> Any:
    return complete_scales(read_yaml(ROOT / "params.yaml"))


PAPER, FULL = (_committed()["taggers"][name] for name in ("paper", "full"))
"""What the paper's tagger reads and how it learns, and the one with all that was added."""


def make_params(values: dict[str, Any] | None = None) -> Params:
    """Make the committed params.yaml, for one process and a CPU, with these values by dotted key.

    A key that begins with the name of a block of a scale is of the scale that is chosen, wherever the file has it:
    `text.fragment_words`. A block may be given whole, as data or as its model.
    """
    params = deepcopy(_committed())
    params["compute"] |= {"jobs": 1, "backend": "sequential", "device": "cpu"}
    values = values or {}
    params |= {key: value for key, value in values.items() if "." not in key and key not in Scale.model_fields}
    for key, value in values.items():
        *way, last = key.split(".")
        block = params["scales"][params["scale"]] if key.partition(".")[0] in Scale.model_fields else params
        for part in way:
            block = block[part]
        block[last] = value.model_dump() if isinstance(value, BaseModel) else value
    return Params.model_validate(params)


def make_workers(jobs: int, backend: str) -> Compute:
    """Make the settings of how and where a text stage is done."""
    return make_params({"compute.jobs": jobs, "compute.backend": backend}).compute


def dump_params(params: Params) -> dict[str, Any]:
    """Return what a params.yaml says that is read as these: all settings of a scale stand in the scale."""
    shared: dict[str, Any] = {block: {} for block in Scale.model_fields if block in Params.model_fields}
    return params.model_dump(mode="json") | shared | {"taggers": {params.tagger: {}}}
