"""Pretraining a bidirectional language model (paper, step 2)."""

import math
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from pipeline.errors import UserError
from pipeline.files.ids import IdSequences
from pipeline.lm.bilm import BiLM
from pipeline.lm.settings import TrainingSettings
from pipeline.lm.training.batches import Batch, make_batch, plan_batches
from pipeline.lm.training.history import History, Point
from pipeline.lm.training.plan import Part, Plan
from pipeline.work.checkpoint import Checkpoint, State, optimizer_tensors, restore_optimizer
from pipeline.work.interruption import Stopped, StopRequest, stop_request
from pipeline.work.processes import ALONE, World
from pipeline.work.progress import Meter, say

VALIDATIONS = 10
"""Points of the validation curve."""
VALIDATION_TOKENS = 8192
"""Positions of a validation batch, whatever a training batch has: all perplexities are sums over the same batches."""


class Objective(nn.Module):
    """Maps ids to the loss: the part of a step that several processes do at the same time."""

    def __init__(self, inputs: nn.Module, model: BiLM) -> None:
        super().__init__()
        self.inputs, self.model = inputs, model

    def forward(self, batch: Batch) -> Tensor:
        """Sum of the negative log-likelihoods, in nats."""
        return self.model.loss(self.inputs(batch.inputs), batch.targets, batch.positions)


