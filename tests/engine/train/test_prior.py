"""What a LoRA is asked so that it stays the base where its trigger is absent."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from studio.domain.catalog import Family
from studio.domain.errors import JobCancelled
from studio.domain.training import PRIOR_SAMPLES, Training
from studio.engine import libraries
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel
from studio.engine.train import lora
from studio.engine.train import prior as priors
from studio.engine.train.courses import LoraCourse, Setting
from studio.engine.train.data import Example
from studio.engine.train.denoising import objective_for
from studio.engine.train.everyday import everyday
from studio.engine.train.loop import Trainer
from studio.engine.train.prior import Prior, Questions, held_prompts
from studio.engine.train.world.heldout import evaluation_prompts
from tests.engine.jobs import PLAN, Runner

TRAINING = Training(trigger="zib fox", batch=2, rank=4, alpha=4, side=64, warmup=1, steps=16, learning_rate=0.01)
PICTURES = 6
UNSEEN = ["a castle on green hills", "", "a bowl of soup", "the sea at night over a red boat, calm, soft light"]


def examples(*captions: str) -> list[Example]:
    """A picture of noise for each caption, in the latents of the tiny starter."""
    generator = torch.Generator().manual_seed(4)
    return [Example((text,), torch.randn((1, 8, 4, 4), generator=generator).half()) for text in captions]


SHOWN = examples("zib fox", "zib fox, on a boat", "zib fox, the sea at night")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Few pictures of the base in few steps; no warnings, as the engine runs its jobs."""
    monkeypatch.setattr(priors, "PRIOR_PICTURES", PICTURES)
    monkeypatch.setattr(priors, "PRIOR_DRAWN_STEPS", 2)
    with libraries.quiet():
        yield


def load(runner: Runner, family: Family) -> LoadedModel:
    return runner.engine._model(runner.models[family], lambda: None, lambda *_: None)


@pytest.fixture
def model(runner: Runner) -> LoadedModel:
    return load(runner, Family.STARTER)


@pytest.fixture
def prior(model: LoadedModel) -> Iterator[Prior]:
    lora.inject(model, TRAINING)
    yield Prior(model, TRAINING, SHOWN, lambda: None)
    lora.remove(model)


def as_values(asked: Questions) -> tuple[Any, ...]:
    return (asked.prompts, asked.clean.tolist(), asked.noise.tolist(), asked.t.tolist())


# ------------------------------------------------------------------------------------------------ what is held


def test_captions_are_held_with_nothing_or_the_kind_of_thing_in_place_of_the_trigger() -> None:
    given = examples("zib fox, on a boat", "zib fox, a photo of a Zib Fox", "zib fox")
    assert held_prompts(given, TRAINING) == [
        "",
        "a photo of a",
        "fox",
        "fox, a photo of a fox",
        "fox, on a boat",
        "on a boat",
    ]


def test_a_trigger_of_one_word_leaves_nothing_in_its_place() -> None:
    assert held_prompts(examples("zib, zibra on a boat"), replace(TRAINING, trigger="zib")) == ["", "zibra on a boat"]


def test_what_is_learnt_is_not_held() -> None:
    """Where a picture is learnt without the trigger, the two terms would pull against each other."""
    assert held_prompts(examples("on a boat", ""), TRAINING) == []
    assert held_prompts(examples("on a boat"), replace(TRAINING, caption_dropout=0.1)) == []


# ------------------------------------------------------------------------------------------------ what is asked


def test_questions_are_decided_by_seed_and_step(prior: Prior, model: LoadedModel) -> None:
    again = Prior(model, TRAINING, SHOWN, lambda: None)
    assert as_values(prior.questions(3, 1)) == as_values(again.questions(3, 1))
    for other in (again.questions(4, 1), again.questions(3, 0)):
        assert as_values(prior.questions(3, 1)) != as_values(other)
    elsewhere = Prior(model, replace(TRAINING, seed=1), SHOWN, lambda: None)
    assert as_values(prior.questions(3, 1)) != as_values(elsewhere.questions(3, 1))


def test_prompts_of_all_kinds_are_asked_anew_in_each_step(prior: Prior) -> None:
    asked = [prompt for step in range(100) for prompt in prior.questions(step, 0).prompts]
    assert len(asked) == 100 * PRIOR_SAMPLES * TRAINING.batch
    assert len(set(asked)) >= 100, "not only those that the pictures were drawn for"
    assert 0.1 < asked.count("") / len(asked) < 0.3, "guidance multiplies what changes in the empty prompt"
    assert {"fox", "on a boat", "fox, the sea at night"} <= set(asked)
    assert not any("zib" in prompt for prompt in asked)


