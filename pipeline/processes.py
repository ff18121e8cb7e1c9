"""The processes that share a pretraining run: one, or those that torchrun started."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor


class World(NamedTuple):
    """This process among all."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Rank 0 writes files and speaks; the others only compute."""
        return self.rank == 0

    def sum(self, value: Tensor) -> Tensor:
        """The sum of every process's `value`; waits for all."""
        if self.size > 1:
            dist.all_reduce(value)
        return value

    def share(self, tensors: dict[str, Tensor] | None, facts: Any, device: torch.device) -> tuple[Any, Any]:
        """What rank 0 has, on every process: tensors by name, on `device`, and a small picklable value."""
        if self.size == 1:
            return tensors, facts
        outline = None if tensors is None else {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}
        box = [outline, facts]
        dist.broadcast_object_list(box)
        outline, facts = box
        if outline is None:
            return None, facts
        shared: dict[str, Tensor] = {}
        for name, (shape, dtype) in outline.items():
            own = tensors[name].to(device) if tensors else torch.empty(shape, dtype=dtype, device=device)
            dist.broadcast(own, 0)
            shared[name] = own
        return shared, facts


ALONE = World()


def started_by_torchrun() -> bool:
    """Whether this process is one of several that know of each other."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


@contextmanager
def join(device: torch.device) -> Iterator[World]:
    """Meet the other processes, if torchrun started any: gloo on CPUs, nccl on GPUs."""
    if not started_by_torchrun():
        yield ALONE
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(dist.get_rank(), dist.get_world_size())
    finally:
        # An orderly good-bye would wait for processes that are no more; the system closes what is open.
        if dist.is_initialized():
            dist.destroy_process_group()