class Trainer:
    """A language model, the vectors that it reads and the texts that it learns from."""

    def __init__(
        self,
        model: BiLM,
        inputs: nn.Module,
        train: IdSequences,
        validation: IdSequences,
        predicted: int,
        settings: TrainingSettings,
        seed: int,
        device: torch.device,
        label: str = "training",
        world: World = ALONE,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """`predicted` is how many leading ids the softmax knows; `inputs` is trained too where it has parameters.

        `label` names the run in messages. Only rank 0 has a `checkpoint`.
        """
        self.objective = Objective(inputs, model).to(device)
        self.parallel = self.objective if world == ALONE else _spread(self.objective, world)
        self.train_texts, self.validation_texts = train, validation
        self.predicted, self.settings, self.device = predicted, settings, device
        self.label, self.world, self.checkpoint = label, world, checkpoint
        self.plan = Plan(train.lengths, settings, seed, world.size)
        self.history = History()
        self.parameters = list(self.objective.parameters())
        embeddings = {id(p) for m in self.objective.modules() if isinstance(m, nn.Embedding) for p in m.parameters()}
        matrices = [p for p in self.parameters if p.dim() > 1 and id(p) not in embeddings]
        others = [p for p in self.parameters if p.dim() <= 1 or id(p) in embeddings]
        decays = [(matrices, settings.weight_decay), (others, 0.0)]
        groups = [{"params": parameters, "weight_decay": decay} for parameters, decay in decays]
        self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
        self._every = math.ceil(len(self.plan) / VALIDATIONS)
        self._highest_loss = max(20.0, 3 * math.log(predicted))  # guessing alone gives no more than log(predicted)
        self._unsaved = "nothing is saved" if world.leads else "rank 0 says what is saved"

    def run(self) -> History:
        """Train to the end of the plan, from the last checkpoint if there is one, validating along the way.

        Raises a `UserError` if the loss explodes or another process is lost, and `Stopped` on SIGTERM and Ctrl-C; the
        run can be resumed after each of them. The model is left in evaluation mode.
        """
        try:
            self._resume()
        except _Interruption as interruption:
            raise UserError(f"{self.label}: another process of this run is gone ({interruption})") from None
        total = sum(self.plan.tokens(step) for step in range(len(self.plan)))
        meter = Meter(self.label, "tokens", total, self.history.tokens, quiet=not self.world.leads)
        with stop_request() as stop:
            try:
                self._train(meter, stop)
            except _Interruption as interruption:
                raise self._leave(stop, interruption) from None
            finally:
                meter.close()
        self.objective.eval()
        return self.history

    def validation_loss(self, stop: StopRequest | None = None) -> float:
        """Mean negative log-likelihood in nats: every token predicted from both sides, over the full vocabulary."""
        self.objective.eval()
        lengths = self.validation_texts.lengths
        batches = plan_batches(lengths, VALIDATION_TOKENS, np.random.default_rng(0))
        nats = torch.zeros((), dtype=torch.float64, device=self.device)
        for texts in batches[self.world.rank :: self.world.size]:
            if stop:
                raise _Interruption
            with torch.inference_mode():
                nats += self.objective(self._batch(self.validation_texts, texts))
        return float(self.world.sum(nats)) / (2 * int(lengths.sum()))

    def _train(self, meter: Meter, stop: StopRequest) -> None:
        history = self.history
        while True:
            at_a_mark = history.step > 0 and (history.step % self._every == 0 or history.step == len(self.plan))
            if at_a_mark and (not history.points or history.points[-1].step < history.step):
                self._add_point(stop)
            if history.step == len(self.plan):
                break
            loss = self.step(stop)
            perplexity = math.exp(history.nats / history.predictions)
            meter.add(self.plan.tokens(history.step - 1), f"loss {loss:.3f}, perplexity {perplexity:,.1f}")
        if self.checkpoint:
            self.checkpoint.save(self._state())

    def step(self, stop: StopRequest) -> float:
        """Update the weights once and return the mean loss in nats. If it raises, nothing has changed."""
        history, step = self.history, self.history.step
        started, cpu_started = time.monotonic(), time.process_time()
        predictions = 2 * self.plan.tokens(step)
        total = self._backward(self.plan.split(step)[self.world.rank :: self.world.size], predictions, stop)
        norm = nn.utils.clip_grad_norm_(self.parameters, self.settings.clip)
        nats, size = torch.stack([total, norm.to(total.dtype)]).tolist()  # a GPU is waited for once a step
        loss = nats / predictions
        self._check("loss", loss, step + 1, self._highest_loss)
        self._check("norm of the gradient", size, step + 1, math.inf)
        # Only this loss shows that the last step left good weights: so they are saved now, and not at its end.
        if self.checkpoint and step and self.checkpoint.due():
            saving, cpu_saving = time.monotonic(), time.process_time()
            self.checkpoint.save(self._state())
            started += time.monotonic() - saving  # which is not training
            cpu_started += time.process_time() - cpu_saving
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.rate(step)
        self.optimizer.step()
        history.nats += nats
        history.predictions += predictions
        history.tokens += self.plan.tokens(step)
        history.positions += self.plan.positions(step)
        history.seconds += time.monotonic() - started
        history.cpu_seconds += time.process_time() - cpu_started
        history.step += 1
        return loss

    def _backward(self, parts: list[Part], predictions: int, stop: StopRequest) -> Tensor:
        """Compute the gradient of the mean loss over all parts and processes; return the sum of the losses, float64."""
        self.objective.train()
        self.optimizer.zero_grad(set_to_none=True)
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        # bfloat16 is for GPUs that have it; a CPU without units for it would only lose time.
        bfloat16 = self.device.type == "cuda" and torch.cuda.is_bf16_supported()
        for number, part in enumerate(parts, start=1):
            if stop:
                raise _Interruption
            torch.manual_seed(part.seed)
            # Processes exchange gradients once a step, after the last part.
            exchanged = self.world.size == 1 or number == len(parts)
            with nullcontext() if exchanged else self.parallel.no_sync(), _company(self.world):  # type: ignore[operator]
                with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=bfloat16):
                    nats = self.parallel(self._batch(self.train_texts, part.texts)) * part.counts
                # The gradients of the processes are averaged, not summed.
                (nats * (self.world.size / predictions)).backward()
            total += nats.detach()
        with _company(self.world):
            return self.world.sum(total)

    def _batch(self, texts: IdSequences, chosen: np.ndarray) -> Batch:
        return make_batch(texts, chosen, self.predicted).to(self.device)

    def _add_point(self, stop: StopRequest) -> None:
        history, train = self.history, self.history.nats / self.history.predictions
        with _company(self.world):
            validation = self.validation_loss(stop)
        self._check("validation loss", validation, history.step, self._highest_loss)
        rate = self.plan.rate(history.step - 1)
        history.points.append(Point(history.step, history.tokens, rate, math.exp(train), math.exp(validation)))
        history.nats, history.predictions = 0.0, 0
        if self.world.leads:
            say(f"{self.label}: {self._progress()}, validation perplexity {math.exp(validation):,.1f}")

    def _check(self, name: str, value: float, step: int, limit: float) -> None:
        if not value < limit:  # nor is NaN
            saved = self.checkpoint.describe() if self.checkpoint else self._unsaved
            raise UserError(
                f"{self.label}: the {name} is {value:.4g} at step {step:,} of {len(self.plan):,}, expected a number "
                f"under {limit:.4g}; {saved}; lower learning_rate or clip in params.yaml and train from the beginning"
            )

    def _state(self) -> State:
        return State(self.objective.state_dict() | optimizer_tensors(self.optimizer), asdict(self.history))

    def _resume(self) -> None:
        state = self.checkpoint.load() if self.checkpoint else None
        with _company(self.world):
            state = self.world.share(state)
        if state:
            self._restore(state.tensors, state.facts)
            if self.world.leads:
                say(f"{self.label}: goes on after {self._progress()}")
        self.history.starts += 1

    def _restore(self, tensors: dict[str, Tensor], facts: dict[str, object]) -> None:
        try:
            self.history = History.from_json(facts)
            if not 0 <= self.history.step <= len(self.plan):
                raise ValueError(f"found step {self.history.step:,}, expected at most {len(self.plan):,}")
            restore_optimizer(self.optimizer, tensors)
            self.objective.load_state_dict(tensors)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            path = self.checkpoint.path if self.checkpoint else "the checkpoint of rank 0"
            raise UserError(f"{path}: not of this run ({error}); delete it to train from the beginning") from None

    def _progress(self) -> str:
        return f"step {self.history.step:,} of {len(self.plan):,}"

    def _leave(self, stop: StopRequest, interruption: "_Interruption") -> Exception:
        """Save the state, which is whole up to the last step, and say why the run ends here."""
        if self.checkpoint:
            self.checkpoint.save(self._state())
        stopped = f"{self.label}: stopped after {self._progress()}"
        saved = "what is done is saved, run again to go on" if self.checkpoint else self._unsaved
        if stop.signum is not None:
            return Stopped(f"{stopped}; {saved}", stop.signum)
        return UserError(f"{stopped}: another process of this run is gone ({interruption}); {saved}")


class _Interruption(Exception):
    """A step was given up half-way because of a signal, or because another process is gone."""


@contextmanager
def _company(world: World) -> Iterator[None]:
    """A block in which a process waits for others; if one is gone, the connection fails."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        if world == ALONE:
            raise
        raise _Interruption(str(error).splitlines()[0]) from None


def _spread(objective: Objective, world: World) -> nn.Module:
    try:
        with _company(world), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # newer torch has another name for the argument
            # No buffer changes in training; by default they would be sent at every step.
            return DistributedDataParallel(objective, broadcast_buffers=False)
    except _Interruption as interruption:
        raise UserError(f"another process of this run is gone ({interruption}); run again to go on") from None
