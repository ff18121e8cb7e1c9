"""params.yaml is checked as a whole, and what is wrong is named with what is valid."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from pipeline.errors import UserError
from pipeline.params import load_params

ROOT = Path(__file__).parents[1]
Edit = Callable[[dict[str, Any]], object]


def test_the_committed_file_is_sound() -> None:
    params = load_params(ROOT / "params.yaml")
    assert params.arch in params.archs and params.scale in params.scales
    assert {"charcnn", "lstm", "gru", "sru", "sru4", "sru12"} <= set(params.archs)


@pytest.mark.parametrize(
    ("setting", "lines"),
    [
        ("arch=gru", 1),
        ("scale=local", 1),
        ("scales.local.lm.training.epochs=7", 1),
        ("compute.jobs=2", 1),
        ("archs.srupp.options.heads=2", 1),
        ("sets=[multiconer,wikineural]", 2),
        ("scales.demo.ner.seeds=[3]", 1),
        ("ner.layers=0", 1),
        ("typos.rates=[0,0.5]", 1),
        ("scales.paper.charcnn.cnn.filters=[4,8]", 1),
    ],
)
def test_dvc_changes_no_line_but_that_of_the_key(tmp_path: Path, setting: str, lines: int) -> None:
    """It writes the whole file anew, so that the file has to stand as it writes it."""
    path, before = tmp_path / "params.yaml", (ROOT / "params.yaml").read_text(encoding="utf-8")
    path.write_text(before, encoding="utf-8")
    apply_overrides(path, [setting])
    after = path.read_text(encoding="utf-8")
    assert len(after.splitlines()) == len(before.splitlines())
    assert sum(a != b for a, b in zip(before.splitlines(), after.splitlines(), strict=True)) == lines


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda p: p.update(arch="x"), "arch: found 'x', expected one of charcnn, lstm, gru, sru, sru4, sru12"),
        (lambda p: p.update(scale="x"), "scale: found 'x', expected one of demo, local, paper"),
        (
            lambda p: p.update(sede=1),
            "sede: unknown key; valid keys here: arch, scale, sets, seed, protocol, archs, text",
        ),
        (lambda p: p.pop("seed"), "seed: missing"),
        (lambda p: p["archs"]["gru"].update(cell="grue"), "archs.gru.cell: found 'grue'"),
        (lambda p: p["archs"]["gru"].update(layer=2), "archs.gru.layer: unknown key; valid keys here: cell, layers"),
        (lambda p: p["archs"]["gru"].update(layers=0), "only cell 'none' has 0 layers"),
        (lambda p: p["archs"]["elmo"].update(layers=2), "and cell 'elmo', whose options.json counts them"),
        (lambda p: p["scales"]["demo"]["charcnn"].update(source="taiga"), "demo.charcnn.source: found 'taiga'"),
        (lambda p: p["scales"]["demo"]["charcnn"].pop("source"), "scales.demo.charcnn.source: missing"),
        (lambda p: p["scales"]["demo"].update(charcnn={"source": "train"}), "scales.demo.charcnn.projection: missing"),
        (lambda p: p["scales"]["demo"].update(charcnn={"source": "elmo", "hiden": 1}), "charcnn.hiden: unknown key"),
        (
            lambda p: p["archs"]["gru"].update(options={"heads": 2}),
            "archs.gru.options: found {'heads': 2}: expected for cell 'gru': none",
        ),
        (
            lambda p: p["archs"]["srupp"].pop("options"),
            "archs.srupp.options: found {}: expected for cell 'srupp': heads, ratio",
        ),
        (lambda p: p["archs"]["srupp"]["options"].update(width=2), "expected for cell 'srupp': heads, ratio"),
        (lambda p: p["archs"]["srupp"]["options"].update(heads=0), "archs.srupp.options.heads: found 0"),
        (lambda p: p["scales"]["paper"]["lm"].update(hiden=3), "scales.paper.lm.hiden: unknown key"),
        (
            lambda p: p["scales"]["demo"]["lm"]["training"].update(lr=3),
            "valid keys here: batch_tokens, epochs, learning",
        ),
        (lambda p: p["text"].update(fragment_words=-1), "params.yaml: text.fragment_words: found -1: input should be"),
        (lambda p: p["compute"].update(backend="x"), "compute.backend: found 'x'"),
        (lambda p: p["compute"].update(device="gpuu"), "compute.device: found 'gpuu': expected auto, cpu, cuda or"),
        (lambda p: p.update(seed=2**70), "seed: found"),
        (lambda p: p.update(sets=[]), "sets: found []: list should have at least 1 item"),
        (lambda p: p.update(sets=["a", "b", "a"]), "sets: found ['a', 'b', 'a']: expected each of them once"),
        (lambda p: p.update(sets=["../a"]), "sets.0: found '../a': string should match pattern"),
        (lambda p: p.update(sets=["machine"]), "sets.0: found 'machine': machine is the name of a block"),
        (lambda p: p.update(sets="wikineural"), "sets: found 'wikineural': input should be a valid list"),
        (lambda p: p.update(seed=True), "seed: found True"),
        (lambda p: p["archs"]["gru"].update(layers=True), "archs.gru.layers: found True"),
        (lambda p: p["archs"].update(layers={"zz": 1}), "archs.layers.zz: unknown key; valid keys here: cell, layers"),
        (lambda p: p["scales"]["demo"]["ner"].update(seeds=[1, 1]), "seeds: found [1, 1]: expected each of them once"),
        (lambda p: p["scales"]["demo"]["ner"].update(learning_rate=float("inf")), "learning_rate: found inf"),
        (
            lambda p: p["scales"]["demo"]["ner"].update(hidden=10**9),
            "demo.ner.hidden: found 1000000000: input should be",
        ),
        (lambda p: p["archs"]["gru"].update(residual="yes"), "archs.gru.residual: found 'yes'"),
        (lambda p: p.update(archs={}), "archs: found {}: dictionary should have at least 1 item"),
        (lambda p: p.update(protocol="ours"), "protocol: found 'ours': input should be a valid dictionary"),
        (lambda p: p["protocol"].update(lemmas=1), "protocol.lemmas: found 1"),
        (lambda p: p["protocol"].update(token="all"), "protocol.token: unknown key; valid keys here: lowercase"),
        (lambda p: p["protocol"].update(tokens="words"), "protocol.tokens: found 'words'"),
        (lambda p: p["ner"].update(features="bottom"), "params.yaml: ner.features: found 'bottom'"),
        (
            lambda p: p["ner"].update(featurs="top"),
            "ner.featurs: unknown key; valid keys here: features, hidden, layers",
        ),
        (lambda p: p["ner"].pop("clip"), "scales.demo.ner.clip: missing; required here: features, hidden, layers"),
        (lambda p: p.update(ner=3), "params.yaml: ner: found 3, expected the settings that all scales share"),
        (lambda p: p["scales"]["demo"].update(ner=3), "scales.demo.ner: found 3: input should be"),
        (lambda p: p["scales"].update(demo=3), "scales.demo: found 3: input should be"),
        (
            lambda p: p["scales"]["local"]["lm"]["training"].update(clip=1),
            "params.yaml: lm.training.clip: stands at the top and in scales.local as well; keep one of the two",
        ),
        (lambda p: p["typos"].update(rates=[0.1, 0.05]), "params.yaml: typos.rates: found [0.1, 0.05]"),
        (lambda p: p["typos"].update(rates=[5]), "params.yaml: typos.rates.0: found 5"),
        (lambda p: p["scales"]["demo"]["charcnn"]["cnn"].update(filters=[8] * 60), "demo.charcnn.cnn.filters: found "),
        (
            lambda p: p["scales"]["demo"]["charcnn"]["cnn"].update(filters=[0, 0]),
            "cnn.filters: found [0, 0]: expected a",
        ),
        (lambda p: p["scales"]["demo"]["lm"]["training"].update(cutoffs=[9, 9]), "cutoffs: found [9, 9]"),
    ],
)
def test_an_unsound_file_is_one_line(tmp_path: Path, edit: Edit, message: str) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    edit(params)
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    with pytest.raises(UserError) as raised:
        load_params(path)
    assert message in str(raised.value) and str(raised.value).startswith(str(path)) and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("edit", "imports"),
    [
        (lambda p: p, False),
        (lambda p: p.update(arch="elmo"), True),
        (lambda p: p["scales"]["demo"]["charcnn"].update(source="elmo"), True),
        (lambda p: p["scales"]["local"]["charcnn"].update(source="elmo"), False),
    ],
    ids=["as committed", "whole", "its char-CNN", "of another scale"],
)
def test_when_a_published_elmo_is_read(tmp_path: Path, edit: Edit, imports: bool) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    edit(params)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    assert load_params(tmp_path / "params.yaml").imports_elmo == imports


def test_a_file_that_is_not_there_and_one_that_is_not_yaml(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run from the top of the repository"):
        load_params(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("arch: [", encoding="utf-8")
    with pytest.raises(UserError, match="not valid YAML"):
        load_params(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("arch: sru # архитектура", encoding="cp1251")
    with pytest.raises(UserError, match=r"byte 12 \(0x"):
        load_params(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("arch: sru\narch: gru\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"params\.yaml: line 2: key 'arch' stands twice; keep one"):
        load_params(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="top level: found nothing"):
        load_params(tmp_path / "params.yaml")


def test_of_many_faults_the_first_are_told(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("".join(f"key{n}: {n}\n" for n in range(1000)), encoding="utf-8")
    with pytest.raises(UserError, match=r"params\.yaml: key0: unknown key; valid keys here: arch, .*; and 1,009 more$"):
        load_params(tmp_path / "params.yaml")


@pytest.mark.parametrize("digits", ["0x" + "f" * 9000, ":".join(["9"] * 3000)])
def test_a_number_that_python_does_not_print(tmp_path: Path, digits: str) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    text = yaml.safe_dump({**params, "seed": "HERE"}).replace("HERE", digits)
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="seed: found a number of thousands of digits"):
        load_params(tmp_path / "params.yaml")
