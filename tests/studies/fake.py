"""A revision in memory that has run all stages of dvc.yaml."""

import copy
import json
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.experiments.lock import look_up
from pipeline.experiments.revision import Revision
from pipeline.experiments.studies.recipe import resolve
from pipeline.experiments.studies.study import Cell, Study, list_cells
from pipeline.files.yaml import read_yaml

ROOT = Path(__file__).parents[2]
STAGES = read_yaml(ROOT / "dvc.yaml")["stages"]
VALUES = read_yaml(ROOT / "params.yaml")
VALUES |= {"arch": "sru", "scale": "demo", "tagger": "paper", "sets": ["wikineural"]}
COST = {"tokens_per_second": 900, "minutes": 3.5}
RESULTS = Path(__file__).with_name("results")
"""Tables of `metrics`, alike for all."""
DECIDE: dict[str, Any] = {
    "text__segmenter": "udpipe", "scales__demo__vocabulary__min_count": 3, "scales__demo__charcnn__source": "vectors",
    "charcnn__encoder": "ngrams", "lm__training__clip": 0.3, "archs__sru__layers": 3, "tagger": "full",
    "taggers__paper__dropout": 0.3, "scales__demo__ner__seeds": [1, 2], "protocol__tokens": "alphanumeric",
    "evaluate__bootstrap": 7, "typos__rates": [0, 0.3], "arch": "sru4", "scale": "local", "seed": 2,
}  # fmt: skip
"""A setting of each stage and each choice that changes a score, dots written as two underscores; and others."""
DECIDE_NOTHING: dict[str, Any] = {
    "scales__local__ner__epochs": 9, "archs__lstm__layers": 3, "taggers__full__dropout": 0.3, "compute__jobs": 3,
}  # fmt: skip


def cell_of(**settings: Any) -> Cell:
    """An experiment with these settings, whose dots are written as two underscores."""
    study = Study(question="?", rows={"row": {key.replace("__", "."): value for key, value in settings.items()}})
    return list_cells(study, "fake", copy.deepcopy(VALUES))[0]


class Fake(Revision):
    """Its files are at hand, and its lock has all stages of dvc.yaml, whose outputs have the same sum each."""

    def __init__(self, name: str, md5s: dict[str, str] | None = None, **settings: Any) -> None:
        """`md5s` are of code (`code`, `cell` of the architecture), raw inputs (`raw`, `elmo`) and their `folder`."""
        self.name, self.commit, self.is_experiment = name, None, False
        self.md5s = {"code": "1", "cell": "", "raw": "inputs", "folder": "1.dir", "elmo": ""} | (md5s or {})
        self.params = copy.deepcopy(VALUES)
        for key, value in settings.items():
            *blocks, last = key.split("__")
            reduce(dict.__getitem__, blocks, self.params)[last] = value
        arch = self.params["arch"]
        lm = {"arch": arch, "layers": 2, "hidden": 8, "parameters_m": 1.5, "perplexity": 20.0, "tokens": 2_000_000}
        bare = {"arch": arch, "layers": 0, "parameters_m": 0}
        machine = {"hardware": "a machine", "software": "python"}
        self.files = {f"metrics/{path.relative_to(RESULTS)}": path.read_text() for path in RESULTS.rglob("*.csv")}
        self.files |= {
            "metrics/pretrain.json": json.dumps({"lm": bare if arch == "charcnn" else lm}),
            "metrics/cost.json": json.dumps({"lm": {"device": "cpu"} | ({} if arch == "charcnn" else COST)}),
            "metrics/charcnn.cost.json": json.dumps({"encoder": {"cpu_minutes": 0.5}}),
            "metrics/ner/wikineural.cost.json": json.dumps({"tagger": {"cpu_minutes": 2}}),
            "metrics/ner/wikineural.json": json.dumps({"wikineural": {}, "machine": machine}),
        }
        if arch == "charcnn":
            self.files["metrics/pretrain.csv"] = self.files["metrics/pretrain.csv"].splitlines()[0]

    @cached_property
    def stages(self) -> dict[str, Any]:
        entries = {}
        for name, stage in STAGES.items():
            for data_set in self.params["sets"] if "matrix" in stage else [""]:
                filled = resolve(stage, self.params, data_set)
                entries[f"{name}@{data_set}".rstrip("@")] = {
                    "deps": [{"path": path, "md5": self._sum(path)} for path in filled.deps],
                    "outs": [{"path": path, "md5": self._sum(path)} for path in filled.outs],
                    "params": {"params.yaml": {key: copy.deepcopy(look_up(self.params, key)) for key in filled.params}},
                }
        return entries

    def _sum(self, path: str) -> str:
        if path == "data/raw/ner":
            return " ".join([self.md5s["raw"], *self.params["sets"]])
        if path.startswith("data/raw/"):
            return self.md5s["elmo" if path in ("data/raw/elmo", "data/raw/vectors") else "raw"]
        return self.md5(path)

    def md5(self, path: str) -> str:
        if path.startswith("data/code/"):
            return self.md5s["code"]
        known = {"pipeline": "any.dir", f"data/{self.params['scale']}": self.md5s["folder"], "params.yaml": self.name}
        return self.architecture_md5(self.params) if path == "models/architecture.json" else known.get(path, "output")

    def architecture_md5(self, params: Any) -> str:
        return params["arch"] + self.md5s["cell"]

    def folder_md5(self, path: str, without: str = "") -> str:
        return self.md5s.get(f"folder without {without}", self.md5s["folder"])

    def has(self, path: str) -> bool:
        return path in self.files or (path.startswith("data/") and bool(self.md5s["folder"]))

    def read_bytes(self, path: str) -> bytes:
        if path not in self.files:
            raise UserError(f"{self.name}: {path}: neither in git nor in DVC's cache")
        return self.files[path].encode()
