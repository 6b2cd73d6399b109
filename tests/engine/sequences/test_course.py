"""Going on with a clip: what was stopped anywhere ends with the bits of what was never stopped."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.domain.catalog import Family
from studio.domain.errors import JobCancelled, JobPaused
from studio.domain.messages import Phase, PictureDone, Progress
from studio.domain.sequence import Attention, Consistency, FrameSequence, Held, Method, PromptKey
from studio.engine.run import StudioEngine
from studio.imaging.blobs import BlobStore
from tests.engine.jobs import PLAN
from tests.engine.sequences.clips import Clip, Clips, circle, counted, panned, saved, together

STEADY = Consistency()


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two frames at once, so that a clip has several groups."""
    monkeypatch.setattr("studio.engine.sequences.group._MOST", 2)


@pytest.fixture(scope="module")
def later() -> StudioEngine:
    """The engine of a worker that was started later: it has nothing of the first one's."""
    return StudioEngine(PLAN)


def requests(folder: Path) -> dict[str, FrameSequence]:
    """A clip of each way of drawing."""
    stills = saved(folder / "stills", panned(4, 48, 4))
    held = tuple(Held(number, stills.paths[number]) for number in (0, 3))
    keys = PromptKey(0.0, "a red fox"), PromptKey(0.5, "a green boat")
    common: dict[str, Any] = {"steps": 3, "common": 0.4}
    return {
        "circle": circle(frames=4, **common),
        "steady": circle(frames=4, consistency=STEADY, **common),
        "words": circle(frames=4, prompts=keys, consistency=STEADY, **common),
        "together": circle(frames=4, consistency=together(attention=Attention.NEIGHBOURS, flow=0.5), **common),
        "video": circle(frames=4, method=Method.VIDEO, source=stills, strength=0.7, **common),
        "between": circle(frames=4, held=held, only=(1, 2), strength=0.9, **common),
    }


WAYS = ["circle", "steady", "words", "together", "video", "between"]


