"""The ladder that a job climbs down when memory runs out: each rung put into effect, and the way from one to the next.

A job goes on from where it was: finished pictures are not made again, and the picture in the making continues after its
last whole step.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.messages import Event, Finished, Log, Phase, PictureDone, Planned, Progress, Run
from studio.domain.plan import Plan, Rung
from studio.engine.device import DevicePlan
from studio.engine.failures import is_memory
from studio.engine.libraries import diffusers, torch
from studio.engine.mapped import map_weights
from studio.engine.memory import Peak, trim
from studio.engine.models import LoadedModel
from studio.engine.planning import Planner, also_tried
from studio.engine.shortage import Shortage

Emit = Callable[[Event], None]
WHOLE = "whole"  # the name of the placing that keeps all weights where they are computed with
_GROUP_OFFLOADING = "group_offloading"  # diffusers' name of the hook
_MEASURABLE = 2**28  # bytes of work below which the allocator's habits weigh more than the job
_DOING = {
    Phase.LOAD: "the model was loaded",
    Phase.ENCODE: "the prompt was read",
    Phase.DENOISE: "the picture was denoised",
    Phase.DECODE: "the picture was decoded",
    Phase.UPSCALE: "the picture was enlarged",
    Phase.SAVE: "the picture was saved",
}


# ------------------------------------------------------------------------------------------------ a rung in effect


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a model's weights lie, by `name`: models placed otherwise are loaded again.

    `plan` is what it is loaded by. Layers are brought to the device `visited` while they work, "" where they stay; with
    a `folder` the weights lie in files there.
    """

    name: str
    plan: DevicePlan
    visited: str = ""
    folder: Path | None = None

    def settle(self, network: Any) -> None:
        """Let a loaded network lie where it is to. Raises StudioError (DISK)."""
        if self.folder is None:
            return
        try:
            map_weights(network.to(memory_format=self.plan.memory_format), self.folder)
            trim(self.plan.device)
        except OSError as error:
            raise StudioError(
                ErrorKind.DISK,
                f"There is not enough memory for the model, and it could not be laid on the disk: {error.strerror}.",
                "Free some space, close other programs, or choose a smaller model.",
            ) from error


def placing_for(rung: Rung, computing: DevicePlan, processor: DevicePlan, folder: Path) -> Placing:
    """Where the weights lie on this rung; offloaded ones are beside an accelerator, or a processor's in `folder`."""
    if rung is Rung.CPU:
        return Placing("processor", processor)
    if rung is not Rung.OFFLOADED:
        return Placing(WHOLE, computing)
    if computing.device == "cpu":
        return Placing("mapped", computing, folder=folder)
    return Placing("offloaded", dataclasses.replace(computing, device="cpu"), visited=computing.device)


@contextlib.contextmanager
def in_effect(model: LoadedModel, placing: Placing, tile: int) -> Iterator[None]:
    """While the block runs, the autoencoder works on tiles of `tile` pixels a side, unless that is 0, and the layers
    come to the device that `placing` lets them visit. The model is as before then.
    """
    with contextlib.ExitStack() as undo:
        if tile:
            undo.enter_context(_tiled(model, tile))
        if placing.visited:
            undo.callback(_rest, model)
            _visit(model, placing.visited)
        yield


@contextlib.contextmanager
def _tiled(model: LoadedModel, tile: int) -> Iterator[None]:
    vae = model.vae
    before = vae.tile_sample_min_size, vae.tile_latent_min_size
    vae.tile_sample_min_size, vae.tile_latent_min_size = tile, tile // model.vae_scale
    vae.enable_tiling()
    try:
        yield
    finally:
        vae.disable_tiling()
        vae.tile_sample_min_size, vae.tile_latent_min_size = before


def _visit(model: LoadedModel, device: str) -> None:
    """BERT, of the smallest models, makes its mask where its inputs are; it comes as a whole."""
    for network in model.networks():
        if model.family is Family.STARTER and network in model.conditioner.networks():
            network.to(device)
            continue
        diffusers.hooks.apply_group_offloading(
            network,
            onload_device=torch.device(device),
            offload_device=torch.device("cpu"),
            offload_type="leaf_level",
        )


