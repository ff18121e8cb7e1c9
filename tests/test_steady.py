"""What changes while a stage runs is noticed before its outputs get their names."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from pipeline.errors import UserError
from pipeline.experiments.steady import steady
from pipeline.work.outputs import Steady, fresh_folder, write_text

STAGE = {
    "deps": ["data/words", "data/${scale}/list.txt", "data/${item.set}"],
    "params": ["seed", "scales.${scale}.count"],
    "outs": ["models/${item.set}", {"metrics/kept": {"persist": True}}],
    "plots": [{"metrics/${item.set}.csv": {"cache": False}}],
}
PARAMS = {"scale": "tiny", "seed": 1, "scales": {"tiny": {"count": 3, "colour": "red"}, "huge": {"count": 9}}}


def edit(**values: object) -> None:
    Path("params.yaml").write_text(yaml.safe_dump(PARAMS | values), encoding="utf-8")


def touch(name: str) -> Callable[[], object]:
    return lambda: Path(name).write_text("другое", encoding="utf-8")


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    edit()
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": {"count": STAGE}}), encoding="utf-8")
    for folder in ("words", "tiny", "birds", "other"):
        Path("data", folder).mkdir(parents=True)
        Path("data", folder, "list.txt").write_text("чиж", encoding="utf-8")


def run(change: Callable[[], object], stage: str = "count") -> None:
    """Run a stage that reads nothing, and writes its outputs and something that is not one."""
    with steady(stage, "birds"):
        change()
        write_text(Path("models/.checkpoints/state"), "half")
        with fresh_folder(Path("models/birds")) as folder:
            write_text(folder / "size", "1")
        write_text(Path("metrics/birds.csv"), "1\n")


CHANGES: dict[str, Callable[[], object]] = {
    "data/words": touch("data/words/list.txt"),
    "data/tiny/list.txt": lambda: Path("data/tiny/list.txt").unlink(),
    "data/birds": touch("data/birds/new.txt"),
    "params.yaml: seed": lambda: edit(seed=2),
    "params.yaml: scales.tiny.count": lambda: edit(scales={"tiny": {"count": True}}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_dep_or_a_value_that_changes_is_named_and_no_output_gets_its_name(name: str) -> None:
    with pytest.raises(UserError, match=rf"^{name}: changed while the stage ran, .*; run dvc repro$"):
        run(CHANGES[name])
    assert Path("models/.checkpoints/state").exists(), "what is kept for the next run"
    assert not Path("models/birds").exists() and not Path("metrics").exists()
    assert not list(Path().rglob("*.partial"))


@pytest.mark.parametrize(
    "change",
    [
        lambda: None,
        touch("data/other/list.txt"),
        lambda: edit(scales={"tiny": {"count": 3, "colour": "blue"}, "huge": {}}),
        lambda: edit(scale="huge"),  # DVC too compares what was chosen when it began
    ],
    ids=["nothing", "another folder", "other values", "another choice"],
)
def test_what_decides_nothing_may_change(change: Callable[[], object]) -> None:
    run(change)
    assert Path("models/birds/size").read_text() == Path("metrics/birds.csv").read_text().strip() == "1"


def test_an_input_that_was_taken_away_is_named_and_not_the_read_that_failed() -> None:
    with pytest.raises(UserError, match=r"^data/words: changed while"), steady("count", "birds"):
        Path("data/words/list.txt").unlink()
        Path("data/words/list.txt").read_bytes()
    with pytest.raises(FileNotFoundError, match="nothing"), steady("count", "birds"):
        Path("data/words/nothing").read_bytes()


def test_a_check_ends_with_its_stage() -> None:
    run(lambda: None)
    edit(seed=2)
    write_text(Path("metrics/birds.csv"), "2\n")
    assert Path("metrics/birds.csv").read_text() == "2\n"


@pytest.mark.parametrize(
    "stages",
    [
        "{}",
        "{count: {deps: 5}}",
        "{count: {deps: [a, 5]}}",
        "{count: {deps: [a], params: [[]]}}",
        "{count: {deps: [a], outs: 7}}",
    ],
)
def test_a_dvc_yaml_that_does_not_know_the_stage_is_one_line(stages: str) -> None:
    Path("dvc.yaml").write_text(f"stages: {stages}", encoding="utf-8")
    with pytest.raises(UserError, match=r"dvc\.yaml: stages\.count: .*; take it from git again"):
        run(lambda: pytest.fail("run without knowing what decides it"))


def test_a_dvc_yaml_that_is_broken_or_missing_is_one_line() -> None:
    Path("dvc.yaml").write_text("stages: [", encoding="utf-8")
    with pytest.raises(UserError, match=r"dvc\.yaml: not valid YAML"):
        run(lambda: pytest.fail("run without knowing what decides it"))
    Path("dvc.yaml").unlink()
    with pytest.raises(UserError, match=r"dvc\.yaml: not found; run from the top of the repository"):
        run(lambda: pytest.fail("run without knowing what decides it"))


def test_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    inputs = Steady(tmp_path, tmp_path / "a", tmp_path / "missing")
    (tmp_path / "a").read_text()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").touch()  # what an import leaves
    inputs.confirm()
    (tmp_path / "missing").touch()
    with pytest.raises(UserError, match="changed while"):
        inputs.confirm()
