"""models/architecture.json: the chosen architecture with the sum of its code, which decide what is trained again."""

from collections.abc import Mapping
from typing import Any

from pipeline.code import PYTHON, Sources
from pipeline.fingerprint import fingerprint_bytes
from pipeline.lm.settings import UNTRAINED, cell_files

FOLDER = "pipeline/lm/rnn/"

Json = dict[str, Any]


def describe_architecture(params: Mapping[str, Any], sources: Sources) -> Json:
    """What `check` writes for params.yaml, as data, and the code in `sources`; KeyError if it chooses none of its own.

    Through the sum, an edit of one architecture's code retrains that architecture and no other.
    """
    arch = {"options": {}, **params["archs"][params["arch"]]}
    code = "" if arch["cell"] in UNTRAINED else _sum(arch["cell"], sources)
    return {"name": params["arch"], **arch, "code": code}


def _sum(cell: str, sources: Sources) -> str:
    paths = [path for path in sources if path.startswith(FOLDER) and path.endswith(PYTHON)]
    texts = {path.removeprefix(FOLDER): sources[path].decode() for path in paths}
    return fingerprint_bytes(*(sources[FOLDER + name] for name in cell_files(cell, texts)))
