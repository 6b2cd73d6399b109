"""The request for frames: what is on the ring, and what is wrong with a request."""

import dataclasses
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.domain.easing import PRESETS, Ease
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.recipe import Branch, Recipe, RingNoise, Sampling, SourceImage
from studio.domain.samplers import SAMPLERS
from studio.domain.sequence import (
    COMMON,
    COMMON_OF_PROMPTS,
    MAX_FRAMES,
    MAX_HARMONICS,
    MAX_PROMPT_KEYS,
    Attention,
    Consistency,
    Footage,
    FrameSequence,
    Held,
    Method,
    PromptKey,
    Schedule,
    Scheduled,
    require_valid_sequence,
    sequence_problems,
    usual_consistency,
    words_at,
)

SEA = Recipe(prompt="sea")
RING = FrameSequence(SEA)


def ring(**changes: object) -> FrameSequence:
    return dataclasses.replace(RING, **changes)  # type: ignore[arg-type]


def of(**changes: object) -> FrameSequence:
    """A clip of a recipe that is changed so."""
    return ring(recipe=dataclasses.replace(SEA, **changes))  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ the ring


@given(st.integers(2, 500), st.integers(-1000, 1000))
def test_frames_go_round_and_the_end_is_the_beginning(frames: int, index: int) -> None:
    clip = ring(frames=frames)
    assert clip.angle(index) == clip.angle(index + frames) and 0 <= clip.angle(index) < 1
    assert clip.angle(1) - clip.angle(0) == pytest.approx(1 - clip.angle(-1)), "the seam is a step as any other"


def test_all_frames_are_wanted_unless_some_are_named() -> None:
    assert ring(frames=4).wanted == (0, 1, 2, 3)
    assert ring(frames=4, only=(3, 1, 3)).wanted == (1, 3)


@pytest.mark.parametrize("sampler", ["dpmpp-2m", "heun"])
def test_how_many_steps_are_common(sampler: str) -> None:
    clip = ring(recipe=Recipe(prompt="sea", sampling=Sampling(sampler, 20, 4.0)))
    calls = SAMPLERS[sampler].calls(20)
    keys = PromptKey(0.0, "a"), PromptKey(0.5, "b")
    assert clip.common_steps == int(COMMON * calls)
    assert dataclasses.replace(clip, prompts=keys).common_steps == int(COMMON_OF_PROMPTS * calls)
    assert dataclasses.replace(clip, prompts=keys[:1]).common_steps == int(COMMON * calls)
    assert dataclasses.replace(clip, common=0.0).common_steps == 0
    assert dataclasses.replace(clip, common=0.25).common_steps == int(0.25 * calls)
    for other in ({"method": Method.VIDEO}, {"held": (Held(0, "a.png"),)}):
        assert dataclasses.replace(clip, common=0.5, **other).common_steps == 0


def test_the_hashes_that_an_engine_found_are_noted() -> None:
    assert RING.carried_out("ab").recipe.model_hash == "ab"
    assert dataclasses.replace(RING.carried_out("ab"), recipe=SEA) == RING


def test_each_method_has_what_suits_it() -> None:
    assert usual_consistency(Method.CIRCLE) == Consistency()
    assert usual_consistency(Method.VIDEO).attention is Attention.ALL
    assert all(sequence_problems(ring(consistency=usual_consistency(each))) == () for each in Method)


# ------------------------------------------------------------------------------------------------ words

TWO = (PromptKey(0.2, "a"), PromptKey(0.7, "b", ease=PRESETS["hold"]))


@pytest.mark.parametrize(
    ("at", "closed", "found"),
    [
        (0.2, True, (0, 1, 0.0)),
        (0.45, True, (0, 1, 0.5)),
        (0.7, True, (1, 0, 0.0)),
        (0.1, True, (1, 0, 0.0)),
        (0.1, False, (0, 0, 0.0)),
        (0.9, False, (1, 1, 0.0)),
    ],
)
def test_words_between_keys(at: float, closed: bool, found: tuple[int, int, float]) -> None:
    assert words_at(TWO, at, closed) == pytest.approx(found)


def test_across_the_seam_the_last_key_leads_to_the_first() -> None:
    keys = (PromptKey(0.2, "a"), PromptKey(0.7, "b"))
    assert words_at(keys, 0.95, True) == pytest.approx((1, 0, 0.5))
    assert words_at(keys, 0.1, True) == pytest.approx((1, 0, 0.8))


@given(
    st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=6, unique=True).map(sorted),
    st.floats(0, 1, exclude_max=True),
    st.booleans(),
)
def test_words_are_always_between_two_keys_that_are_neighbours(places: list[float], at: float, closed: bool) -> None:
    keys = tuple(PromptKey(place, ease=PRESETS["ease-in-out"]) for place in places)
    before, after, mix = words_at(keys, at, closed)
    assert 0 <= mix <= 1 and after in (before, (before + 1) % len(keys))
    assert closed or before <= after
    for number, place in enumerate(places):
        assert words_at(keys, place, closed)[::2] == (number, 0.0), "at a key it is that key's"


# ------------------------------------------------------------------------------------------------ schedules


