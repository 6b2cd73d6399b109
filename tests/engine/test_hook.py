import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.domain.catalog import Family
from studio.domain.errors import JobCancelled
from studio.domain.samplers import SAMPLERS
from studio.engine.hook import blocks_of, interruptible, watched_steps
from studio.engine.libraries import quiet, torch
from studio.engine.loading import identify, open_model
from studio.engine.models import LoadedModel
from studio.engine.sampling import build_scheduler, draw_from
from tests.engine.jobs import PLAN

STEPS = 4


@pytest.fixture(scope="module", params=[Family.SD1, Family.SD3, Family.STARTER])
def model(request: pytest.FixtureRequest, models: dict[Family, Path]) -> LoadedModel:
    path = models[request.param]
    return open_model(path, *identify(path, _nothing), PLAN, _nothing, lambda done, total: None)


def _nothing() -> None:
    pass


def _latents(model: LoadedModel, sampler: str, around: Callable[[Any, Any], Any] | None = None) -> torch.Tensor:
    """The plain diffusers call, optionally inside a context manager made from the pipeline and its scheduler."""
    pipe = model.text_to_image
    pipe.scheduler = build_scheduler(SAMPLERS[sampler], model.schedule, STEPS, seed=3)
    draw_from(pipe.scheduler, torch.Generator().manual_seed(4))
    arguments = {
        "prompt": "a red fox",
        "num_inference_steps": STEPS,
        "guidance_scale": 3.0,
        "height": 32,
        "width": 32,
        "generator": torch.Generator().manual_seed(3),
        "output_type": "latent",
        **({} if model.schedule.is_flow else {"eta": SAMPLERS[sampler].eta}),
    }
    with quiet():
        if around is None:
            bare: torch.Tensor = pipe(**arguments).images
            return bare
        with around(pipe, pipe.scheduler):
            watched: torch.Tensor = pipe(**arguments).images
            return watched


@pytest.mark.parametrize(
    "sampler", ["dpmpp-2m", "dpmpp-2m-sde", "euler-a", "heun", "ddim", "lcm", "tcd", "dpmpp-sde", "unipc"]
)
def test_watching_changes_no_bit(model: LoadedModel, sampler: str) -> None:
    if model.schedule.is_flow and SAMPLERS[sampler].flow_options is None:
        pytest.skip("this sampler is not for flows")
    seen: list[torch.Tensor] = []
    bare = _latents(model, sampler)
    watched = _latents(model, sampler, lambda pipe, scheduler: watched_steps(scheduler, lambda v, t, x: seen.append(x)))
    assert torch.equal(bare, watched)
    assert len(seen) == model.text_to_image.num_timesteps
    assert torch.equal(_latents(model, sampler), bare)


def test_the_scheduler_keeps_its_signature_and_gets_its_class_back(model: LoadedModel) -> None:
    scheduler = build_scheduler(SAMPLERS["euler-a"], model.schedule, STEPS, 0)
    kind = type(scheduler)
    with watched_steps(scheduler, lambda v, t, x: None):
        assert inspect.signature(type(scheduler).step) == inspect.signature(kind.step)
        assert isinstance(scheduler, kind)
        assert type(scheduler).__name__ == kind.__name__
    assert type(scheduler) is kind


def test_an_exception_in_a_step_leaves_the_pipeline_as_it_was(model: LoadedModel) -> None:
    bare = _latents(model, "dpmpp-2m")

    def stop(prediction: torch.Tensor, timestep: Any, sample: torch.Tensor) -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        _latents(model, "dpmpp-2m", lambda pipe, scheduler: watched_steps(scheduler, stop))
    assert torch.equal(_latents(model, "dpmpp-2m"), bare)


def test_a_cancel_inside_a_step_ends_it_between_blocks_and_the_next_run_is_bit_equal(model: LoadedModel) -> None:
    bare = _latents(model, "dpmpp-2m")
    visits = 0

    def poll() -> None:
        nonlocal visits
        visits += 1
        if visits == 7:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        _latents(model, "dpmpp-2m", lambda pipe, scheduler: interruptible((model.denoiser,), poll))
    assert len(blocks_of(model.denoiser)) > 7, "the first step was not even over"
    assert not any(block._forward_pre_hooks for block in model.denoiser.modules())
    assert torch.equal(_latents(model, "dpmpp-2m"), bare)


def test_encoding_and_decoding_are_interruptible_between_blocks(model: LoadedModel) -> None:
    for network in model.networks():
        assert len(blocks_of(network)) >= 1
    visits: list[int] = []
    with interruptible((model.vae,), lambda: visits.append(1)), torch.no_grad():
        model.vae.decode(torch.zeros(1, model.denoiser.config.in_channels, 2, 2))
    assert len(visits) >= 4
