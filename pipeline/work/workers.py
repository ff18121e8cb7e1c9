"""The processes that share a text stage: those of this machine, or of a Dask or a Ray cluster."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain, islice
from typing import Any, NamedTuple, TypeVar

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import BrokenProcessPool

from pipeline.errors import UserError

Item = TypeVar("Item")
Result = TypeVar("Result")
RAY_WAVE = 16
"""Tasks of each process whose results are held together in memory."""


class Workers(NamedTuple):
    """How and where a text stage is done; nothing here is part of what it computes."""

    jobs: int
    """Processes, 0 for one a core; of a cluster that runs already, all of its are used by Dask."""
    backend: str
    """joblib's: loky, threading, sequential, dask, ray."""

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """`function`, which is pickled, of every item: in order, each as soon as it and those before it are there.

        Items are taken as they are needed, a few for each process ahead, and perhaps in another thread; of a Ray
        cluster, `RAY_WAVE` for each process at a time.
        """
        items, jobs = iter(items), self.jobs or os.cpu_count() or 1
        first = [*islice(items, jobs)]
        jobs = max(1, len(first))  # no processes without work
        tasks = (delayed(function)(item) for item in chain(first, items))
        # Workers whose parent was killed must not linger for joblib's 300 seconds.
        options: dict[str, Any] = {"idle_worker_timeout": 10} if self.backend == "loky" else {}
        is_ray = self.backend == "ray"  # it hands results over when all are there
        with {"dask": _dask, "ray": _ray}.get(self.backend, nullcontext)(jobs):
            with parallel_config(self.backend, n_jobs=jobs, **options):
                parallel = Parallel(return_as="list" if is_ray else "generator", batch_size=1)
            try:
                for wave in iter(lambda: [*islice(tasks, RAY_WAVE * jobs)], []) if is_ray else [tasks]:
                    yield from parallel(wave)
            except BrokenProcessPool:
                raise UserError(
                    "one of the processes that share the stage was killed, perhaps for want of memory: lower "
                    "compute.jobs in params.yaml and run again"
                ) from None


@contextmanager
def _dask(jobs: int) -> Iterator[None]:
    """The cluster that DASK_SCHEDULER_ADDRESS names, or one of `jobs` processes for as long as the block runs."""
    with _installed("dask"):
        import dask
        from distributed import Client
    address = dask.config.get("scheduler-address", None)
    with _started("dask", "DASK_SCHEDULER_ADDRESS", address):
        client = Client(address) if address else Client(n_workers=jobs, threads_per_worker=1, dashboard_address=None)
    with client:
        yield


@contextmanager
def _ray(jobs: int) -> Iterator[None]:
    """The cluster that RAY_ADDRESS names, or one of `jobs` processes for as long as the block runs."""
    with _installed("ray"):
        import ray
        from ray.util.joblib import register_ray
    address = os.environ.get("RAY_ADDRESS")
    options = {} if address else {"num_cpus": jobs, "include_dashboard": False}
    with _started("ray", "RAY_ADDRESS", address):
        ray.init(log_to_driver=False, logging_level="ERROR", **options)
    register_ray()
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _installed(package: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError:
        raise UserError(
            f"compute.backend: {package} is not installed; run: {sys.executable} -m pip install '.[{package}]'"
        ) from None


@contextmanager
def _started(backend: str, variable: str, address: str | None) -> Iterator[None]:
    """`address`, which `variable` names, is that of the cluster, unless it is the stage's own."""
    try:
        yield
    except Exception as error:  # Ray has no narrower one for a node that does not start
        if address:
            raise UserError(f"{variable}: no cluster answers at {address!r} ({error}); start it, or unset it") from None
        raise UserError(
            f"compute.backend: {backend}: the stage's own cluster on this machine did not start ({error}); "
            "run again, or write compute.backend: loky in params.yaml"
        ) from None
