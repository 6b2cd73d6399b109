"""A user in the workspace Animate, and a worker that makes the frames of a clip when a test wants them."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from studio.domain.jobs import Cost, Picture
from studio.domain.messages import ClipPreview, Finished, Loaded, Phase, PictureDone, Progress, Run, Started
from studio.domain.sequence import FrameSequence, Provenance
from studio.domain.timeline.model import Clip, Generated, Timeline
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import Pixels, encode_png
from studio.session.clips.generating import frames_of
from studio.session.clips.provenance import write_provenance
from studio.ui.animate.editor import ClipEditor
from studio.ui.animate.page import AnimatePage
from tests.ui.desk import Desk

SIDE = 48


def frame(number: int, count: int, mark: int = 0) -> Pixels:
    """A bright spot on a plaid ground that goes round once in `count` frames; `mark` tints the ground."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    angle = 2 * np.pi * number / count
    spot = np.exp(-((x - 24 - 12 * np.cos(angle)) ** 2 + (y - 24 - 12 * np.sin(angle)) ** 2) / 60)
    ground = 60 + 20 * np.sin(x / 2) + 20 * np.cos(y / 2)
    channels = (ground + 120 * spot, ground * 0.8 + 90 * spot + mark, ground * 0.9)
    return np.asarray(np.stack(channels, axis=-1).clip(0, 255), np.uint8)


@dataclass
class Stage:
    """The page of a window, and its worker."""

    desk: Desk
    page: AnimatePage
    notes: list[str] = field(default_factory=list)

    @property
    def editor(self) -> ClipEditor:
        return self.page.editor

    @property
    def timeline(self) -> Timeline:
        return self.editor.desk.timeline

    @property
    def clip(self) -> Clip:
        """The only one."""
        (clip,) = (clip for track in self.timeline.tracks for clip in track.clips)
        return clip

    @property
    def media(self) -> Generated:
        media = self.clip.media
        assert isinstance(media, Generated)
        return media

    @property
    def run(self) -> Run:
        return self.desk.worker.run

    @property
    def task(self) -> FrameSequence:
        """What the worker was told to draw last."""
        task = self.run.task
        assert isinstance(task, FrameSequence)
        return task

    @property
    def bot(self) -> QtBot:
        return self.desk.bot

    def short(self, frames: int = 6) -> None:
        """A new loop shall have few frames."""
        self.editor.inspector.generate.form.rows["frames"].show_value(frames)

    def submitted(self, count: int) -> None:
        """Wait until the worker has so many jobs."""
        self.bot.waitUntil(lambda: len(self.desk.worker.runs) == count)

    def begin(self) -> None:
        """The worker takes the newest job up."""
        job = self.run.job_id
        for event in (Started(job), Loaded(job, "abc"), Progress(job, Phase.DENOISE, 3, 12)):
            self.desk.worker.post(event)

    def preview(self, numbers: tuple[int, ...], size: int = 16) -> None:
        rgb = bytes(np.full((len(numbers), size, size, 3), 90, np.uint8))
        self.desk.worker.post(ClipPreview(self.run.job_id, 3, numbers, size, size, rgb))

    def send(self, *numbers: int, mark: int = 0) -> None:
        """Some frames of the newest job are done; wait until they are in the project."""
        run, take = self.run, self.run_take
        count = frames_of(run.task, SIDE)  # type: ignore[arg-type]
        for number in numbers:
            digest = BlobStore(Path(run.store)).put(encode_png(frame(number, count, mark)))
            about = write_provenance(Provenance("circle", 5, number / count, model="starter"))
            self.desk.worker.post(PictureDone(run.job_id, Picture(number, 5, digest, SIDE, SIDE, about=about)))
        takes = self.editor.session.takes
        self.bot.waitUntil(lambda: set(numbers) <= takes.numbers(take))

    @property
    def run_take(self) -> str:
        job = self.desk.studio.queue.job(self.run.job_id)
        assert job is not None
        return job.output.removeprefix("take:")

    def finish(self) -> None:
        job = self.run.job_id
        self.desk.worker.post(Finished(job, Cost({"denoise": 1.0}, 2**30)))
        known = self.desk.studio.queue
        self.bot.waitUntil(lambda: (found := known.job(job)) is None or found.state.final)

    def make(self, frames: int = 6) -> None:
        """A whole loop, from the key to the last frame."""
        before = len(self.desk.worker.runs)
        self.short(frames)
        self.desk.window.generate()
        self.submitted(before + 1)
        self.begin()
        self.send(*range(frames))
        self.finish()


def enter(desk: Desk) -> Stage:
    """Go to the workspace."""
    page = desk.window.animate.page()
    stage = Stage(desk, page)
    page.problem.connect(lambda problem: stage.notes.append(str(problem)))
    page.editor.desk.noted.connect(stage.notes.append)
    desk.bot.waitUntil(page.editor.inspector.generate.prompt.isVisible)
    return stage
