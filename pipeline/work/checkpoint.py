"""Long runs and their checkpoints. A checkpoint is whole or not there, and one process at a time holds it.

    models/.checkpoints/<fingerprint>/lock                 the process that trains
                                      waiting-<number>     another one, which waits for its end
                                      state.safetensors    tensors by name; facts as JSON in the metadata

The fingerprint is of all that decides the result. Checkpoints lie outside DVC, which deletes a stage's outputs before
it reruns the stage, and are removed when the run has succeeded.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from pipeline.errors import FULL, UserError
from pipeline.provenance.fingerprint import fingerprint
from pipeline.work.locks import hold, lock
from pipeline.work.outputs import fresh_file
from pipeline.work.processes import World, join

LOCK, STATE, WAITING = "lock", "state.safetensors", "waiting-"
_HELD: list[Path] = []
"""The folders of the checkpoints that this process holds."""


class State(NamedTuple):
    """The state of a run at the end of a step."""

    tensors: dict[str, Tensor]
    facts: dict[str, Any]
    """JSON values; `step` is among them."""


class Checkpoint:
    """The checkpoint of one run, which this process holds. `open_checkpoint` makes them."""

    def __init__(self, folder: Path, minutes: float) -> None:
        self.path = folder / STATE
        self._seconds, self._saved, self._cost = 60 * minutes, time.monotonic(), 0.0
        self._step: int | None = None  # of the last state that was loaded or saved

    def due(self) -> bool:
        """Return whether it is time to save; saving takes no more than a twentieth of the time, however slow it is."""
        return time.monotonic() - self._saved >= max(self._seconds, 19 * self._cost)

    def load(self) -> State | None:
        """Return the last state saved, with its tensors on the CPU; None if there is none."""
        if not self.path.is_file():
            return None
        try:
            with safe_open(self.path, "pt") as file:
                facts = json.loads((file.metadata() or {}).get("facts", "null"))
                if not isinstance(facts, dict) or not isinstance(facts.get("step"), int):
                    raise ValueError("its metadata name no step")
                state = State({name: file.get_tensor(name) for name in file.keys()}, facts)  # noqa: SIM118
        except (OSError, SafetensorError, ValueError) as error:
            raise UserError(
                f"{self.path}: cannot be read as a checkpoint ({error}); delete it to train from the beginning"
            ) from None
        self._step = facts["step"]
        return state

    def save(self, state: State) -> None:
        """Replace the last state; if that fails (a full disk), the last one stays, and a `UserError` names it."""
        started, metadata = time.monotonic(), {"facts": json.dumps(state.facts)}
        try:
            with fresh_file(self.path) as partial:
                save_file({name: tensor.contiguous() for name, tensor in state.tensors.items()}, partial, metadata)
                _to_disk(partial)
            _to_disk(self.path.parent)
        except (OSError, SafetensorError) as error:
            full = any(f"{word} {number}" in str(error) for number in FULL for word in ("Errno", "os error"))
            raise UserError(
                f"{self.path}: the state of the run could not be saved ({error}); {self.describe()}; "
                f"{'make room' if full else 'mend that'} and run again"
            ) from None
        self._saved, self._step = time.monotonic(), state.facts["step"]
        self._cost = self._saved - started

    def describe(self) -> str:
        """Describe in words the last state that was loaded or saved, if there is one."""
        if self._step is None:
            return "none is saved yet"
        return f"the last checkpoint, {self.path}, is of step {self._step:,}"


class Run(NamedTuple):
    """How and where a long stage is done; nothing here is part of what it computes."""

    device: torch.device
    checkpoints: Path
    """The folder of the checkpoints of all runs."""
    minutes: float
    """Minutes between two checkpoints."""
    world: World

    def checkpoint(self, settings: Mapping[str, Any], *paths: Path) -> AbstractContextManager[Checkpoint | None]:
        """Hold the checkpoint of the run with these settings (JSON values), inputs and code; ranks above 0 get None."""
        if not self.world.leads:
            return nullcontext()
        # Of several processes only the first would wait; the others would miss it.
        return open_checkpoint(self.checkpoints, fingerprint(settings, *paths), self.minutes, self.world.size == 1)


@contextmanager
def start(device: torch.device, checkpoints: Path, minutes: float) -> Iterator[Run]:
    """Yield a run by this process, or by all processes that torchrun has started, which meet here."""
    with join(device) as world:
        yield Run(device, checkpoints, minutes, world)


@contextmanager
def open_checkpoint(root: Path, fingerprint: str, minutes: float, wait: bool = True) -> Iterator[Checkpoint]:
    """Hold the checkpoint of the run called `fingerprint`, saved every `minutes`; removed if the block succeeds.

    If another process holds it, as in another experiment of a queue, its end is waited for. That process leaves the
    last states of all its runs to whoever waits, so that nothing is trained twice. Without `wait`, and where this
    process holds others, so that two might wait for each other, a `UserError` names the holder.
    """
    folder = root / fingerprint
    with ExitStack() as mark:
        if wait and not _HELD:
            mark.enter_context(_wait(folder))
        with hold(folder / LOCK, "training this configuration", wait and not _HELD):
            mark.close()
            checkpoint = Checkpoint(folder, minutes)
            _HELD.append(folder)
            try:
                yield checkpoint
            except BaseException:
                if not checkpoint.path.is_file():  # nothing to go on with
                    shutil.rmtree(folder, ignore_errors=True)
                raise
            else:
                if not any(map(_is_awaited, _HELD)):
                    shutil.rmtree(folder, ignore_errors=True)  # one that begins to wait at this moment trains by itself
            finally:
                _HELD.remove(folder)


@contextmanager
def _wait(folder: Path) -> Iterator[None]:
    """Mark a folder as one that is waited for while the block runs; the lock on the mark ends with the process."""
    mark = folder / f"{WAITING}{uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = mark.open("w")
    except OSError:  # which the lock of the folder reports
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)


def _is_awaited(folder: Path) -> bool:
    """Return whether a process that lives waits for the checkpoint."""
    for mark in folder.glob(f"{WAITING}*"):
        with suppress(FileNotFoundError), mark.open() as file:
            if not lock(file):
                return True
    return False


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the state of an optimizer as tensors called `optimizer.<index of the parameter>.<name>`."""
    state = optimizer.state_dict()["state"]
    return {f"optimizer.{index}.{name}": value for index, values in state.items() for name, value in values.items()}


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Give an optimizer the state that `optimizer_tensors` returned, and take it out of `tensors`."""
    state: dict[int, dict[str, Tensor]] = {}
    for key in [key for key in tensors if key.startswith("optimizer.")]:
        _, index, name = key.split(".")
        state.setdefault(int(index), {})[name] = tensors.pop(key)
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _to_disk(path: Path) -> None:
    """Have the system write a file or a folder's entries now: a power cut must not find them in memory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
