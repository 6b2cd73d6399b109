"""What makes frames: from a clip on the timeline to a job in the queue, and what becomes of it."""

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.jobs import Job, JobState
from studio.domain.messages import ClipPreview
from studio.domain.sequence import FrameSequence, Method
from studio.domain.timeline.model import Clip, ClipTask, Generated, Timeline, new_id
from studio.domain.timeline.requests import request_set_task
from studio.session.canvas import CanvasSession
from studio.session.clips import generating
from studio.session.clips.bridging import bridge
from studio.session.clips.frames import FrameReader
from studio.session.clips.generating import Generation
from studio.session.clips.joins import Join, join_scores, range_of
from studio.session.clips.streaming import ClipJobs
from studio.session.studio import Studio
from studio.ui.animate.comparing import shown_with
from studio.ui.animate.new_clips import with_new_loop
from studio.ui.animate.words import join_text
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.train.background import Background

DRY_STEPS = 4
_DRY_SIDE = 192  # pixels, of a dry run's longer side at most, as far as the model can


class Making(QObject):
    """The clips of one project. `changed` tells that a clip's job is another or has come further, `arrived` of a frame,
    `begun` of a take that is being made, `ended` of one that is over.
    """

    changed = Signal(str)  # take
    arrived = Signal(str, int)  # take, number
    begun = Signal(str)  # take
    ended = Signal(str, object)  # take, Job
    previewed = Signal(str, object)  # take, ClipPreview
    problem = Signal(object)  # Problem
    noted = Signal(str)

    def __init__(
        self, studio: Studio, session: CanvasSession, jobs: ClipJobs, desk: TimelineDesk, reader: FrameReader,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._studio, self._session, self._jobs = studio, session, jobs
        self._desk, self._reader = desk, reader
        self._merge = ""
        self._aside = Background(self)
        self._aside.problem.connect(self.problem)
        jobs.frame_kept.connect(self._kept)
        jobs.take_changed.connect(self._take_changed)
        jobs.preview.connect(self._previewed)
        jobs.changed.connect(self._changed)
        jobs.ended.connect(self._ended)
        jobs.problem.connect(self._trouble)
        self.adopt()

    def adopt(self) -> None:
        """Take the project's frames from now on, also those that wait for it."""
        self._jobs.adopt(self._session, self._edit)

    def close_work(self) -> None:
        """What comes from now on waits for the project."""
        self._aside.abandon()
        jobs = self._jobs
        jobs.leave()
        jobs.frame_kept.disconnect(self._kept)
        jobs.take_changed.disconnect(self._take_changed)
        jobs.preview.disconnect(self._previewed)
        jobs.changed.disconnect(self._changed)
        jobs.ended.disconnect(self._ended)
        jobs.problem.disconnect(self._trouble)

    # ------------------------------------------------------------------------------------------ asking

    def job(self, clip: Clip | None) -> Job | None:
        """The job that makes frames of a clip at present, of the take that is seen before others."""
        if clip is None or not isinstance(clip.media, Generated):
            return None
        takes = (clip.media.active, *(take.id for take in reversed(clip.media.takes)))
        found = (self._jobs.job(take) for take in takes)
        return next((job for job in found if job is not None and not job.state.final), None)

    def is_made(self, take: str) -> bool:
        """Are frames of a take still to come?"""
        job = self._jobs.job(take)
        return job is not None and not job.state.final

    # ------------------------------------------------------------------------------------------ making

    def new_loop(self, task: ClipTask) -> str:
        """A clip at the playhead that this makes; its id, "" where it cannot be."""
        clip_id = new_id()

        def make() -> None:
            self._check(task)
            at = self._desk.playhead
            if self._edit("Generate", lambda timeline: with_new_loop(timeline, task, clip_id, at)):
                self._desk.select([clip_id])
                self._begin(self._generation(clip_id))

        return clip_id if self._in_one_step(make) else ""

    def generate(self, clip: Clip, task: ClipTask | None = None) -> bool:
        """Another take of a clip; by another task, which stays the clip's, if there is one."""
        changed = task if task is not None else _media(clip).task

        def make() -> None:
            self._check(changed)
            self._edit("Generate", lambda timeline: request_set_task(timeline, clip.id, changed))
            self._begin(self._generation(clip.id))

        return self._in_one_step(make)

    def dry_run(self, clip: Clip) -> bool:
        """A take in few steps and small, to see what moves and when."""

        def make() -> None:
            whole = self._generation(clip.id)
            if not isinstance(whole.task, FrameSequence):
                hint = "It is made without a model, and quickly: generate it."
                raise StudioError(ErrorKind.INPUT, "Only what a model draws can be tried small.", hint)
            task = self._small(whole.task)
            self._begin(dataclasses.replace(whole, task=task, label="Dry run", name="Dry run"))

        return self._in_one_step(make)

    def untaken(self) -> list[Clip]:
        """The clips that a model would draw and that show no take yet."""
        return [clip for track in self._desk.timeline.tracks for clip in track.clips if _untaken(clip)]

    def dry_run_all(self) -> int:
        """Dry runs of all clips that show no take yet, those next to the playhead first; how many."""
        clips, here = self.untaken(), self._desk.playhead
        clips.sort(key=lambda clip: max(clip.start - here, here - clip.end, 0))
        return sum(self.dry_run(clip) for clip in clips)

    def reroll(self, clip: Clip, first: int, last: int, seed: int) -> bool:
        """The frames `first` to `last` of the take that is seen once more; on a loop they may go across the seam."""

        def make() -> None:
            self._begin(generating.reroll(clip, first, last, seed, self._there(clip)))

        return self._in_one_step(make)

    def complete(self, clip: Clip) -> bool:
        """The frames that its take lacks."""
        take = _media(clip).take
        missing = set(range(take.frames)) - self._there(clip) if take is not None else set()
        return self._in_one_step(lambda: self._begin(generating.completion(clip, missing)))

    def multiply(self, clip: Clip, factor: int) -> bool:
        """So many times as many frames in the same time."""
        return self._in_one_step(lambda: self._begin(generating.interpolated(clip, factor)))

    def deflicker(self, clip: Clip) -> bool:
        """The same frames without fast changes of brightness and colour."""
        return self._in_one_step(lambda: self._begin(generating.deflickered(clip)))

    def make_loop(self, clip: Clip) -> bool:
        """What is seen of a clip as a loop."""
        return self._in_one_step(lambda: self._begin(generating.looped(clip, self._desk.timeline.rate)))

    def bridge_over(self, clip: Clip, number: int) -> None:
        """Frame `number` of the take that is seen anew, out of those around it."""
        media = _media(clip)
        if (take := media.take) is None:
            return
        there, reader = self._there(clip), self._reader

        def work() -> object:
            return bridge(lambda index: reader.pixels(media, index), there, number, number, take.frames, media.closed)

        def use(pictures: object) -> None:
            assert isinstance(pictures, dict)
            name = self.tr("Interpolated frame {n}").format(n=number + 1)
            note = "interpolated over from the frames around it"
            self._in_one_step(
                lambda: self._jobs.replace_frames(
                    generating.repair(clip, pictures, name, there), pictures, note, "interpolation"
                )
            )

        self._aside.run(work, use)

    def cancel(self, clip: Clip) -> None:
        """Stop what is being made of it; the frames that are there stay."""
        if (job := self.job(clip)) is not None:
            self._studio.queue.cancel(job.id)

    # ------------------------------------------------------------------------------------------ inside

    def _in_one_step(self, make: Callable[[], object]) -> bool:
        """Edits on the way are one step of the history. What cannot be is told; then False."""
        self._merge = f"make-{new_id()}"
        try:
            make()
        except StudioError as error:
            self.problem.emit(error.problem)
            return False
        finally:
            self._merge = ""
        return True

    def _edit(self, label: str, change: Callable[[Timeline], Timeline]) -> bool:
        return self._desk.request(self.tr(label), change, self._merge)

    def _check(self, task: ClipTask) -> None:
        """Raise what submitting would, before anything has changed."""
        if isinstance(task, FrameSequence) and task.method is not Method.VIDEO:
            self._studio.check_sequence(task)

    def _generation(self, clip_id: str) -> Generation:
        clip = self._desk.timeline.clip(clip_id)
        if clip is None:
            raise StudioError(ErrorKind.INPUT, "The clip is no longer there.", "Select another.", "clip")
        return generating.generation(clip, self._desk.timeline.rate)

    def _begin(self, generation: Generation) -> None:
        self.begun.emit(self._jobs.begin(generation))

    def _there(self, clip: Clip) -> frozenset[int]:
        take = _media(clip).take
        return self._session.takes.numbers(take.id) if take is not None else frozenset()

    def _small(self, task: FrameSequence) -> FrameSequence:
        recipe = task.recipe
        multiple = self._studio.model(recipe.model).traits.size_multiple
        size = recipe.size.fitted_into(Size(_DRY_SIDE, _DRY_SIDE)).rounded_to(multiple)
        sampling = dataclasses.replace(recipe.sampling, steps=min(DRY_STEPS, recipe.sampling.steps))
        return dataclasses.replace(task, recipe=dataclasses.replace(recipe, size=size, sampling=sampling))

    # ------------------------------------------------------------------------------------------ the jobs speak

    def _kept(self, take: str, number: int) -> None:
        self.arrived.emit(take, number)
        self._desk.takes_changed.emit(take)

    def _take_changed(self, take: str) -> None:
        self._desk.takes_changed.emit(take)

    def _previewed(self, take: str, preview: ClipPreview) -> None:
        self.previewed.emit(take, preview)

    def _changed(self, take: str, _job: Job) -> None:
        self.changed.emit(take)

    def _ended(self, take: str, job: Job) -> None:
        self.ended.emit(take, job)
        if job.state is JobState.DONE and isinstance(job.task, FrameSequence) and job.task.only:
            self._score(take, job.task)
        if job.state in (JobState.FAILED, JobState.QUARANTINED) and job.problem is not None:
            self.problem.emit(job.problem)

    def _score(self, take: str, task: FrameSequence) -> None:
        """Tell how well frames that were made anew fit to those around them."""
        found = (clip.media for track in self._desk.timeline.tracks for clip in track.clips)
        media = next((m for m in found if isinstance(m, Generated) and any(take == each.id for each in m.takes)), None)
        if media is None:
            return
        shown, reader = shown_with(media, take), self._reader
        first, last = range_of(task.only, task.frames, task.closed)

        def work() -> tuple[Join | None, Join | None]:
            return join_scores(lambda n: reader.pixels(shown, n), task.frames, first, last, task.closed)

        self._aside.run(work, lambda joins: self.noted.emit(join_text(joins)) if any(joins) else None)

    def _trouble(self, problem: object) -> None:
        self.problem.emit(problem)


def _media(clip: Clip) -> Generated:
    if isinstance(clip.media, Generated):
        return clip.media
    hint = "Choose a generated clip, or make one out of it with “Make it loop”."
    raise StudioError(ErrorKind.INPUT, "This clip was not made here.", hint, "clip")


def _untaken(clip: Clip) -> bool:
    media = clip.media
    return isinstance(media, Generated) and media.take is None and isinstance(media.task, FrameSequence)
