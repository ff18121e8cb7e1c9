"""Several processes give the answers of one, and leave nothing behind."""

import json
import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing import active_children
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.predict import TextTagger, load
from pipeline.predict.crew import Crew
from pipeline.predict.pieces import Piece
from tests.conftest import RunCommand
from tests.predict.conftest import World, as_json

TEXTS = [f"Анна Смирнова уехала в город Казань {number} раз." for number in range(23)]


def pieces() -> Iterator[Piece]:
    yield from map(Piece, TEXTS)


def wait_for_the_end() -> None:
    until = time.monotonic() + 20
    while active_children() and time.monotonic() < until:
        time.sleep(0.01)
    assert not active_children()


def test_a_crew_answers_as_one_tagger_in_order(
    world: World, tagger: TextTagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.predict.tagger.POOL_PIECES", 4)
    with Crew(2, partial(load, world.exported)) as crew:
        assert len(active_children()) == 2
        for _ in range(2):
            found = [*crew.tag(pieces())]
            assert [tagged.piece.text for tagged in found] == TEXTS
            for one, other in zip(found, tagger.tag(pieces()), strict=True):
                assert one.sentences == other.sentences
                for a, b in zip(as_json(one.spans), as_json(other.spans), strict=True):
                    assert a == b | {"confidence": pytest.approx(b["confidence"], abs=2e-4)}
    wait_for_the_end()


def test_a_process_that_is_killed_is_one_line(world: World) -> None:
    with Crew(1, partial(load, world.exported)) as crew:
        (worker,) = active_children()
        os.kill(worker.pid or 0, signal.SIGKILL)
        with pytest.raises(UserError, match="a process of --jobs has been killed"):
            [*crew.tag(pieces())]
    wait_for_the_end()


def test_a_folder_that_is_replaced_meanwhile_is_one_line(tmp_path: Path) -> None:
    with Crew(1, partial(load, tmp_path)) as crew, pytest.raises(UserError, match=r"tagger\.json: not found"):
        [*crew.tag(pieces())]
    wait_for_the_end()


def test_the_command_with_jobs_writes_the_same(world: World, tmp_path: Path, run_command: RunCommand) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS), encoding="utf-8")
    ask = partial(run_command, "predict", "--model", world.exported, "--file", path, "--jsonl", "--format", "jsonl")
    one, two = ask(), ask("--jobs", 2)
    assert (one.code, two.code, two.err) == (0, 0, "") and one.out == two.out
    wait_for_the_end()
