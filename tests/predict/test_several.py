"""Several taggers in one call: the spans of each, with its name, in the order of the text."""

import json
from functools import partial
from pathlib import Path

from pipeline.predict import load
from tests.conftest import RunCommand
from tests.predict.conftest import World, as_json

TEXTS = ["Анна Смирнова уехала в город Казань.", "", "Иван Петров живёт в городе Москва."]


def test_every_span_says_who_has_found_it(world: World, copy: Path, tmp_path: Path, run_command: RunCommand) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS), encoding="utf-8")
    settings = json.loads((copy / "tagger.json").read_text())
    (copy / "tagger.json").write_text(json.dumps(settings | {"temperature": 9.0}))  # the same spans, less confident
    models = ("--model", world.exported, "--model", copy)
    ask = partial(run_command, "predict", *models, "--file", path, "--jsonl", "--format", "jsonl")
    one, two = (load(folder)(TEXTS) for folder in (world.exported, copy))
    for line, first, second in zip(ask().out.splitlines(), one, two, strict=True):
        spans = json.loads(line)["spans"]
        for name, found in (("wikineural", first), ("copy", second)):
            assert [span for span in spans if span["tagger"] == name] == [x | {"tagger": name} for x in as_json(found)]
        assert [span["start"] for span in spans] == sorted(span["start"] for span in spans)
    assert ask("--jobs", 2).out == ask().out


def test_they_are_written_where_entities_may_overlap(world: World, copy: Path, run_command: RunCommand) -> None:
    ask = partial(run_command, "predict", TEXTS[0], "--model", world.exported, "--model")
    assert (
        ask(copy).err == "error: several --model: found --format terminal, expected jsonl, where entities may overlap\n"
    )
    assert ask(world.exported, "--format", "jsonl").err.endswith("given twice; name every folder once\n")
