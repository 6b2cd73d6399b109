"""The job for frames without a model: every frame lands as soon as it is made, and a killed job makes the rest."""

import dataclasses
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain.codec import from_json
from studio.domain.errors import ErrorKind, JobCancelled, StudioError
from studio.domain.geometry import Size
from studio.domain.messages import Event, Phase, PictureDone, Progress, Run
from studio.domain.sequence import Footage, Provenance
from studio.domain.treatment import Arrow, Deflicker, FlowLoop, Interpolation, Loopify, Treatment
from studio.engine.clock import PhaseClock
from studio.engine.treatments import Treating
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import Pixels, decode
from studio.imaging.video.writing import write_clip
from tests.imaging.looping import clips

SIDE = 48
DOWN = (Arrow(0.5, 0.5, 0, 0.4),)


@pytest.fixture
def stills(tmp_path: Path) -> tuple[str, ...]:
    paths = []
    for index, frame in enumerate(clips.correct(8, SIDE) * 2):
        paths.append(tmp_path / f"{index}.png")
        Image.fromarray(frame).save(paths[-1])
    return tuple(map(str, paths))


class Desk:
    """Runs one task; `poll` may raise JobCancelled."""

    def __init__(self, folder: Path, task: Treatment, poll: Callable[[], None] = lambda: None, **begun: object) -> None:
        self.store, self.events = BlobStore(folder / "store"), list[Event]()
        command = Run("job", task, "", str(self.store.folder), **begun)  # type: ignore[arg-type]
        self.job = Treating(command, task, self.events.append, poll, PhaseClock())

    @property
    def done(self) -> list[PictureDone]:
        return [event for event in self.events if isinstance(event, PictureDone)]

    def frames(self) -> dict[int, Pixels]:
        return {event.picture.index: decode(self.store.get(event.picture.digest)) for event in self.done}

    def run(self) -> "Desk":
        assert "smooth" in self.job.run().cost.seconds
        return self


def test_interpolated_frames_land_one_by_one_with_their_provenance(tmp_path: Path, stills: tuple[str, ...]) -> None:
    desk = Desk(tmp_path, Interpolation(Footage(stills[:8]), factor=2)).run()
    assert [event.picture.index for event in desk.done] == list(range(16))
    about = [from_json(Provenance, json.loads(event.picture.about)) for event in desk.done]
    assert about[3].method == "interpolation" and about[3].mix == 0.5 and "from frame 1 to the next" in about[3].note
    assert about[4].mix == 0 and np.array_equal(desk.frames()[4], clips.correct(8, SIDE)[2])
    picture = desk.done[0].picture
    assert (picture.width, picture.height, picture.seed) == (SIDE, SIDE, 0)
    kinds = [type(event) for event in desk.events]
    assert kinds.index(PictureDone) < len(kinds) / 4, "not at the end"
    last = [event for event in desk.events if isinstance(event, Progress)][-1]
    assert (last.phase, last.step, last.total) == (Phase.SMOOTH, 16, 16)


def test_a_video_is_read_as_well_and_a_part_of_it(tmp_path: Path) -> None:
    frames = clips.correct(8, SIDE)
    write_clip(tmp_path / "clip.webp", frames, Size(SIDE, SIDE), Fraction(12), "webp")
    task = Interpolation(Footage((str(tmp_path / "clip.webp"),), first=2, count=3), factor=2, closed=False)
    made = Desk(tmp_path, task).run().frames()
    assert sorted(made) == [0, 1, 2, 3, 4]
    assert np.abs(made[0].astype(int) - frames[2]).mean() < 6


def test_a_clip_is_made_to_loop_after_it_was_looked_through(tmp_path: Path, stills: tuple[str, ...]) -> None:
    desk = Desk(tmp_path, Loopify(Footage(stills), least=6, most=8)).run()
    assert sorted(desk.frames()) == list(range(8))
    read = [event for event in desk.events if isinstance(event, Progress) and event.phase == Phase.LOAD]
    assert [(event.step, event.total) for event in read][-1] == (15, 16)
    about = [from_json(Provenance, json.loads(event.picture.about)) for event in desk.done]
    assert {one.method for one in about} == {"loopify"} and any(one.note for one in about)


def test_a_clip_loses_its_flicker_after_it_was_looked_through(tmp_path: Path, stills: tuple[str, ...]) -> None:
    for index in (1, 4):
        Image.fromarray((clips.correct(8, SIDE)[index] * 0.7).astype(np.uint8)).save(stills[index])
    desk = Desk(tmp_path, Deflicker(Footage(stills[:8]))).run()
    made = desk.frames()
    for index, frame in enumerate(clips.correct(8, SIDE)):
        assert abs(made[index].mean() - frame.mean()) < 0.2 * 0.3 * frame.mean()
    read = [event for event in desk.events if isinstance(event, Progress) and event.phase == Phase.LOAD]
    assert [(event.step, event.total) for event in read][-1] == (7, 8)
    about = [from_json(Provenance, json.loads(event.picture.about)) for event in desk.done]
    assert {one.method for one in about} == {"deflicker"} and "levels lighter" in about[4].note