def _rest(model: LoadedModel) -> None:
    for network in model.networks():
        diffusers.hooks.HookRegistry.check_if_exists_or_initialize(network).remove_hook(_GROUP_OFFLOADING, recurse=True)
        network.to("cpu")


# ------------------------------------------------------------------------------------------------ the way down


class Attempt(Protocol):
    """A job on one rung."""

    def run(self) -> Finished:
        """To its end, or to where memory runs out."""

    def rest(self) -> Run:
        """The command for what is left of it."""


def climb(
    command: Run,
    planner: Planner,
    attempt: Callable[[Run, Rung, Emit], Attempt],
    make_room: Callable[[Rung], None],
    emit: Emit,
) -> Finished:
    """Carry out a job on the first rung of its plan, and whenever memory runs out go on with it on the next.

    `attempt` begins what is left of it on a rung, after `make_room` has dropped what it does without there. Emits
    `Planned` for each rung. Raises StudioError (MEMORY) when none is left.
    """
    shortage = Shortage()
    plan: Plan | None = planner.first(command.rung)
    trouble, tried = Problem(ErrorKind.MEMORY, ""), list[Rung]()
    while plan is not None:
        make_room(plan.rung)
        emit(Planned(command.job_id, plan))
        course = _Course(command, emit, shortage, planner, plan.rung)
        going = attempt(command, plan.rung, course.tell)
        ended = _outcome(going)
        if isinstance(ended, Finished):
            return course.with_cost(ended)
        trouble, command, lower = ended, going.rest(), planner.after(plan.rung, _DOING[course.phase])
        tried.append(plan.rung)
        del going
        if lower is not None:
            emit(Log(command.job_id, lower.reason))
        plan = lower
    make_room(Rung.ALONE)
    raise StudioError(trouble.kind, trouble.message + also_tried(tried), trouble.hint, trouble.field)


def _outcome(attempt: Attempt) -> Finished | Problem:
    """How an attempt ended; a problem is one of memory. What it held is let go of with its traceback."""
    try:
        return attempt.run()
    except StudioError as error:
        if error.problem.kind is not ErrorKind.MEMORY:
            raise
        return error.problem
    except (MemoryError, RuntimeError) as error:
        if not is_memory(error):
            raise
        hint = "Choose a smaller picture, close other programs, or restart the worker."
        return Problem(ErrorKind.MEMORY, "There is not enough memory to make this picture.", hint, "size")


class _Course:
    """Hears what an attempt tells, and measures the memory that its work takes once the model is there."""

    def __init__(self, command: Run, emit: Emit, shortage: Shortage, planner: Planner, rung: Rung) -> None:
        self.phase = Phase.LOAD
        self._emit, self._shortage = emit, shortage
        self._device = planner.device(rung).device
        self._work = planner.need.work(rung) / planner.factor
        lazily = self._device == "cpu" and (
            rung >= Rung.OFFLOADED or not planner.room.own
        )  # weights come with the work
        self._measured = self._work >= _MEASURABLE and not lazily
        self._peak: Peak | None = None
        self._made = -1 if command.checkpoint else 0  # pictures from their first step on

    def tell(self, event: Event) -> None:
        """Hand an event on, and raise as if memory had run out after it when a test wants that."""
        if isinstance(event, Progress):
            self.phase = event.phase
            if event.phase is not Phase.LOAD and self._peak is None and self._measured:
                self._peak = Peak(self._device)
        self._made += isinstance(event, PictureDone)
        self._emit(event)
        self._shortage.reach(event)

    def with_cost(self, finished: Finished) -> Finished:
        """The end with what was measured; the rest of a picture says nothing of what a whole one takes."""
        if self._peak is None:
            return finished
        share = self._peak.bytes() / self._work if self._made > 0 else 0.0
        peak = max(finished.cost.peak_memory, self._peak.before)
        return dataclasses.replace(
            finished, cost=dataclasses.replace(finished.cost, peak_memory=peak, memory_share=share)
        )