def test_half_of_the_questions_are_near_pure_noise(prior: Prior) -> None:
    times = torch.cat([prior.questions(step, 0).t for step in range(100)])
    assert 0 <= float(times.min()) < 0.15 and 0.99 < float(times.max()) <= 1
    assert 0.4 < float((times > 0.75).float().mean()) < 0.6


def test_without_a_caption_to_hold_the_questions_are_general(model: LoadedModel) -> None:
    lora.inject(model, TRAINING)
    try:
        prior = Prior(model, TRAINING, examples("a zib", ""), lambda: None)
        asked = {prompt for step in range(40) for prompt in prior.questions(step, 0).prompts}
    finally:
        lora.remove(model)
    assert "" not in asked and "a zib" not in asked and len(asked) > 40


@pytest.mark.parametrize("family", [Family.STARTER, Family.SD1])
def test_everyday_prompts_are_many_and_repeatable(family: Family) -> None:
    drawn = [everyday(random.Random(index), family) for index in range(400)]
    assert drawn == [everyday(random.Random(index), family) for index in range(400)]
    assert len(set(drawn)) > 350
    lengths = sorted(len(prompt.split()) for prompt in drawn)
    assert lengths[0] <= 2 and lengths[-1] >= 20
    asked = {prompt.prompt for prompt in evaluation_prompts()}
    assert not asked & set(drawn), "what the starter is judged by is left to the judge"


# ------------------------------------------------------------------------------------------------ what it does


def moved(model: LoadedModel, prior: float) -> float:
    """How far the predictions for `UNSEEN` are from the base's after a training."""
    training = replace(TRAINING, prior=prior)
    course = LoraCourse(Setting(training, model, SHOWN, [], PLAN, lambda: None))
    try:
        trainer = Trainer(course.parameters, training, course.loss)
        while trainer.step < training.steps:
            trainer.advance()
        return difference(course, model, UNSEEN)
    finally:
        course.close()


@torch.no_grad()
def answers(course: LoraCourse, model: LoadedModel, prompts: list[str]) -> torch.Tensor:
    """The predictions for four prompts, each at another noise level."""
    generator = torch.Generator().manual_seed(9)
    clean, noise = (torch.randn((len(prompts), 8, 8, 8), generator=generator) for _ in range(2))
    noised = objective_for(TRAINING, model).at(clean, noise, torch.tensor([1.0, 0.9, 0.6, 0.3]))
    return course._networks.predict(noised.sample, noised.timestep, course.reader(prompts))


def difference(course: LoraCourse, model: LoadedModel, prompts: list[str]) -> float:
    """How far the LoRA's answers are from the base's, as a root mean square."""
    answer = answers(course, model, prompts)
    with lora.bare(model):
        base = answers(course, model, prompts)
    return float((answer - base).square().mean().sqrt())


def test_the_prior_is_nothing_before_the_first_step(model: LoadedModel) -> None:
    course = LoraCourse(Setting(TRAINING, model, SHOWN, [], PLAN, lambda: None))
    try:
        assert course._prior is not None
        found = course._prior.loss(course._networks, objective_for(TRAINING, model), 0, 0)
        assert float(found.detach()) == 0
    finally:
        course.close()


def test_without_a_trigger_nothing_is_held(model: LoadedModel) -> None:
    course = LoraCourse(Setting(replace(TRAINING, trigger=" "), model, SHOWN, [], PLAN, lambda: None))
    course.close()
    assert course._prior is None


def test_prompts_that_were_never_asked_stay_as_the_base_answers_them(model: LoadedModel) -> None:
    assert moved(model, 5.0) < 0.6 * moved(model, 0.0)


def test_inside_bare_the_base_answers_and_afterwards_the_lora_also_after_an_error(model: LoadedModel) -> None:
    course = LoraCourse(Setting(replace(TRAINING, prior=0.0), model, SHOWN, [], PLAN, lambda: None))
    try:
        base = answers(course, model, UNSEEN)
        for name, value in course.parameters.items():
            if ".lora_B." in name:
                torch.nn.init.ones_(value)
        changed = answers(course, model, UNSEEN)
        with pytest.raises(JobCancelled), lora.bare(model):
            assert torch.equal(answers(course, model, UNSEEN), base)
            raise JobCancelled
        assert torch.equal(answers(course, model, UNSEEN), changed) and not torch.equal(changed, base)
    finally:
        course.close()
