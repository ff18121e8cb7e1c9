"""The processes that share a text stage: those of this machine, or of a Dask or a Ray cluster."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from itertools import chain, islice
from typing import Any, Protocol, TypeVar

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import BrokenProcessPool

from pipeline.errors import UserError

Item = TypeVar("Item")
Result = TypeVar("Result")
RAY_WAVE = 16
"""Tasks of each process whose results are held together in memory."""
ADDRESSES = {"dask": "DASK_SCHEDULER_ADDRESS", "ray": "RAY_ADDRESS"}
"""Variables that name a cluster to use in place of one of the stage's own."""


class Workers(Protocol):
    """How and where a text stage is done: the block `compute` of params.yaml. It decides no byte of a result."""

    @property
    def jobs(self) -> int:
        """Processes, 0 for one a core. Of a cluster that runs already, Dask uses all processes."""

    @property
    def backend(self) -> str:
        """joblib's: loky, threading, sequential, dask, ray."""


def map_items(function: Callable[[Item], Result], items: Iterable[Item], workers: Workers) -> Iterator[Result]:
    """Apply the function, which is pickled, to every item. Results come in order, each as soon as it is there.

    Items are taken as they are needed, a few for each process ahead and perhaps in another thread; with Ray,
    `RAY_WAVE` for each process at a time.
    """
    items, jobs = iter(items), workers.jobs or os.cpu_count() or 1
    first = [*islice(items, jobs)]
    jobs = max(1, len(first))  # no processes without work
    tasks = (delayed(function)(item) for item in chain(first, items))
    # Workers whose parent was killed must not linger for joblib's 300 seconds.
    options: dict[str, Any] = {"idle_worker_timeout": 10} if workers.backend == "loky" else {}
    is_ray = workers.backend == "ray"  # which hands results over when all of them are there
    with _open_cluster(workers.backend, jobs) if workers.backend in ADDRESSES else nullcontext():
        with parallel_config(workers.backend, n_jobs=jobs, **options):
            parallel = Parallel(return_as="list" if is_ray else "generator", batch_size=1)
        try:
            for wave in iter(lambda: [*islice(tasks, RAY_WAVE * jobs)], []) if is_ray else [tasks]:
                yield from parallel(wave)
        except BrokenProcessPool:
            raise UserError(
                "one of the processes that share the stage was killed, perhaps for want of memory: lower "
                "compute.jobs in params.yaml and run again"
            ) from None


def _open_cluster(backend: str, jobs: int) -> AbstractContextManager[object]:
    """Return the cluster that a variable names, or start one of `jobs` processes here, which ends with the block."""
    variable = ADDRESSES[backend]
    address = os.environ.get(variable)
    try:
        if backend == "ray":
            return _open_ray(address, jobs)
        from distributed import Client

        return Client(address) if address else Client(n_workers=jobs, threads_per_worker=1, dashboard_address=None)
    except ModuleNotFoundError:
        raise UserError(
            f"compute.backend: {backend} is not installed; run: {sys.executable} -m pip install '.[{backend}]'"
        ) from None
    except Exception as error:  # Ray has no narrower one for a node that does not start
        if address:
            raise UserError(f"{variable}: no cluster answers at {address!r} ({error}); start it, or unset it") from None
        raise UserError(
            f"compute.backend: {backend}: the stage's own cluster on this machine did not start ({error}); "
            "run again, or write compute.backend: loky in params.yaml"
        ) from None


def _open_ray(address: str | None, jobs: int) -> AbstractContextManager[object]:
    import ray
    from ray.util.joblib import register_ray

    options = {} if address else {"num_cpus": jobs, "include_dashboard": False}
    ray.init(log_to_driver=False, logging_level="ERROR", **options)
    register_ray()
    stack = ExitStack()
    stack.callback(ray.shutdown)
    return stack
