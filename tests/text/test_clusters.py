"""What is said where there is no cluster; test_stages.py has a real local one of two workers."""

import sys
from types import ModuleType
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.work.workers import map_items
from tests.params import make_workers


@pytest.mark.parametrize("backend, package", [("dask", "distributed"), ("ray", "ray")])
def test_a_cluster_that_is_not_installed_is_said(backend: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
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