def test_a_parameter_follows_its_schedule() -> None:
    clip = ring(frames=4, schedules=(Schedule(Scheduled.MOTION, (0.0, 0.2, 0.4, 0.2)),))
    found = [clip.value(Scheduled.MOTION, place / 8) for place in range(8)]
    assert found == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.3, 0.2, 0.1]), "round the ring"
    line = dataclasses.replace(clip, closed=False)
    assert line.value(Scheduled.MOTION, 7 / 8) == pytest.approx(0.2), "the end holds"
    assert clip.value(Scheduled.STRENGTH, 0.3) == clip.strength
    assert clip.value(Scheduled.GUIDANCE, 0.3) == SEA.sampling.guidance


# ------------------------------------------------------------------------------------------------ problems


def test_a_usual_request_is_right() -> None:
    assert sequence_problems(RING) == ()
    require_valid_sequence(ring(closed=False, frames=1))
    require_valid_sequence(ring(method=Method.VIDEO, source=Footage(("a.mp4",))))


FLAT = tuple([0.5] * 24)
WRONG: list[tuple[FrameSequence, str]] = [
    (ring(frames=1), "frames"),
    (ring(frames=0, closed=False), "frames"),
    (ring(frames=MAX_FRAMES + 1), "frames"),
    (ring(rate=Fraction(0)), "rate"),
    (ring(rate=Fraction(-1)), "rate"),
    (ring(rate=Fraction(241)), "rate"),
    (ring(motion=0.0), "motion"),
    (ring(motion=1.01), "motion"),
    (ring(motion=math.nan), "motion"),
    (ring(common=1.0), "common"),
    (ring(common=math.nan), "common"),
    (ring(common=-math.inf), "common"),
    (ring(harmonics=0), "harmonics"),
    (ring(harmonics=MAX_HARMONICS + 1), "harmonics"),
    (ring(prompts=tuple(PromptKey(at / 100) for at in range(MAX_PROMPT_KEYS + 1))), "prompts"),
    (ring(prompts=(PromptKey(1.0),)), "prompts"),
    (ring(prompts=(PromptKey(-0.1),)), "prompts"),
    (ring(prompts=(PromptKey(0.5), PromptKey(0.5))), "prompts"),
    (ring(prompts=(PromptKey(0.5), PromptKey(0.2))), "prompts"),
    (ring(prompts=(PromptKey(0.5, ease=Ease(-1.0)),)), "prompts"),
    (ring(method=Method.VIDEO), "source"),
    (ring(method=Method.VIDEO, source=Footage(())), "source"),
    (ring(source=Footage(("a.mp4",), -1)), "source"),
    (ring(source=Footage(("a.mp4",), 0, -1)), "source"),
    (ring(strength=0.0), "strength"),
    (ring(strength=math.nan), "strength"),
    (ring(only=(24,)), "only"),
    (ring(only=(-1,)), "only"),
    (ring(held=(Held(24, "a.png"),)), "only"),
    (ring(only=(1,), held=(Held(1, "a.png"),)), "only"),
    (ring(consistency=Consistency(flow=1.0)), "consistency.flow"),
    (ring(consistency=Consistency(flow=math.nan)), "consistency.flow"),
    (ring(consistency=Consistency(smoother=101)), "consistency.smoother"),
    (ring(consistency=Consistency(smoother=-1)), "consistency.smoother"),
    (ring(schedules=(Schedule(Scheduled.MOTION, (0.5,)),)), "schedules"),
    (ring(schedules=(Schedule(Scheduled.MOTION, (2.0, *FLAT[1:])),)), "schedules"),
    (ring(schedules=(Schedule(Scheduled.MOTION, (math.nan, *FLAT[1:])),)), "schedules"),
    (ring(schedules=(Schedule(Scheduled.MOTION, FLAT), Schedule(Scheduled.MOTION, FLAT))), "schedules"),
    (of(batch=2), "recipe"),
    (of(upscale=2), "recipe"),
    (of(ring=RingNoise(0.5)), "recipe"),
    (of(source=SourceImage("a.png", 0.5)), "recipe"),
    (of(branches=(Branch(2, "fog"),)), "recipe"),
    (of(sampling=Sampling("euler-a", 20, 4.0)), "sampling.sampler"),
]


@pytest.mark.parametrize(("clip", "field"), WRONG, ids=[f"{at}-{field}" for at, (_, field) in enumerate(WRONG)])
def test_what_is_wrong_is_told_with_what_to_do(clip: FrameSequence, field: str) -> None:
    problems = sequence_problems(clip)
    assert field in [problem.field for problem in problems]
    assert all(problem.kind is ErrorKind.INPUT and problem.message and problem.hint for problem in problems)
    with pytest.raises(StudioError) as error:
        require_valid_sequence(clip)
    assert error.value.problem == problems[0]


def test_what_is_wrong_with_the_recipe_is_told_first() -> None:
    [first, *_] = sequence_problems(
        ring(recipe=Recipe(prompt="sea", sampling=Sampling("dpmpp-2m", 0, 4.0)), motion=0.0)
    )
    assert first.field == "sampling.steps"


@pytest.mark.parametrize("sampler", [each.id for each in SAMPLERS.values() if each.stochastic])
def test_samplers_that_draw_noise_on_the_way_are_for_motion_models_alone(sampler: str) -> None:
    clip = of(sampling=Sampling(sampler, 20, 4.0))
    assert [problem.field for problem in sequence_problems(clip)] == ["sampling.sampler"]
    assert sequence_problems(dataclasses.replace(clip, method=Method.MOTION)) == ()
