"""Branches: a picture's way up to a step, and another way from there."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, JobPaused, StudioError
from studio.domain.messages import Checkpoint, Log, Phase, Preview, Progress
from studio.domain.recipe import Branch, Recipe, SourceImage
from studio.domain.samplers import SAMPLERS, Sampler
from studio.engine.libraries import quiet
from studio.engine.run import StudioEngine
from studio.engine.sampling import build_scheduler
from tests.engine.jobs import PLAN, Result, Runner, recipe
from tests.engine.test_checkpoints import FITTING, by_day, inpainted, stops_anywhere, taken_up
from tests.engine.test_inpainting import save_picture
from tests.engine.test_sampling import STABLE_DIFFUSION

STOCHASTIC = [(family, name) for family, name in FITTING if SAMPLERS[name].stochastic]
SOME = [(Family.SD1, "dpmpp-2m"), (Family.SDXL, "euler-a"), (Family.SD3, "unipc"), (Family.STARTER, "dpmpp-2m-sde")]


@pytest.fixture(scope="module")
def later() -> StudioEngine:
    """The engine of another worker."""
    return StudioEngine(PLAN)


def same(wanted: Recipe, step: int, **other: Any) -> Branch:
    """A branch with the recipe's own words and guidance, but for `other`."""
    return dataclasses.replace(Branch(step, wanted.prompt, wanted.negative, wanted.sampling.guidance), **other)


def branched(wanted: Recipe, *branches: Branch) -> Recipe:
    return dataclasses.replace(wanted, branches=branches)


def checkpoint_at(result: Result, step: int) -> bytes:
    return next(event.data for event in result.of(Checkpoint) if event.step == step)


@pytest.mark.parametrize(("family", "sampler"), by_day(FITTING))
def test_a_branch_that_changes_nothing_is_the_plain_run(runner: Runner, family: Family, sampler: str) -> None:
    wanted = recipe(family, sampler=sampler, steps=5)
    plain = runner(wanted, family, checkpoint_seconds=0)
    turned = runner(branched(wanted, same(wanted, 2), same(wanted, 4)), family, checkpoint_seconds=0)
    assert turned.digests() == plain.digests()
    assert [event.step for event in turned.of(Checkpoint)] == [event.step for event in plain.of(Checkpoint)]
    for one, other in zip(turned.of(Checkpoint)[:2], plain.of(Checkpoint)[:2], strict=True):
        assert one.data == other.data


@pytest.mark.parametrize(("family", "sampler"), SOME)
def test_a_branch_from_its_parents_checkpoint_is_the_branch_from_nothing(
    runner: Runner, later: StudioEngine, family: Family, sampler: str
) -> None:
    wanted = recipe(family, sampler=sampler, steps=5)
    parent = runner(wanted, family, checkpoint_seconds=0)
    turned = branched(wanted, same(wanted, 3, prompt="a green boat over the sea", guidance=6.0))
    whole = runner(turned, family)
    assert whole.digests() != parent.digests()
    other = dataclasses.replace(runner, engine=later)
    for step in (1, 2, 3):
        begun = other(turned, family, checkpoint=checkpoint_at(parent, step))
        assert taken_up(begun)
        assert begun.digests() == whole.digests()
        assert begun.of(Progress)[-3].step == 5
        made = [event for event in begun.of(Progress) if event.phase is Phase.DENOISE]
        assert len(made) == 5 - step
    after = other(turned, family, checkpoint=checkpoint_at(parent, 4))
    assert "another recipe" in after.of(Log)[0].message
    assert after.digests() == whole.digests()


@pytest.mark.parametrize(("family", "sampler"), [*SOME, (Family.SD1, "heun"), (Family.SD1, "dpmpp-sde")])
def test_a_branch_goes_on_from_every_step(runner: Runner, later: StudioEngine, family: Family, sampler: str) -> None:
    wanted = recipe(family, sampler=sampler, steps=5)
    first = same(wanted, 2, prompt="a green boat", guidance=1.0, seed=3)
    second = same(wanted, 3, prompt="night over the sea", negative="sun " * 90, seed=3)
    stops_anywhere(runner, later, branched(wanted, first, second), family)


def test_branches_of_pictures_that_start_from_pictures(runner: Runner, later: StudioEngine, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "image.png", 32)
    wanted = recipe(sampler="euler-a", steps=6, source=SourceImage(str(path), 0.7))
    stops_anywhere(runner, later, branched(wanted, same(wanted, 2, prompt="a green boat", seed=4)), Family.SD1)
    wanted = inpainted(tmp_path, recipe(sampler="dpmpp-2m", steps=4), 1.0)
    plain = runner(wanted).digests()
    assert runner(branched(wanted, same(wanted, 2))).digests() == plain
    turned = branched(wanted, same(wanted, 2, prompt="a green boat"))
    stops_anywhere(runner, later, turned, Family.SD1)
    assert runner(turned).digests() != plain


