"""params.yaml with other values, for stages that tests run themselves."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipeline.files.yaml import read_yaml
from pipeline.params import Params, Scale

ROOT = Path(__file__).parents[1]


def make_params(values: dict[str, Any] | None = None) -> Params:
    """The committed params.yaml on one process and a CPU, with these values by dotted key.

    A key that begins with the name of a block of a scale, or with `protocol.`, is of the scale or protocol that is
    chosen: `text.fragment_words`, `protocol.lemmas`. A block may be given whole, as data or as its model.
    """
    params = read_yaml(ROOT / "params.yaml")
    params["compute"] |= {"jobs": 1, "backend": "sequential", "device": "cpu"}
    values = values or {}
    params |= {key: value for key, value in values.items() if key in params}  # what is chosen, before what is in it
    for key, value in values.items():
        block, *way = key.split(".")
        tables = {**dict.fromkeys(Scale.model_fields, "scale"), **({"protocol": "protocol"} if way else {})}
        if block in tables:
            table = tables[block]
            way = [f"{table}s", params[table], *([block] if table == "scale" else []), *way]
        else:
            way = [block, *way]
        place = params
        for part in way[:-1]:
            place = place[part]
        place[way[-1]] = value.model_dump() if isinstance(value, BaseModel) else value
    return Params.model_validate(params)