@pytest.mark.parametrize("way", WAYS)
def test_a_clip_goes_on_from_every_step(clips: Clips, later: StudioEngine, tmp_path: Path, way: str) -> None:
    wanted = requests(tmp_path)[way]
    whole = clips(wanted)
    kept = clips(wanted, checkpoint_seconds=0)
    assert kept.by_number() == whole.by_number(), "keeping changed the clip"
    states = kept.checkpoints()
    assert [state.step for state in states] == sorted({state.step for state in states}), "they only ever grow"
    assert len(states) >= 3
    other = dataclasses.replace(clips, engine=later)
    for state in (states[0], states[len(states) // 2], states[-1]):
        resumed = other(wanted, checkpoint=state.data, checkpoint_seconds=0)
        assert resumed.taken_up()
        assert resumed.by_number() == whole.by_number(), f"from {state.step}"
        after = {found.step: found.data for found in resumed.checkpoints()}
        assert all(after[found.step] == found.data for found in states if found.step > state.step and
                   found.step in after), "the states after it, too"  # fmt: skip


@pytest.mark.parametrize("way", ["steady", "video"])
def test_what_is_done_is_not_drawn_again(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    wanted = requests(tmp_path)[way]
    with counted(monkeypatch) as calls:
        states = clips(wanted, checkpoint_seconds=0).checkpoints()
    with counted(monkeypatch) as again:
        clips(wanted, checkpoint=states[-1].data)
    assert len(calls) >= 4 and len(again) == 0, "all steps were there"
    with counted(monkeypatch) as rest:
        clips(wanted, checkpoint=states[len(states) // 2].data)
    assert 0 < len(rest) < len(calls)


@pytest.mark.parametrize("frames", [1, 3])
def test_a_clip_that_ended_between_its_frames_makes_those_that_miss(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: int
) -> None:
    wanted = requests(tmp_path)["together"]
    whole = clips(wanted).by_number()

    def poll(seen: Clip) -> None:
        if len(seen.digests()) == frames:
            raise JobCancelled  # as if the worker had been killed

    broken = Clip(BlobStore(clips.store))
    with pytest.raises(JobCancelled):
        clips.go(broken, wanted, poll=poll, checkpoint_seconds=0)
    made = tuple(sorted(broken.by_number()))
    assert made == tuple(range(frames))
    with counted(monkeypatch) as calls:
        rest = clips(wanted, made=made, done=len(made), checkpoint=broken.checkpoints()[-1].data)
    assert not calls and sorted(rest.by_number()) == list(range(frames, 4))
    assert broken.by_number() | rest.by_number() == whole


def stopped(clips: Clips, wanted: FrameSequence, when: Callable[[Clip], bool]) -> Clip:
    """The clip that was paused as soon as `when` holds."""

    def poll(seen: Clip) -> None:
        if when(seen):
            raise JobPaused

    clip = Clip(BlobStore(clips.store))
    with pytest.raises(JobPaused):
        clips.go(clip, wanted, poll=poll)
    return clip


def steps_of(clip: Clip) -> int:
    return sum(event.phase is Phase.DENOISE for event in clip.of(Progress))


MOMENTS: dict[str, Callable[[Clip], bool]] = {
    "in the common steps": lambda clip: steps_of(clip) == 1,
    "in a group": lambda clip: steps_of(clip) == 4,
    "at the end of a group": lambda clip: steps_of(clip) == 3,
    "while decoding": lambda clip: any(event.phase is Phase.DECODE for event in clip.of(Progress)),
    "between frames": lambda clip: len(clip.of(PictureDone)) == 2,
}


@pytest.mark.parametrize("where", MOMENTS)
def test_a_pause_keeps_where_it_is(clips: Clips, later: StudioEngine, where: str) -> None:
    wanted = circle(frames=4, steps=3, common=0.4, consistency=together(flow=0.4))
    whole = clips(wanted).by_number()
    clip = stopped(clips, wanted, MOMENTS[where])
    [state] = clip.checkpoints()
    assert clip.events[-1] is state
    made = clip.by_number()
    rest = dataclasses.replace(clips, engine=later)(
        wanted, checkpoint=state.data, made=tuple(made), done=len(made)
    )  # fmt: skip
    assert rest.taken_up() and not set(made) & set(rest.by_number())
    assert made | rest.by_number() == whole


def test_a_pause_before_the_first_step_keeps_nothing(clips: Clips) -> None:
    clip = stopped(clips, circle(frames=4), lambda seen: any(e.phase is Phase.ENCODE for e in seen.of(Progress)))
    assert not clip.checkpoints()


@pytest.mark.parametrize(
    "changes", [{"seed": 8}, {"motion": 0.6}, {"common": 0.2}, {"frames": 6}, {"only": (0, 1)}], ids=str,
)  # fmt: skip
def test_what_was_kept_of_another_clip_is_left_out(clips: Clips, changes: dict[str, object]) -> None:
    state = clips(circle(steps=4), checkpoint_seconds=0).checkpoints()[3]
    wanted = circle(**{"steps": 4, **changes})  # type: ignore[arg-type]
    found = clips(wanted, checkpoint=state.data)
    assert not found.taken_up()
    assert found.by_number() == clips(wanted).by_number()


def test_what_was_kept_of_another_model_is_left_out(clips: Clips) -> None:
    state = clips(circle(steps=4), checkpoint_seconds=0).checkpoints()[3]
    wanted = circle(Family.STARTER, steps=4)
    assert not clips(wanted, Family.STARTER, checkpoint=state.data).taken_up()


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: b"x" * 200])
def test_a_damaged_checkpoint_is_left_out(clips: Clips, damage: Callable[[bytes], bytes]) -> None:
    wanted = circle(frames=3, steps=2)
    state = clips(wanted, checkpoint_seconds=0).checkpoints()[1]
    found = clips(wanted, checkpoint=damage(state.data))
    assert not found.taken_up() and len(found.frames()) == 3


def test_the_source_that_was_exchanged_makes_another_clip(clips: Clips, tmp_path: Path) -> None:
    wanted = requests(tmp_path)["video"]
    state = clips(wanted, checkpoint_seconds=0).checkpoints()[2]
    saved(tmp_path / "stills", panned(4, 48, 4, seed=9))
    assert not clips(wanted, checkpoint=state.data).taken_up()