def test_a_still_flows_and_is_frozen_where_the_mask_is_bright(tmp_path: Path, stills: tuple[str, ...]) -> None:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[:, :20] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    task = FlowLoop(stills[0], DOWN, str(tmp_path / "mask.png"), frames=6, reach=0.5)
    frames = Desk(tmp_path, task).run().frames()
    still = clips.correct(8, SIDE)[0]
    assert len(frames) == 6 and np.array_equal(frames[0], still)
    assert all(np.array_equal(frame[:, :20], still[:, :20]) for frame in frames.values())
    assert not np.array_equal(frames[3][:, 20:], still[:, 20:])


@pytest.mark.parametrize("kind", ["flow", "loopify", "interpolation", "deflicker"])
def test_what_was_killed_makes_the_frames_that_miss_and_they_are_the_same(
    tmp_path: Path, stills: tuple[str, ...], kind: str
) -> None:
    tasks: dict[str, Treatment] = {
        "flow": FlowLoop(stills[0], DOWN, frames=8),
        "loopify": Loopify(Footage(stills), least=6, most=8),
        "interpolation": Interpolation(Footage(stills[:4])),
        "deflicker": Deflicker(Footage(stills[:6])),
    }
    whole = Desk(tmp_path / "whole", tasks[kind]).run()
    broken: Desk

    def poll() -> None:
        if len(broken.done) == 3:
            raise JobCancelled

    broken = Desk(tmp_path / "broken", tasks[kind], poll)
    with pytest.raises(JobCancelled):
        broken.run()
    rest = broken.job.rest()
    assert rest.made == tuple(sorted(broken.frames())) and rest.done == 3
    again = Desk(tmp_path / "broken", tasks[kind], made=rest.made, done=rest.done).run()
    assert len(again.done) == len(whole.done) - 3 and not set(again.frames()) & set(broken.frames())
    both = broken.frames() | again.frames()
    assert all(np.array_equal(both[index], frame) for index, frame in whole.frames().items())


def test_transparent_frames_stay_so(tmp_path: Path) -> None:
    still = np.zeros((SIDE, SIDE, 4), np.uint8)
    still[10:30, 10:30] = (200, 100, 50, 255)
    Image.fromarray(still).save(tmp_path / "still.png")
    desk = Desk(tmp_path, FlowLoop(str(tmp_path / "still.png"), DOWN, frames=3)).run()
    with Image.open(desk.store.path(desk.done[1].picture.digest)) as image:
        assert image.mode == "RGBA"


def test_stills_of_several_sizes_are_brought_to_the_first_ones(tmp_path: Path, stills: tuple[str, ...]) -> None:
    Image.fromarray(clips.correct(2, 32)[0]).save(tmp_path / "other.png")
    frames = Desk(tmp_path, Interpolation(Footage((stills[0], str(tmp_path / "other.png"))))).run().frames()
    assert len(frames) == 4 and {frame.shape for frame in frames.values()} == {(SIDE, SIDE, 3)}


def test_what_cannot_be_made_is_refused_with_a_reason(tmp_path: Path, stills: tuple[str, ...]) -> None:
    Image.fromarray(np.zeros((5, 7), np.uint8)).save(tmp_path / "mask.png")
    (tmp_path / "broken.mp4").write_bytes(b"no video at all")
    tasks: dict[str, Treatment] = {
        "freeze": FlowLoop(stills[0], DOWN, str(tmp_path / "mask.png")),
        "least": Loopify(Footage(stills[:5]), least=12),
        "source.first": Interpolation(Footage(stills, first=99)),
        "arrows": FlowLoop(stills[0]),
        "source.count": Interpolation(Footage(stills * 20), factor=16),
    }
    for name, task in tasks.items():
        with pytest.raises(StudioError) as caught:
            Desk(tmp_path, task).run()
        assert (caught.value.problem.kind, caught.value.problem.field) == (ErrorKind.INPUT, name)
    with pytest.raises(StudioError):
        Desk(tmp_path, Interpolation(Footage((str(tmp_path / "broken.mp4"),)))).run()


def test_a_cancel_before_the_first_frame_is_heard(tmp_path: Path, stills: tuple[str, ...]) -> None:
    def stop() -> None:
        raise JobCancelled

    desk = Desk(tmp_path, dataclasses.replace(Loopify(Footage(stills)), least=6), stop)
    with pytest.raises(JobCancelled):
        desk.run()
    assert desk.events == []