@pytest.mark.parametrize(("family", "sampler"), by_day(STOCHASTIC))
def test_another_seed_draws_other_noise_from_the_branch_on(runner: Runner, family: Family, sampler: str) -> None:
    wanted = recipe(family, sampler=sampler, steps=5)
    digests = [runner(branched(wanted, same(wanted, 2, seed=seed)), family).digests()[0] for seed in (7, 8, 7)]
    assert digests[0] == digests[2]
    assert len({digests[0], digests[1], runner(wanted, family).digests()[0]}) == 3


def test_without_noise_on_the_way_a_seed_changes_nothing(runner: Runner) -> None:
    wanted = recipe(sampler="dpmpp-2m", steps=4)
    assert runner(branched(wanted, same(wanted, 2, seed=99))).digests() == runner(wanted).digests()


@pytest.mark.parametrize("change", [{"prompt": "a green boat"}, {"negative": "night"}, {"guidance": 7.5}])
def test_words_and_guidance_count_from_the_branch_on(runner: Runner, change: dict[str, Any]) -> None:
    wanted = recipe(steps=4)
    plain = runner(wanted, checkpoint_seconds=0)
    turned = runner(branched(wanted, same(wanted, 2, **change)), checkpoint_seconds=0)
    assert checkpoint_at(turned, 2) == checkpoint_at(plain, 2)
    assert checkpoint_at(turned, 3) != checkpoint_at(plain, 3)
    assert turned.digests() != plain.digests()
    later = runner(branched(wanted, same(wanted, 3, **change)))
    assert later.digests() not in (plain.digests(), turned.digests())


def test_a_branch_reports_one_way(runner: Runner) -> None:
    wanted = branched(recipe(steps=4, batch=2), Branch(1, "a green boat"), Branch(3, "a sea"))
    result = runner(wanted, previews=True)
    told = [(p.step, p.total) for p in result.of(Progress) if p.phase is Phase.DENOISE]
    assert told == [(step, 8) for step in range(1, 9)]
    assert [(p.index, p.step) for p in result.of(Preview)] == [
        (index, step) for index in (0, 1) for step in range(1, 5)
    ]
    alone = [runner(wanted.for_picture(index)).digests()[0] for index in (0, 1)]
    assert result.digests() == alone


@pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=lambda sampler: sampler.id)
def test_a_samplers_calls_are_the_steps_of_its_scheduler(sampler: Sampler) -> None:
    for steps in (1, 2, 3, 12, 150):
        scheduler = build_scheduler(sampler, STABLE_DIFFUSION, steps, 0)
        with quiet():
            scheduler.set_timesteps(steps)
        assert len(scheduler.timesteps) == sampler.calls(steps)


@pytest.mark.parametrize("sampler", ["ddim", "heun", "pndm"])
def test_each_step_but_the_last_can_branch(runner: Runner, sampler: str) -> None:
    wanted = recipe(sampler=sampler, steps=3)
    calls = SAMPLERS[sampler].calls(3)
    assert runner(branched(wanted, same(wanted, calls - 1))).digests() == runner(wanted).digests()
    with pytest.raises(StudioError, match="does not fit") as caught:
        runner(branched(wanted, same(wanted, calls)))
    assert caught.value.problem.field == "branches"


def test_a_branch_beyond_the_steps_that_are_run_is_refused(runner: Runner, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "image.png", 32)
    wanted = recipe(steps=6, source=SourceImage(str(path), 0.5))
    with pytest.raises(StudioError, match="after step 3 does not fit into the 3 steps") as caught:
        runner(branched(wanted, same(wanted, 3)))
    assert (caught.value.problem.kind, caught.value.problem.field) == (ErrorKind.INPUT, "branches")
    assert runner(branched(wanted, same(wanted, 2))).digests() == runner(wanted).digests()


def test_a_pause_between_two_legs_keeps_the_state_where_they_meet(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stable Diffusion 3 encodes the picture to start from once more at the second leg, where a pause may come."""
    monkeypatch.setattr("studio.engine.polling.POLL_SECONDS", 0.0)
    path = save_picture(tmp_path / "image.png", 64)
    wanted = recipe(Family.SD3, sampler="euler-a", steps=6, source=SourceImage(str(path), 0.9))
    wanted = branched(wanted, same(wanted, 2, prompt="a green boat", seed=5))
    plain = runner(wanted, Family.SD3).digests()
    polls, seen = 0, list[Result]()

    def next_poll_after_the_second_step(result: Result) -> None:
        nonlocal polls
        seen[:] = [result]
        polls += sum(event.phase is Phase.DENOISE for event in result.of(Progress)) == 2
        if polls == 3:
            raise JobPaused

    with pytest.raises(JobPaused):
        runner(wanted, Family.SD3, poll=next_poll_after_the_second_step)
    (kept,) = seen[0].of(Checkpoint)
    assert kept.step == 2
    assert runner(wanted, Family.SD3, checkpoint=kept.data).digests() == plain


def test_a_picture_is_more_than_one_colour(runner: Runner) -> None:
    """What is compared above are pictures in which a change shows."""
    pixels = runner(branched(recipe(), Branch(1, "a green boat"))).pixels()
    assert len(np.unique(pixels)) > 10
