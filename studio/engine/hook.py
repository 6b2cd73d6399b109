"""Watch and stop a running pipeline without changing one bit of its result.

Every diffusers pipeline that denoises calls `scheduler.step`, so that is where steps are seen; forward-pre-hooks on the
networks' blocks make a stop possible inside a step, an encoding or a decoding.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from studio.engine.libraries import torch

OnStep = Callable[[torch.Tensor, Any, torch.Tensor], None]


@contextmanager
def watched_steps(scheduler: Any, on_step: OnStep) -> Iterator[None]:
    """Call `on_step(model_output, timestep, sample)` after each `scheduler.step` until the block ends.

    The tensors are what the step got: the network's guided prediction, the timestep and the noisy latents before the
    step. What `on_step` raises ends the pipeline's loop. The class is swapped, not the method, because some pipelines
    deep-copy their scheduler, and `functools.wraps` keeps the signature, which pipelines read to decide what to pass.
    """
    original = type(scheduler)
    scheduler.__class__ = _watching(original, on_step)
    try:
        yield
    finally:
        scheduler.__class__ = original


def _watching(original: Any, on_step: OnStep) -> type:
    @functools.wraps(original.step)
    def step(
        self: Any, model_output: torch.Tensor, timestep: Any, sample: torch.Tensor, *args: Any, **kwargs: Any
    ) -> Any:
        result = original.step(self, model_output, timestep, sample, *args, **kwargs)
        on_step(model_output, timestep, sample)
        return result

    return type(original.__name__, (original,), {"step": step, "__module__": original.__module__})


@contextmanager
def interruptible(modules: tuple[torch.nn.Module, ...], poll: Callable[[], None]) -> Iterator[None]:
    """Call `poll` before each block of the networks; what it raises leaves the network's forward pass."""

    def visit(module: torch.nn.Module, inputs: Any) -> None:
        poll()

    handles = [block.register_forward_pre_hook(visit) for module in modules for block in blocks_of(module)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def blocks_of(module: torch.nn.Module) -> list[torch.nn.Module]:
    """The blocks of a network: the members of its lists that have parts of their own (resnets, attentions, layers)."""
    lists = [m for m in module.modules() if isinstance(m, torch.nn.ModuleList | torch.nn.Sequential)]
    return [block for group in lists for block in group.children() if next(block.children(), None) is not None]
