"""Finished shards: found again only where nothing has changed, whole, and gone when the stage is."""

import os
from collections import Counter
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document, format_document
from pipeline.text import mapping
from pipeline.text.mapping import mapped_shards
from pipeline.work.finished import Finished, keep_finished
from tests.params import make_workers


def log(path: Path, document: Document, counts: Counts) -> Document:
    """Write down which documents are worked on; the last one fails until the stage is mended."""
    with path.open("a") as file:
        file.write(document.id)
    if document.id == "4" and not path.with_name("mended").exists():
        raise UserError("here it ends")
    counts["seen"] += 1
    return document


class Stage:
    """A stage with five shards of a document each; the last one fails until the stage is mended."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.source, self.log = folder, folder / "source", folder / "log"
        self.source.mkdir()
        for number in range(5):
            self.write(number, "а")

    def write(self, number: int, text: str) -> None:
        shard = self.source / f"{number}.txt"
        shard.write_text(format_document(Document(str(number), "", [text])), encoding="utf-8")

    def run(self, settings: int = 1) -> str:
        """Run it, to its end or not, and return the documents that were worked on."""
        self.log.write_text("")
        workers, function, target = make_workers(1, "sequential"), partial(log, self.log), self.folder / "sentences"
        with mapped_shards(function, self.source, target, {"a": settings}, self.folder / "finished", workers) as counts:
            assert counts["seen"] == 5
        return self.log.read_text()

    def fail(self, settings: int = 1) -> None:
        with pytest.raises(UserError, match="here it ends"):
            self.run(settings)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.fail()
    assert stage.log.read_text() == "01234"
    (tmp_path / "mended").touch()
    return stage


def test_a_rerun_does_what_is_left(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.run() == "4"
    assert "sentences: 4 of 5 shards were finished by an earlier run" in capsys.readouterr().err
    assert (stage.folder / "sentences" / "counts.json").read_text() == '{\n  "seen": 5\n}\n'
    assert [path.name for path in (stage.folder / "finished").iterdir()] == ["sentences.lock"]


def test_other_settings_code_or_text_are_worked_on_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    finished = stage.folder / "finished" / "sentences"
    before = set(finished.iterdir())
    assert len(before) == 4
    (stage.folder / "mended").unlink()  # so that the stage is never whole
    stage.write(2, "б")
    stage.fail()
    assert stage.log.read_text() == "24"
    stage.fail(settings=2)
    assert stage.log.read_text() == "01234"
    monkeypatch.setattr(mapping, "sum_code", lambda _: "edited")
    stage.fail()
    assert stage.log.read_text() == "01234"
    assert before < set(finished.iterdir())


def test_a_shard_that_a_power_cut_has_damaged_is_done_again(stage: Stage) -> None:
    first, second, *_ = sorted((stage.folder / "finished" / "sentences").glob("*/shard"))
    first.write_bytes(first.read_bytes()[:-1])
    second.with_name("facts.json").write_text('{"sha')
    assert len(stage.run()) == 3
    assert all((stage.folder / "sentences" / f"{n}.txt").read_text().endswith("а\n\n") for n in range(5))


def test_a_worker_with_other_code_refuses(stage: Stage) -> None:
    work = partial(mapping._map_documents, partial(log, stage.log))
    finished = Finished(stage.folder / "finished", "sentences")
    with pytest.raises(UserError, match=r"sentences: .* on .* is not what the stage was started with; .* restart"):
        mapping._finish(work, {}, "of another commit", finished, stage.source / "0.txt")


def test_the_last_of_several_processes_tidies_up(tmp_path: Path) -> None:
    with keep_finished(tmp_path, "sentences") as one:
        with keep_finished(tmp_path, "sentences") as other, other.add("key", Counter(а=1)) as file:
            file.write(b"a")
            with one.add("key", Counter(а=2)) as twin:  # the same shard at the same time, and done sooner
                twin.write(b"a")
            assert one.facts("key") == {"а": 2}
        assert one.facts("key") == other.facts("key") == {"а": 2}, "it stays"
        (tmp_path / "sentences" / ".killed.partial").mkdir()
        with pytest.raises(ValueError), keep_finished(tmp_path, "sentences"):
            raise ValueError
        assert (tmp_path / "sentences" / ".killed.partial").exists(), "it may be the other one's"
    assert not (tmp_path / "sentences").exists()
    with ExitStack() as later:
        with keep_finished(tmp_path, "sentences"):
            later.enter_context(keep_finished(tmp_path, "sentences"))
        assert (tmp_path / "sentences").exists(), "the one that began first is not the last"


def test_a_shard_that_another_process_has_just_finished_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def add(finished: Finished, name: str) -> None:
        with finished.add("key", {"by": len(name)}) as file:
            file.write(b"a")
        done.append(len(name))

    with keep_finished(tmp_path, "sentences") as one, keep_finished(tmp_path, "sentences") as other:

        def overtaken(key: str) -> Any:
            facts = other.facts(key)
            if facts is None:
                add(other, "other")
            return facts

        monkeypatch.setattr(one, "facts", overtaken)
        add(one, "one")
        assert other.facts("key") == {"by": done[0]}


def test_where_there_are_no_hard_links_it_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    with keep_finished(tmp_path, "sentences") as finished:
        with finished.add("key", {}) as file:
            file.write(b"a")
        finished.place("key", tmp_path / "0.txt")
    assert (tmp_path / "0.txt").read_bytes() == b"a"
