"""The processes that share a pretraining run: a single one, or several that torchrun has started."""

import ctypes
import logging
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from pipeline.errors import UserError
from pipeline.work.interruption import Stopped

T = TypeVar("T")
PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>


class World(NamedTuple):
    """The place of this process among all."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is rank 0, which writes files and speaks; the others only compute."""
        return self.rank == 0

    def sum(self, value: Tensor) -> Tensor:
        """Return the sum of every process's `value`; waits for all."""
        if self.size > 1:
            dist.all_reduce(value)
        return value

    def share(self, value: T) -> T:
        """Return rank 0's value, which is pickled, on every process; it may have tensors on the CPU. Waits for all."""
        values = [value]
        if self.size > 1:
            dist.broadcast_object_list(values)
        return values[0]


ALONE = World()


def started_by_torchrun() -> bool:
    """Return whether torchrun, or `launch`, has started this process."""
    return "WORLD_SIZE" in os.environ


def check_number(number: int, device: str) -> None:
    """Raise a `UserError` if there are more processes than cores, or than GPUs where there are any."""
    gpus = 0 if device == "cpu" else torch.cuda.device_count()
    most, units = (gpus, "GPUs") if gpus else (max(2, os.cpu_count() or 1), "cores")
    if number > most:
        raise UserError(
            f"params.yaml: compute.processes: found {number}, expected at most {most}: one for each of the {units}"
        )


def launch(number: int, arguments: list[str]) -> None:
    """Do what `torchrun --standalone --nproc-per-node=NUMBER ARGUMENTS` does, and wait until the processes have ended.

    Raises a `UserError` if one of them fails, and ends the others; `Stopped` on SIGTERM and Ctrl-C, which it passes on.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)  # it repeats what is said below
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=number,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        run_id="pretrain",
        max_restarts=0,
    )
    try:
        elastic_launch(config, sys.executable)(*arguments)
    except ChildFailedError as error:
        rank, failure = first_to_end(error.failures)
        ended = f"the one of rank {rank} has ended with exit code {failure.exitcode}"
        raise UserError(f"{number} processes: {ended}") from None
    except SignalException as asked:
        raise Stopped(f"{number} processes: stopped, as asked", asked.sigval) from None


def first_to_end(failures: Mapping[int, Any]) -> tuple[int, Any]:
    """Return the rank that broke the run, and its `ProcessFailure`; the launcher lists failures as it noticed them.

    Within a second of the first failure, others may have lost their connection and ended by themselves, or been ended
    by the launcher's SIGTERM. So a process that another signal has killed comes first. One that the launcher had to
    kill in the end failed half a minute later.
    """
    first = min(failure.timestamp for failure in failures.values())
    early = [(rank, failure) for rank, failure in failures.items() if failure.timestamp <= first + 1]
    killed = [
        (rank, failure) for rank, failure in early if failure.exitcode < 0 and failure.exitcode != -signal.SIGTERM
    ]
    return [*killed, *early][0]


@contextmanager
def join(device: torch.device) -> Iterator[World]:
    """Meet the other processes, if torchrun started any: gloo on CPUs, nccl on GPUs."""
    if not started_by_torchrun():
        yield ALONE
        return
    if sys.platform == "linux":  # SIGTERM if the launcher is gone, even by kill -9: ranks would train on unseen
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(dist.get_rank(), dist.get_world_size())
    finally:
        # An orderly good-bye would wait for processes that are no more; the system closes what is open.
        if dist.is_initialized():
            dist.destroy_process_group()
