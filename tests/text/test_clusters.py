"""The same bytes from a real local cluster of two workers; the packages are extras, and most will not have them."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.paths import Paths
from pipeline.stages import documents, fragments, lemmas, vocabulary
from pipeline.text.udpipe import Lemmatizer
from pipeline.work.workers import map_items
from tests.params import make_params, make_workers
from tests.text.test_stages import PARAMS, SETTINGS, all_bytes, link, link_model, run_text_stages

CLUSTERS = {"dask": "distributed", "ray": "ray"}


@pytest.fixture(scope="module")
def undisturbed(lemmatizer: Lemmatizer, tmp_path_factory: pytest.TempPathFactory) -> Paths:
    paths = Paths(tmp_path_factory.mktemp("alone"))
    run_text_stages(paths)
    paths.lemmas.unlink()
    link_model(paths)
    lemmas.run(paths, PARAMS)
    return paths


@pytest.mark.parametrize("backend", CLUSTERS)
def test_a_cluster_of_two_changes_no_byte(
    backend: str, undisturbed: Paths, lemmatizer: Lemmatizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(CLUSTERS[backend], reason=f"an extra: pip install '.[{backend}]'")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setattr(documents, "BATCH", 50)  # more batches than Ray is given at a time
    params = make_params(SETTINGS | {"compute.jobs": 2, "compute.backend": backend})
    paths = Paths(tmp_path)
    for name in ("raw", "sentences", "lowercase"):
        link(paths, undisturbed.data / name, name)
    for stage in (documents, fragments, lemmas):
        stage.run(paths, params)
        name = stage.__name__.rpartition(".")[2]
        assert all_bytes(paths.data / name) == all_bytes(undisturbed.data / name)
    paths.lemmas.rename(tmp_path / "lemmas")
    link(paths, undisturbed.lowercase, "lemmas")
    vocabulary.run(paths, params)
    assert all_bytes(paths.vocabulary) == all_bytes(undisturbed.vocabulary)


@pytest.mark.parametrize("backend", CLUSTERS)
def test_a_cluster_that_is_not_installed_is_said(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, CLUSTERS[backend], None)
    with pytest.raises(UserError, match=rf"compute\.backend: {backend} is not installed; .*'\.\[{backend}\]'"):
        list(map_items(len, ["а"], make_workers(2, backend)))


def test_a_cluster_of_the_stages_own_that_does_not_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
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
        list(map_items(len, ["а"], make_workers(2, "ray")))


def test_a_cluster_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="an extra: pip install '.[dask]'")
    import dask

    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:1")
    said = r"^DASK_SCHEDULER_ADDRESS: no cluster answers at 'tcp://127\.0\.0\.1:1'"
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}), pytest.raises(UserError, match=said):
        list(map_items(len, ["а"], make_workers(2, "dask")))
