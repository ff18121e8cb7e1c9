"""The same bytes from a real local cluster of two workers; the packages are extras, and most will not have them."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.stages import documents, fragments, lemmas, vocabulary
from pipeline.text.udpipe import Lemmatizer
from pipeline.work.workers import Workers
from tests.text.conftest import MODEL, OURS
from tests.text.test_stages import TEXT, VOCABULARY, all_bytes, alone, run_text_stages

CLUSTERS = {"dask": "distributed", "ray": "ray"}


@pytest.fixture(scope="module")
def undisturbed(lemmatizer: Lemmatizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    run_text_stages(folder, alone(folder))
    lemmas.run(folder / "lowercase", MODEL, folder / "lemmas", OURS, alone(folder))
    return folder


@pytest.mark.parametrize("backend", CLUSTERS)
def test_a_cluster_of_two_changes_no_byte(
    backend: str, undisturbed: Path, lemmatizer: Lemmatizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(CLUSTERS[backend], reason=f"an extra: pip install '.[{backend}]'")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    workers = Workers(2, backend, tmp_path / ".shards")
    documents.run(undisturbed / "raw", tmp_path / "documents", TEXT, workers)
    fragments.run(undisturbed / "sentences", tmp_path / "fragments", TEXT, workers)
    lemmas.run(undisturbed / "lowercase", MODEL, tmp_path / "lemmas", OURS, workers)
    vocabulary.run(undisturbed / "lowercase", tmp_path / "vocabulary", VOCABULARY, 1, workers)
    for stage in ("documents", "fragments", "lemmas", "vocabulary"):
        assert all_bytes(tmp_path / stage) == all_bytes(undisturbed / stage)


@pytest.mark.parametrize("backend", CLUSTERS)
def test_a_cluster_that_is_not_installed_is_said(backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(UserError, match=rf"compute\.backend: {backend} is not installed; .*'\.\[{backend}\]'"):
        list(Workers(2, backend, tmp_path).map(len, ["а"]))


def test_a_cluster_of_the_stages_own_that_does_not_start_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def init(**_: object) -> None:
        raise Exception("The current node timed out during startup.")

    parts: dict[str, dict[str, Any]] = {
        "ray": {"init": init},
        "ray.util": {},
        "ray.util.joblib": {"register_ray": None},
    }
    for name, content in parts.items():
        module = ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    said = r"^compute\.backend: ray: the stage's own cluster .* \(The current .*\); run again, or .*backend: loky"
    with pytest.raises(UserError, match=said):
        list(Workers(2, "ray", tmp_path).map(len, ["а"]))


def test_a_cluster_that_does_not_answer_is_said(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="an extra: pip install '.[dask]'")
    import dask

    nobody = {"scheduler-address": "tcp://127.0.0.1:1", "distributed.comm.timeouts.connect": "1s"}
    said = r"^DASK_SCHEDULER_ADDRESS: no cluster answers at 'tcp://127\.0\.0\.1:1'"
    with dask.config.set(nobody), pytest.raises(UserError, match=said):
        list(Workers(2, "dask", tmp_path).map(len, ["а"]))
