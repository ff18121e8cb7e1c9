"""The exported folder: it is complete, works by itself, and has the best tagger with its calibration."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.ner.data.corpus import read_labels, read_split
from pipeline.ner.exported import SETTINGS
from pipeline.ner.scoring.tested import parse_predictions
from pipeline.predict import TextTagger, load
from pipeline.predict.pieces import Piece
from pipeline.predict.runtime import Runtime
from pipeline.predict.write import write_conll
from pipeline.protocol import TokenRule
from tests.ner.drawn import make_tagger
from tests.params import FULL
from tests.predict.conftest import World, sum_again

ROOT = Path(__file__).parents[2]
TEXT = "Анна уехала в Москву."
SUFFIXES = {".safetensors", ".json", ".md", ".udpipe"}


@pytest.mark.parametrize(
    ("cell", "tokens", "settings"),
    [
        ("sru", "all", {}),
        ("lstm", "alphanumeric", {"features": "mix"}),
        ("none", "all", {"features": "all"}),
        ("gru", "all", FULL | {"learning_rate": 0.03, "dropout": 0.0, "decay": False, "epochs": 6}),
    ],
    ids=["paper", "mix", "bare", "full"],
)
def test_the_tagger_says_from_tokens_what_evaluate_said(
    world: World, tmp_path: Path, cell: str, tokens: TokenRule, settings: dict[str, Any]
) -> None:
    """From tokens as given: what the protocol lower-cases is not what the surface of the full tagger reads."""
    made = world
    if settings:
        made = World(tmp_path)
        made.paths.raw.parent.mkdir()
        made.paths.raw.symlink_to(world.paths.raw)
        made.pretrain(cell)
        made.train(tokens, **{"epochs": 3, "seeds": [1]} | settings)

    tagger, labels = load(made.exported), read_labels(made.corpus)
    test = [sentence.tokens for sentence in read_split(made.corpus / "test.tsv")]
    predictions = (made.paths.predictions / "wikineural" / f"seed-{tagger.settings.seed}.txt").read_bytes()
    expected = parse_predictions(predictions, "predictions", np.array([len(tokens) for tokens in test]), labels)
    space = " " if tokens == "all" else " !?! "  # a token that is not read
    tags = tag(tagger, [space.join(tokens) for tokens in test])
    assert tags == [labels[tag] for tag in expected.tolist()]
    assert sum(tag != "O" for tag in tags) > 20
    sees_case = tag(tagger, [space.join(tokens).lower() for tokens in test]) != tags
    assert sees_case == bool(settings.get("surface"))
    assert sees_case == ("tokens as given as well" in (made.exported / "README.md").read_text(encoding="utf-8"))


def tag(tagger: TextTagger, sentences: list[str]) -> list[str]:
    """The tags of all tokens but `!?!`."""
    out = io.StringIO()
    write_conll(tagger.tag(Piece(sentence, tokenised=True) for sentence in sentences), out)
    rows = [line.split("\t") for line in out.getvalue().splitlines() if "\t" in line]
    return [tag for token, tag in rows if token != "!?!"]


def test_a_copy_works_elsewhere(world: World, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [path for path in world.exported.rglob("*") if path.is_symlink()]
    (copy / "lm" / ".DS_Store").write_bytes(b"x")  # other files do no harm
    monkeypatch.chdir(tmp_path)
    assert load("copy")(TEXT) == load(world.exported)(TEXT) != []


@pytest.mark.slow
def test_a_copy_works_where_there_is_nothing_else(world: World, copy: Path, tmp_path: Path) -> None:
    assert {path.suffix for path in copy.rglob("*") if path.is_file()} == SUFFIXES
    code = "import sys; from pipeline.predict import load; print(load('copy')('{}')); print({})"
    # What takes a quarter of the start where something loads it, and what only stages need.
    heavy = "{'torch._dynamo', 'sympy', 'dvc', 'typer', 'matplotlib', 'pandas'} & {*sys.modules}"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", code.format(TEXT, heavy)], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert result.stdout.splitlines() == [repr(load(world.exported)(TEXT)), "set()"], result.stderr


def test_the_best_tagger_on_validation_is_taken(world: World) -> None:
    with (world.scores / "wikineural.epochs.csv").open() as file:
        kept_epochs = [row for row in csv.DictReader(file) if row["kept"] == "1"]
    assert len(kept_epochs) == 2
    best = max(kept_epochs, key=lambda row: float(row["validation_entity_f1"]))
    assert load(world.exported).settings.seed == best["seed"]


def test_calibration_lowers_the_loss_on_validation_and_bins_add_up(world: World) -> None:
    calibration = json.loads((world.scores / "wikineural.calibration.json").read_text())["wikineural"]["calibration"]
    before, after = (calibration["validation"][when] for when in ("before", "after"))
    assert after["log_loss"] <= before["log_loss"] + 1e-6
    assert calibration["temperature"] == json.loads((world.exported / SETTINGS).read_text())["temperature"]
    for split in ("validation", "test"):
        thresholds = calibration[split].pop("thresholds")
        assert thresholds[0]["precision"] == pytest.approx(calibration[split]["after"]["right"], abs=1e-5)
        recalls = [row["recall"] for row in thresholds]
        assert recalls == sorted(recalls, reverse=True) and recalls[0] > recalls[-1]
        for figures in calibration[split].values():
            bins = figures["bins"]
            assert sum(b["entities"] for b in bins) == figures["entities"] > 0
            assert all(b["low"] <= b["confidence"] <= b["high"] for b in bins)
            gaps = [b["entities"] * abs(b["right"] - b["confidence"]) for b in bins]
            assert figures["ece"] == pytest.approx(sum(gaps) / figures["entities"], abs=1e-5)


def test_confidences_are_calibrated(world: World, copy: Path) -> None:
    settings = json.loads((copy / SETTINGS).read_text())
    (copy / SETTINGS).write_text(json.dumps(settings | {"temperature": 9.0}))
    assert load(copy)(TEXT)[0].confidence < load(world.exported)(TEXT)[0].confidence


def test_the_card_says_what_it_is_made_of(world: World) -> None:
    card = (world.exported / "README.md").read_text()
    scores = [row.split(",") for row in (world.scores / "wikineural.scores.csv").read_text().splitlines()]
    seed = load(world.exported).settings.seed
    (value,) = [row[2] for row in scores if row[:2] == ["entity_f1", seed]]
    assert f" {float(value):.3f} |" in card and "generated demo text" in card and "of 2 the best" in card
    assert "`data/demo/model.udpipe`" in card and str(world.folder) not in card
    assert "| vectors of words" in card and "- The vectors of words: generated by" in card
    assert "tokens as given" not in card  # it has no surface


def test_the_card_says_f1_as_given_in_lower_case_with_typos_and_on_seen_and_unseen_entities(world: World) -> None:
    with (world.scores / "wikineural.scores.csv").open(encoding="utf-8") as file:
        scores = {(row["metric"], row["seed"]): row for row in csv.DictReader(file)}
    card, seed = (world.exported / "README.md").read_text(encoding="utf-8"), load(world.exported).settings.seed
    titles = {
        "entity_f1": "",
        "entity_f1_seen": ", seen",
        "entity_f1_unseen": ", unseen",
        "entity_f1_lowercased": ", lower-cased",
    }
    for metric, title in titles.items():
        value, low, high = (float(scores[metric, seed][column]) for column in ("value", "low", "high"))
        assert re.search(rf"\| Entity F1{title} +\| +{value:.3f} \| +{low:.3f} to {high:.3f} \|", card)
    with (world.scores / "wikineural.typos.csv").open(encoding="utf-8") as file:
        (row,) = (row for row in csv.DictReader(file) if row["seed"] == seed and row["rate"] == "0.2")
    value, low, high = (float(row[f"entity_f1{end}"]) for end in ("", "_low", "_high"))
    assert re.search(rf"\| Entity F1, 20 % typos +\| +{value:.3f} \| +{low:.3f} to {high:.3f} \|", card)


def test_a_udpipe_model_that_was_taken_out_is_asked_for_and_must_be_the_same(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("copy/model.udpipe").rename("elsewhere.udpipe")
    with pytest.raises(UserError, match=r"copy/model.udpipe: not found; .*--udpipe"):
        load("copy")
    assert isinstance(load("copy", udpipe="elsewhere.udpipe")("Анна уехала.")[:1], list)
    with Path("elsewhere.udpipe").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(UserError, match=r"elsewhere.udpipe: found sha256 .* UDPipe model data/demo/model.udpipe"):
        load("copy", udpipe="elsewhere.udpipe")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (SETTINGS, None, "tagger.json: not found"),
        (SETTINGS, '{"format": 1}', "tagger.json: format: "),
        (SETTINGS, ("model.udpipe", "../model.udpipe"), "tagger.json: udpipe.file: "),
        (SETTINGS, ("lm/lm.safetensors", "lm/../../secret"), "tagger.json: parts.lm/../../secret.*: "),
        ("lm/lm.safetensors", None, "lm/lm.safetensors: no such file or directory; .*dvc repro export, or copy it"),
        ("lm/lm.safetensors", "x", "lm/lm.safetensors: found sha256 .* or another tagger's; .*dvc repro export, or"),
    ],
)
def test_a_damaged_folder_is_named(copy: Path, file: str, content: str | tuple[str, str] | None, message: str) -> None:
    path = copy / file
    if isinstance(content, tuple):
        content = path.read_text().replace(*content)
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(UserError, match=message):
        load(copy)


@pytest.mark.parametrize("label", ["B-\x1b[31mPER", "B-P R", "B-PER\n", "B-\u202ePER"])
def test_a_label_that_would_be_obeyed_is_refused(copy: Path, label: str) -> None:
    path = copy / "tagger" / "config.json"
    config = json.loads(path.read_text())
    config["labels"] = [x.replace("B-PER", label).replace("I-PER", "I" + label[1:]) for x in config["labels"]]
    path.write_text(json.dumps(config))
    sum_again(copy)
    with pytest.raises(UserError, match=r"config\.json: labels\.1: "):
        load(copy)


ABSURD = [0, -1, 10**7, 10**30, 1e999, "many", []]
SIZES = {
    "tagger/config.json": "labels width hidden layers features",
    "lm/config.json": "arch.layers lm.hidden",
    "lm/charcnn.json": "embedding filters filters.0.1 highway projection reading.characters",
}


OF_TRAINING = {"lm/config.json": "vocabulary_size lm.training.cutoffs"}
"""Sizes of the softmax, which is not used here: the light runtime does not read them."""
DAMAGES = [("auto", file, key) for file, keys in SIZES.items() for key in keys.split()]
DAMAGES += [("torch", file, key) for x in (SIZES, OF_TRAINING) for file, keys in x.items() for key in keys.split()]


@pytest.mark.parametrize(("runtime", "file", "key"), DAMAGES)
def test_a_setting_that_is_not_the_weights_is_one_line_and_takes_no_memory(
    copy: Path, runtime: Runtime, file: str, key: str
) -> None:
    path = copy / file
    whole = json.loads(path.read_text())
    *outer, last = [int(part) if part.isdigit() else part for part in key.split(".")]
    for value in ABSURD:
        damaged = json.loads(json.dumps(whole))
        block = damaged
        for part in outer:
            block = block[part]
        if block[last] == value:
            continue
        block[last] = value
        path.write_text(json.dumps(damaged))
        sum_again(copy)
        with pytest.raises(UserError, match=r"make it again: dvc repro \w+, or copy it again$") as error:
            load(copy, runtime=runtime)
        assert "\n" not in str(error.value) and str(copy) in str(error.value)


def test_parts_of_two_taggers_are_named(copy: Path) -> None:
    tagger = make_tagger(["O", "B-PER", "I-PER"], 6)
    tagger.save(copy / "tagger")
    sum_again(copy)
    with pytest.raises(UserError, match=r"copy/tagger: reads 6 numbers a token, and .*copy/lm gives \d+"):
        load(copy)
