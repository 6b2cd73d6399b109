"""The smoother brings the motion of a frame's neighbours in, and the sampler goes on as if the network had seen it."""

from typing import Any

import numpy as np
import pytest

from studio.domain.samplers import SAMPLERS, Sampler
from studio.engine.libraries import quiet, torch
from studio.engine.models import LoadedModel
from studio.engine.pictures import decode
from studio.engine.sampling import CleanGuess, NoiseSchedule, build_scheduler
from studio.engine.sequences.smoother import encoded, smoothed_steps, smoother
from studio.imaging.pixels import Pixels
from tests.engine.sequences.clips import Clips, apart, circle, panned, together, worst
from tests.engine.test_sampling import FLOW, FLOW_SAMPLERS, STABLE_DIFFUSION

SHAPE = (2, 4, 8, 8)
KINDS = ("epsilon", "v_prediction", "sample")
PREDICTIONS = [NoiseSchedule({**STABLE_DIFFUSION.settings, "prediction_type": kind}) for kind in KINDS]
DETERMINISTIC = [sampler for sampler in SAMPLERS.values() if not sampler.stochastic]
CASES = [(sampler, schedule) for schedule in PREDICTIONS for sampler in DETERMINISTIC]
CASES += [(sampler, FLOW) for sampler in FLOW_SAMPLERS if not sampler.stochastic]
NAMES = [f"{sampler.id}-{schedule.settings['prediction_type']}" for sampler, schedule in CASES]


@pytest.mark.parametrize(("sampler", "schedule"), CASES, ids=NAMES)
def test_a_prediction_is_the_inverse_of_its_clean_guess(sampler: Sampler, schedule: NoiseSchedule) -> None:
    with quiet():
        scheduler = build_scheduler(sampler, schedule, 12, 0)
        scheduler.set_timesteps(12)
    guess = CleanGuess(scheduler, schedule)
    generator = torch.Generator().manual_seed(2)
    clean, output = torch.randn(SHAPE, generator=generator), torch.randn(SHAPE, generator=generator)
    for at, time in enumerate(scheduler.timesteps.tolist()):
        sigma = float(scheduler.sigmas[min(at, len(scheduler.sigmas) - 1)]) if hasattr(scheduler, "sigmas") else 1.0
        sample = torch.randn(SHAPE, generator=generator) * max(1.0, sigma)
        assert torch.allclose(guess(guess.prediction(clean, time, sample), time, sample), clean, atol=1e-3)
        if schedule.settings["prediction_type"] == "sample":
            continue
        again = guess.prediction(guess(output, time, sample), time, sample)
        assert torch.allclose(again, output, atol=0.02), f"at {time}"


@pytest.mark.parametrize("total", [4, 8, 20, 50])
@pytest.mark.parametrize("wanted", [0, 1, 2, 5, 100])
def test_smoothed_steps_lie_in_the_middle_of_the_way(total: int, wanted: int) -> None:
    found = smoothed_steps(total, wanted)
    assert len(found) <= wanted and all(total * 0.3 - 1 < step <= total * 0.75 for step in found)
    assert len(found) == min(wanted, int(total * 0.75) - int(total * 0.3) + 1)


def disturbed(frames: list[Pixels], wrong: int) -> list[Pixels]:
    """One frame that does not move with the others."""
    return [frames[0] if at == wrong else frame for at, frame in enumerate(frames)]


def corrected(model: LoadedModel, frames: list[Pixels], closed: bool) -> list[Pixels]:
    """The clean guesses after one smoothed step in which every other frame is replaced."""
    with quiet():
        scheduler = build_scheduler(SAMPLERS["dpmpp-2m"], model.schedule, 8, 0)
        scheduler.set_timesteps(8)
    [step] = smoothed_steps(8, 1)
    correct = smoother(model, 8, 1, closed, lambda: None)
    assert correct is not None
    clean = encoded(model, frames).float()
    time: Any = scheduler.timesteps[step]
    sample = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    guess = CleanGuess(scheduler, model.schedule)
    prediction = guess.prediction(clean, time, sample)
    assert correct(scheduler, prediction, time, sample, step + 1) is prediction, "other steps are left alone"
    after = guess(correct(scheduler, prediction, time, sample, step), time, sample)
    return [decode(model, each[None]) for each in after]


def test_a_frame_becomes_what_the_motion_of_its_neighbours_makes_of_it(starter: LoadedModel) -> None:
    true = panned(5, 128, 6)
    through = [decode(starter, encoded(starter, [frame])) for frame in true]
    found = corrected(starter, disturbed(true, 2), closed=False)
    inside = np.s_[16:-16, 24:-24]
    before = apart(true[0][inside], through[2][inside])
    assert apart(found[2][inside], through[2][inside]) < 0.5 * before
    assert worst([found[1], found[3]], [through[1], through[3]]) <= 2, "the neighbours stay"


def test_only_on_a_loop_the_first_frame_has_a_neighbour_before_it(starter: LoadedModel) -> None:
    frames = disturbed(panned(3, 128, 6), 0)
    ends = corrected(starter, frames, closed=False)
    through = [decode(starter, encoded(starter, [frame])) for frame in frames]
    assert worst([ends[0], ends[2]], [through[0], through[2]]) <= 2
    assert worst([corrected(starter, frames, closed=True)[0]], [through[0]]) > 8


def test_nothing_is_smoothed_where_nothing_is_wanted(starter: LoadedModel) -> None:
    assert smoother(starter, 8, 0, True, lambda: None) is None


@pytest.mark.parametrize("sampler", ["dpmpp-2m", "heun"])
def test_a_clip_is_smoothed_while_it_is_drawn(clips: Clips, sampler: str) -> None:
    plain = circle(frames=4, steps=5, sampler=sampler, guidance=1.0)
    smooth = circle(frames=4, steps=5, sampler=sampler, guidance=1.0, consistency=together(smoother=2))
    assert worst(clips(plain).film(), clips(smooth).film()) > 0
