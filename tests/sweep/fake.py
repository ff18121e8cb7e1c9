"""A revision in memory, for the tables."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.experiments.tables.rows import Row, read_row

from pipeline.experiments.revision import Revision

ARCHS = {name: {"cell": name, "layers": 2} for name in ("lstm", "gru", "sru", "mine")} | {
    "charcnn": {"cell": "none", "layers": 0},
    "elmo": {"cell": "elmo", "layers": 0},
}
COUNTS = ["sentences", "tokens", "entities", "repaired_orphans", "repaired_type_changes", "duplicates", "also_in_train"]
COST = {"tokens_per_second": 900, "minutes": 3.5, "peak_memory_mb": 500}
RESULTS = Path(__file__).with_name("results")
"""Tables of `metrics`, alike for all."""


class Fake(Revision):
    """Its files are at hand, and its lock speaks of one stage and of one code, `data/code/evaluate.json`."""

    def __init__(
        self, name: str, arch: str, scale: str = "demo", rate: float = 0.1, epoch: str = "best", **md5s: str
    ) -> None:
        """`md5s` are of the code of the stage (`code`), of the architecture (`cell`) and of inputs (`raw`, `elmo`)."""
        self.name, self.commit = name, None
        self.md5s = {"code": "1", "cell": "", "raw": "inputs", "elmo": "none"} | md5s
        self.params = {
            "arch": arch,
            "scale": scale,
            "protocol": {"lowercase": True, "lemmas": True, "tokens": "all", "epoch": epoch},
            "archs": ARCHS,
            "scales": {scale: {"charcnn": {"source": "train"}, "ner": {"rate": rate}}},
        }
        lm, cost = make_lm(arch), {} if arch == "charcnn" else COST
        counts = {"wikineural": {"test": dict.fromkeys(COUNTS, 3)}}
        self.files = {f"metrics/{path.relative_to(RESULTS)}": path.read_text() for path in RESULTS.rglob("*.csv")}
        self.files |= {
            "metrics/pretrain.json": json.dumps({"lm": lm}),
            "metrics/cost.json": json.dumps({"lm": {"device": "cpu"} | cost}),
            "metrics/data.json": json.dumps({"scale": scale, "ner": counts}),
        }
        if "perplexity" not in lm:
            self.files["metrics/pretrain.csv"] = self.files["metrics/pretrain.csv"].splitlines()[0]

    @cached_property
    def stages(self) -> dict[str, Any]:
        arch, scale = self.params["arch"], self.params["scale"]
        architecture, raw = ("models/architecture.json", arch + self.md5s["cell"]), ("data/raw/ner", self.md5s["raw"])
        evaluate = _stage([architecture, raw, ("data/code/evaluate.json", self.md5s["code"])], [("metrics/ner", arch)])
        settings = {f"scales.{scale}.ner": dict(self.params["scales"][scale]["ner"])}
        return {
            "check": _stage([("params.yaml", self.name)], [architecture]),
            "fetch": _stage([], [raw, ("data/raw/elmo", self.md5s["elmo"])]),
            "evaluate@wikineural": evaluate | {"params": {"params.yaml": settings}},
        }

    def md5(self, path: str) -> str:
        md5s = {"params.yaml": self.name, "data/code/evaluate.json": self.md5s["code"]}
        return md5s.get(path) or self.architecture_md5(self.params["arch"])

    def architecture_md5(self, arch: str) -> str:
        return arch + self.md5s["cell"]

    def has(self, path: str) -> bool:
        return path in self.files

    def read_bytes(self, path: str) -> bytes:
        return self.files[path].encode()


def make_lm(arch: str) -> dict[str, Any]:
    if arch == "charcnn":
        return {"arch": arch, "layers": 0, "parameters_m": 0}
    lm = {"arch": arch, "layers": 2, "hidden": 8, "parameters_m": 1.5}
    return lm | {"perplexity": 20.0, "tokens": 2_000_000}


def make_row(arch: str, /, **changes: Any) -> Row:
    return read_row(Fake(f"of-{arch}", arch))._replace(**changes)


def _stage(deps: list[tuple[str, str]], outs: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "deps": [{"path": path, "md5": md5} for path, md5 in deps],
        "outs": [{"path": path, "md5": md5} for path, md5 in outs],
    }
