"""Whether dvc.lock vouches for a result."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.experiments.lock import stale

PARAMS = {"ner": {"rate": 0.1}, "seed": 1}
MD5 = {"params.yaml": "p", "data/code/ner.json": "c"}


def changes(params: Any = PARAMS, architecture: str = "a", **md5: str) -> list[str]:
    lock = yaml.safe_load(Path(__file__).with_name("lock.yaml").read_text(encoding="utf-8"))
    lock["check"]["outs"][0]["md5"] = architecture
    return list(stale(lock, "ner", params, (MD5 | md5).get))


def test_every_kind_of_change_is_found_along_the_whole_way_and_none_in_other_stages() -> None:
    assert changes() == []
    assert changes(**{"data/code/ner.json": "other"}) == ["ner: data/code/ner.json"]
    assert changes(**{"params.yaml": "other"}) == ["check: params.yaml"]
    assert changes(params={"ner": {"rate": 0.2}, "seed": 1}) == ["ner: ner.rate"]
    assert changes(params={"seed": 1}) == ["ner: ner.rate"]
    assert changes(architecture="another") == ["fetch: arch.json"]
