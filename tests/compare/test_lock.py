"""Whether dvc.lock vouches for a result."""

from copy import deepcopy
from typing import Any

from pipeline.experiments.lock import stale

LOCK: dict[str, Any] = {
    "check": {
        "deps": [{"path": "params.yaml", "md5": "p"}, {"path": "pipeline", "md5": "c.dir"}],
        "outs": [{"path": "arch.json", "md5": "a"}, {"path": "data/code", "md5": "d.dir"}],
    },
    "fetch": {
        "deps": [{"path": "inputs", "md5": "i.dir"}, {"path": "arch.json", "md5": "a"}],
        "outs": [{"path": "raw", "md5": "r.dir"}],
    },
    "ner": {
        "deps": [{"path": "raw/ner", "md5": "n.dir"}, {"path": "data/code/ner.json", "md5": "c"}],
        "params": {"params.yaml": {"ner.rate": 0.1, "seed": 1}},
        "outs": [{"path": "tagger", "md5": "t.dir"}],
    },
    "report": {"deps": [{"path": "tagger", "md5": "old.dir"}], "outs": []},
}
PARAMS = {"ner": {"rate": 0.1}, "seed": 1}
MD5 = {"params.yaml": "p", "data/code/ner.json": "c"}


def changes(lock: dict[str, Any] = LOCK, params: Any = PARAMS, md5: dict[str, str] = MD5) -> list[str]:
    return list(stale(lock, "ner", params, md5.get))


def test_what_fits_is_not_stale_whatever_other_stages_are() -> None:
    assert changes() == []


def test_every_kind_of_change_is_found_along_the_whole_way() -> None:
    assert changes(md5={**MD5, "data/code/ner.json": "other"}) == ["ner: data/code/ner.json"]
    assert changes(md5={**MD5, "params.yaml": "other"}) == ["check: params.yaml"]
    assert changes(params={"ner": {"rate": 0.2}, "seed": 1}) == ["ner: ner.rate"]
    assert changes(params={"seed": 1}) == ["ner: ner.rate"]
    lock = deepcopy(LOCK)
    lock["check"]["outs"][0]["md5"] = "another architecture"
    assert changes(lock) == ["fetch: arch.json"]
