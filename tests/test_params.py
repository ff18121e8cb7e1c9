"""params.yaml is checked as a whole, and what is wrong is named with what is valid."""

from copy import deepcopy
from functools import cache, reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.errors import UserError
from pipeline.files.yaml import read_yaml
from pipeline.params import load_params
from tests.params import FULL, PAPER, make_params

PARAMS = Path(__file__).parents[1] / "params.yaml"
FAULTS = Path(__file__).with_name("params_faults.txt").read_text(encoding="utf-8").splitlines()[1:]
committed = cache(lambda: read_yaml(PARAMS))


def test_dvc_changes_no_line_but_those_of_the_keys(tmp_path: Path) -> None:
    """It writes the whole file anew, so that the file has to stand as it writes it."""
    from dvc.utils.hydra import apply_overrides

    lines = {
        "arch=gru": 1,
        "scale=local": 1,
        "sets=[multiconer,wikineural]": 2,
        "archs.srupp.options.heads=2": 1,
        "taggers.full.layers=0": 1,
        "typos.rates=[0,0.5]": 1,
        "scales.demo.ner.seeds=[3]": 1,
        "scales.local.lm.training.epochs=7": 1,
        "scales.paper.charcnn.cnn.filters=[4,8]": 1,
        "compute.jobs=2": 1,
    }
    path, before = tmp_path / "params.yaml", PARAMS.read_text(encoding="utf-8")
    path.write_text(before, encoding="utf-8")
    apply_overrides(path, list(lines))
    after = path.read_text(encoding="utf-8")
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    assert sum(old != new for old, new in pairs) == sum(lines.values())


@pytest.mark.parametrize(
    "fault", [*filter(None, FAULTS), f"scales.demo.charcnn.cnn.filters = {[8] * 60} → found [8, 8"]
)
def test_an_unsound_file_is_one_line(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    edit, message = fault.split(" → ")
    key, _, value = edit.partition(" = ")
    *way, last = key.split(".")
    params = deepcopy(committed())
    block = reduce(getitem, way, params)
    if value:
        block[last] = yaml.safe_load(value)
    else:
        del block[last]
    monkeypatch.setattr("pipeline.params.read_yaml", lambda _: params)
    with pytest.raises(UserError) as raised:
        load_params(PARAMS)
    assert message in str(raised.value) and str(raised.value).startswith(str(PARAMS)) and "\n" not in str(raised.value)


def test_of_many_faults_the_first_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.params.read_yaml", lambda _: {f"key{number}": number for number in range(1000)})
    with pytest.raises(UserError, match=r"params\.yaml: key0: unknown key; valid keys here: arch, .*; and 1,011 more$"):
        load_params(PARAMS)


def test_the_page_explains_every_setting_of_a_tagger() -> None:
    page = (PARAMS.parent / "docs" / "architectures.md").read_text(encoding="utf-8").split("## The tagger\n")[1]
    assert {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")} == set(PAPER) == set(FULL)


@pytest.mark.parametrize(
    ("values", "imports"),
    [
        ({}, False),
        ({"arch": "elmo"}, True),
        ({"scales.demo.charcnn.source": "elmo"}, True),
        ({"scales.local.charcnn.source": "elmo"}, False),
    ],
    ids=["as committed", "whole", "its char-CNN", "of another scale"],
)
def test_when_a_published_elmo_is_read(values: dict[str, Any], imports: bool) -> None:
    assert make_params(values).imports_elmo == imports


def test_when_static_vectors_are_read() -> None:
    assert make_params({"scales.demo.charcnn.source": "vectors"}).imports_vectors
    assert not make_params({"scales.local.charcnn.source": "vectors"}).imports_vectors


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "run from the top of the repository"),
        (b"arch: [", "not valid YAML"),
        ("arch: sru # архитектура".encode("cp1251"), r"byte 12 \(0x"),
        (b"arch: sru\narch: gru\n", r"params\.yaml: line 2: key 'arch' stands twice; keep one"),
        (b"", "top level: found nothing"),
        (b"seed: 0x" + b"f" * 9000, "seed: found a number of thousands of digits"),
        (b"seed: " + b":".join([b"9"] * 3000), "seed: found a number of thousands of digits"),
    ],
    ids=["missing", "not YAML", "not UTF-8", "a key twice", "empty", "hexadecimal", "sexagesimal"],
)
def test_a_file_that_is_missing_or_cannot_be_read(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "params.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        load_params(path)


def test_an_elmo_needs_no_vectors() -> None:
    values = {"arch": "elmo", "charcnn.source": "vectors"}
    assert not make_params(values).imports_vectors and make_params(values | {"arch": "sru"}).imports_vectors
