"""A clip around the noise circle, by tiny models of every family."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, JobCancelled, StudioError
from studio.domain.geometry import Size
from studio.domain.messages import ClipPreview, Phase, Planned, Progress
from studio.domain.plan import Rung
from studio.domain.recipe import RingNoise
from studio.domain.sequence import Attention, Consistency, FrameSequence, PromptKey, Schedule, Scheduled
from studio.engine.preview import CLIP_SIDE
from studio.engine.sequences.group import chunks, group_size
from studio.engine.shortage import VARIABLE
from studio.imaging.blobs import BlobStore
from tests.engine.jobs import Runner, is_plain, recipe
from tests.engine.sequences.clips import PLAIN, Clip, Clips, circle, counted, steps, together, worst

FAMILIES = [Family.SD1, Family.SDXL, Family.SD3, Family.STARTER]
STEADY = Consistency()


@pytest.mark.parametrize("family", FAMILIES)
def test_each_frame_is_the_picture_at_its_place_on_the_circle(clips: Clips, runner: Runner, family: Family) -> None:
    """Drawn side by side as one by one, with the end, which is the beginning, left out."""
    wanted = circle(family, 2, steps=2)
    found = clips(wanted, family).frames()
    assert sorted(found) == [0, 1] and not any(is_plain(frame) for frame in found.values())
    for number, frame in found.items():
        single = dataclasses.replace(wanted.recipe, ring=RingNoise(number / 2, wanted.motion))
        assert worst([frame], [runner(single, family).pixels()]) <= 1, number


@pytest.mark.parametrize("sampler", ["dpmpp-2m-karras", "unipc", "heun", "pndm", "lms", "ddim"])
def test_samplers_of_every_kind_make_a_clip(clips: Clips, runner: Runner, sampler: str) -> None:
    wanted = circle(frames=2, steps=3, sampler=sampler, guidance=1.0)
    second = dataclasses.replace(wanted.recipe, ring=RingNoise(0.5, wanted.motion))
    assert worst(clips(wanted).film()[1:], [runner(second).pixels()]) <= 1


def test_a_seed_decides_a_clip_bit_by_bit(clips: Clips) -> None:
    wanted = circle(frames=4, consistency=STEADY, common=0.5)
    first = clips(wanted).digests()
    assert clips(wanted).digests() == first and len(set(first)) == 4
    other = dataclasses.replace(wanted, recipe=dataclasses.replace(wanted.recipe, seed=8))
    assert not set(clips(other).digests()) & set(first)


@pytest.mark.parametrize("common", [0.0, 0.5])
def test_who_is_drawn_together_decides_nothing_but_the_last_bits(
    clips: Clips, monkeypatch: pytest.MonkeyPatch, common: float
) -> None:
    wanted = circle(frames=5, common=common)
    whole = clips(wanted).film()
    for size in (1, 2):
        monkeypatch.setattr("studio.engine.sequences.group._MOST", size)
        assert worst(clips(wanted).film(), whole) <= 1, size


def test_groups_are_as_even_as_they_can_be() -> None:
    for count in range(1, 70):
        for size in (1, 3, 24, 32):
            parts = list(chunks(count, size))
            lengths = [part.stop - part.start for part in parts]
            assert [n for part in parts for n in range(part.start, part.stop)] == list(range(count))
            assert max(lengths) <= size and max(lengths) - min(lengths) <= 1
            assert len(parts) == -(-count // size)


def test_large_frames_are_drawn_by_fewer() -> None:
    sized = {side: dataclasses.replace(recipe(), size=Size(side, side)) for side in (256, 512, 1024)}
    sizes = [group_size(each) for each in sized.values()]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[1] > 1
    assert [group_size(each, small=True) for each in sized.values()] == [1, 1, 1]


# ------------------------------------------------------------------------------------------------ common steps


@pytest.mark.parametrize(
    ("sampler", "common", "begin", "calls"),
    [("dpmpp-2m", 0.0, 0, 6), ("dpmpp-2m", 0.5, 3, 6), ("ddim", 0.9, 5, 6), ("heun", 0.5, 4, 11)],
)
def test_what_frames_have_in_common_is_drawn_once(
    clips: Clips, monkeypatch: pytest.MonkeyPatch, sampler: str, common: float, begin: int, calls: int
) -> None:
    wanted = circle(frames=4, sampler=sampler, steps=6, common=common, guidance=1.0)
    with counted(monkeypatch) as batches:
        clip = clips(wanted)
    assert batches == [1] * begin + [4] * (calls - begin)
    told = [event for event in clip.of(Progress) if event.phase is Phase.DENOISE]
    after = [begin + 4 * done for done in range(1, calls - begin + 1)]
    assert [event.step for event in told] == [*range(1, begin + 1), *after]
    assert (told[-1].step, told[-1].total) == (begin + 4 * (calls - begin),) * 2


def test_common_steps_leave_less_to_change(clips: Clips) -> None:
    changes = [steps(clips(circle(frames=4, steps=8, common=share)).film()).mean() for share in (0.0, 0.75)]
    assert 0 < changes[1] < 0.8 * changes[0]


def test_more_motion_changes_more(clips: Clips) -> None:
    changes = [steps(clips(circle(frames=4, motion=motion)).film()).mean() for motion in (0.05, 0.3, 1.0)]
    assert 0 < changes[0] < 0.4 * changes[1] < changes[2]


# ------------------------------------------------------------------------------------------------ steady


def test_a_steady_loop_changes_as_much_at_each_step(drawn: Clips) -> None:
    """Real pictures do not: without it, their steps differ by a fifth and more."""
    request = dataclasses.replace(recipe(Family.STARTER, prompt="sunset over the sea", steps=4), size=Size(128, 128))
    wanted = FrameSequence(request, 12)
    spreads = []
    for consistency in (PLAIN, STEADY):
        made = steps(drawn(dataclasses.replace(wanted, consistency=consistency), Family.STARTER).film())
        spreads.append(made.std() / made.mean())
    assert spreads[1] < 0.6 * spreads[0] and spreads[1] < 0.2, spreads


def test_frames_say_where_they_come_from(clips: Clips) -> None:
    keys = PromptKey(0.0, "a red fox"), PromptKey(0.5, "a green boat")
    clip = clips(circle(frames=4, prompts=keys, steps=2))
    found = clip.about()
    assert sorted(found) == [0, 1, 2, 3]
    assert [each.turn for each in found.values()] == [0.0, 0.25, 0.5, 0.75]
    assert [(each.key, each.mix) for each in found.values()] == [(0, 0.0), (0, 0.5), (1, 0.0), (1, 0.5)]
    for each in found.values():
        assert (each.method, each.seed, each.model) == ("circle", 7, "sd1") and len(each.model_hash) >= 16
    picture = clip.film()[0]
    assert json.loads(json.dumps(picture.shape)) == [32, 32, 3]


def test_a_steady_loops_frames_lie_in_order_from_its_beginning_on(clips: Clips) -> None:
    turns = [each.turn for each in clips(circle(frames=6, consistency=STEADY)).about().values()]
    assert turns[0] == 0 and turns == sorted(turns) and turns[-1] < 1 and len(set(turns)) == 6


def test_keyed_prompts_keep_their_places_on_a_steady_loop(clips: Clips) -> None:
    keys = PromptKey(0.0, "a red fox"), PromptKey(0.25, "a green boat"), PromptKey(0.5, "the sea at night")
    clip = clips(circle(frames=8, prompts=keys, consistency=STEADY, steps=2))
    turns = [each.turn for each in clip.about().values()]
    assert [turns[at] for at in (0, 2, 4)] == [0.0, 0.25, 0.5]
    plain = clips(circle(frames=8, prompts=keys, steps=2)).film()
    found = clip.film()
    assert worst([plain[at] for at in (0, 2, 4)], [found[at] for at in (0, 2, 4)]) <= 60


def test_an_open_clip_goes_half_the_way_round(clips: Clips, runner: Runner) -> None:
    wanted = circle(frames=4, steps=2, closed=False)
    last = dataclasses.replace(wanted.recipe, ring=RingNoise(3 / 8, wanted.motion))
    assert worst(clips(wanted).film()[3:], [runner(last).pixels()]) <= 1


def test_only_the_wanted_frames_are_handed_out_and_they_are_the_same(clips: Clips) -> None:
    wanted = circle(frames=5)
    whole = clips(wanted).by_number()
    some = clips(dataclasses.replace(wanted, only=(3, 1))).by_number()
    assert some == {1: whole[1], 3: whole[3]}
    made = clips(wanted, made=(0, 1, 4), done=3).by_number()
    assert made == {2: whole[2], 3: whole[3]}


# ------------------------------------------------------------------------------------------------ schedules


def test_motion_may_change_along_the_clip(clips: Clips, runner: Runner) -> None:
    values = (0.1, 0.9, 0.4)
    wanted = circle(frames=3, steps=2, schedules=(Schedule(Scheduled.MOTION, values),))
    for number, frame in clips(wanted).frames().items():
        single = dataclasses.replace(wanted.recipe, ring=RingNoise(number / 3, values[number]))
        assert worst([frame], [runner(single).pixels()]) <= 1, number


def test_motion_with_a_course_is_not_made_even(clips: Clips) -> None:
    course = Schedule(Scheduled.MOTION, (0.1, 0.9, 0.4, 0.4))
    about = clips(circle(frames=4, steps=2, consistency=STEADY, schedules=(course,))).about()
    assert [each.turn for each in about.values()] == [0.0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize("family", [Family.SD1, Family.SD3])
def test_guidance_may_change_along_the_clip(clips: Clips, runner: Runner, family: Family) -> None:
    values = (2.0, 9.0)
    wanted = circle(family, 2, steps=2, schedules=(Schedule(Scheduled.GUIDANCE, values),))
    for number, frame in clips(wanted, family).frames().items():
        sampling = dataclasses.replace(wanted.recipe.sampling, guidance=values[number])
        single = dataclasses.replace(
            wanted.recipe, sampling=sampling, ring=RingNoise(number / 2, wanted.motion)
        )  # fmt: skip
        assert worst([frame], [runner(single, family).pixels()]) <= 1, number


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("sampler", ["euler-a", "lcm"])
def test_samplers_that_shake_frames_are_refused(clips: Clips, sampler: str) -> None:
    with pytest.raises(StudioError) as error:
        clips(circle(sampler=sampler))
    assert (error.value.problem.kind, error.value.problem.field) == (ErrorKind.INPUT, "sampling.sampler")


# ------------------------------------------------------------------------------------------------ stops, memory


def test_a_cancel_is_heard_within_a_step(clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.engine.polling.POLL_SECONDS", 0.0)
    asked: list[int] = []

    def poll(seen: Clip) -> None:
        told = [event for event in seen.of(Progress) if event.phase is Phase.DENOISE]
        if len(told) == 1:
            asked.append(len(told))
            if len(asked) == 4:  # after the first step it is asked once, and then by the network's blocks
                raise JobCancelled

    clip = Clip(BlobStore(clips.store))
    with pytest.raises(JobCancelled):
        clips.go(clip, circle(steps=4), poll=poll)
    assert len([event for event in clip.of(Progress) if event.phase is Phase.DENOISE]) == 1
    assert not clip.digests()


@pytest.mark.parametrize("attention", [Attention.OWN, Attention.NEIGHBOURS])
def test_a_clip_comes_down_the_ladder_when_memory_runs_out(
    clips: Clips, monkeypatch: pytest.MonkeyPatch, attention: Attention
) -> None:
    wanted = circle(frames=3, steps=3, guidance=1.0, consistency=together(attention=attention))
    plain = clips(wanted).film()
    monkeypatch.setenv(VARIABLE, "denoise@3")
    with counted(monkeypatch) as batches:
        found = clips(wanted)
    assert batches[0] == 3
    assert sorted(found.frames()) == [0, 1, 2]
    assert len(found.of(Planned)) > 1
    if attention is Attention.OWN:
        assert worst(found.film(), plain) <= 1


def test_frames_are_drawn_one_by_one_where_there_is_little_memory(
    clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = circle(frames=3, steps=2, guidance=1.0)
    plain = clips(wanted).film()
    with counted(monkeypatch) as batches:
        small = clips(wanted, rung=Rung.OFFLOADED).film()
    assert set(batches) == {1} and len(batches) == 6
    assert worst(small, plain) <= 1


# ------------------------------------------------------------------------------------------------ previews


@pytest.mark.parametrize("family", [Family.SD1, Family.STARTER])
def test_previews_show_all_frames_of_the_group_and_are_small(
    clips: Clips, monkeypatch: pytest.MonkeyPatch, family: Family
) -> None:
    monkeypatch.setattr("studio.engine.sequences.drawing._PREVIEW_SECONDS", 0.0)
    monkeypatch.setattr("studio.engine.preview.CLIP_SIDE", 8)
    monkeypatch.setattr("studio.engine.sequences.group._MOST", 2)
    wanted = circle(family, 3, steps=2, size=64)
    found = clips(wanted, family, previews=True).of(ClipPreview)
    assert [each.indices for each in found] == [(0, 1), (0, 1), (2,), (2,)]
    assert [each.step for each in found] == [1, 2, 1, 2]
    for each in found:
        assert (each.width, each.height) == (8, 8)
        assert len(each.rgb) == len(each.indices) * 8 * 8 * 3
    assert np.frombuffer(found[0].rgb, np.uint8).std() > 0
    assert not clips(wanted, family).of(ClipPreview), "only where they are asked for"
    assert CLIP_SIDE <= 128


def test_frames_beside_the_clips_own_are_not_shown(clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    """A steady loop draws more of them, to choose from."""
    monkeypatch.setattr("studio.engine.sequences.drawing._PREVIEW_SECONDS", 0.0)
    shown: list[Any] = clips(circle(frames=5, consistency=STEADY, steps=2), previews=True).of(ClipPreview)
    assert shown and all(0 <= number < 5 for each in shown for number in each.indices)
