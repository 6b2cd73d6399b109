"""Jobs that make frames for the clips of a project: each frame is in the project as soon as it is made."""

import functools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from pathlib import Path

from psygnal import Signal

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, JobState, Picture, sources_of
from studio.domain.messages import ClipPreview
from studio.domain.sequence import FrameSequence
from studio.domain.timeline.model import ClipTask, Take, Timeline, new_id
from studio.domain.treatment import Loopify, require_valid_treatment
from studio.imaging.pictures import require_file
from studio.imaging.pixels import Pixels, encode_png
from studio.session.canvas import CanvasSession
from studio.session.clips import changes, sources
from studio.session.clips.generating import Generation
from studio.session.clips.keeping import Kept, keep_waiting
from studio.session.clips.provenance import noted
from studio.session.clips.sources import take_of, take_path
from studio.session.clips.takes import Made
from studio.session.studio import Studio

# A way for edits of a project's timeline into its history, as one step with a label; whether the edit was made.
Edit = Callable[[str, Callable[[Timeline], Timeline]], bool]


class ClipJobs:
    """The jobs of the clips of one project at a time, which `adopt` names. Belongs to the thread that owns the studio.

    A frame is in the project before the blob store lets go of it. Frames of a project that is not open wait in the
    store, and their job in its list, until that project is adopted; those of a take that was undone are kept, too, as
    redo brings it back. What could not be written is tried again by `retry`, and with each job that ends.
    """

    frame_kept = Signal(str, int)  # a take, the number of a frame that it has now
    take_changed = Signal(str)  # a take that has other frames than before
    preview = Signal(str, ClipPreview)  # of a take that is being made
    changed = Signal(str, Job)  # a take, and the job that makes it, as it is now
    ended = Signal(str, Job)  # no more frames of it come
    problem = Signal(Problem)

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._session: CanvasSession | None = None
        self._edit: Edit | None = None
        self._ours: set[str] = set()  # takes of this project
        self._foreign: set[str] = set()  # takes of others
        self._jobs: dict[str, str] = {}  # takes and the jobs that made them last
        self._open: set[str] = set()  # jobs whose end was not told
        self._told = ""  # the problem that was told last, until frames are kept again
        studio.frame.connect(self._frame)
        studio.queue.changed.connect(self._changed)
        studio.queue.listed.connect(self._listed)
        studio.queue.clip_preview.connect(self._preview)

    # ---------------------------------------------------------------------------------------- projects

    def adopt(self, session: CanvasSession, edit: Edit) -> None:
        """From now on keep the frames of this project, also those that wait for it."""
        self.leave()
        if not session.read_only:
            self._session, self._edit = session, edit
            self._listed(self._studio.queue.jobs)

    def leave(self) -> None:
        """The project is about to be closed; what comes from now on waits for it."""
        if self._session is not None:
            for take in self._ours:
                self._session.takes.settle(take)
        self._session = self._edit = None
        self._ours.clear()
        self._foreign.clear()
        self._open.clear()

    def retry(self) -> None:
        """Keep the frames that wait in the store."""
        jobs = [job for job in self._studio.queue.jobs if self._waits(job) and take_of(job) not in self._foreign]
        self._keep(jobs)

    def job(self, take: str) -> Job | None:
        """The job that makes a take, or made it."""
        return self._studio.queue.job(self._jobs.get(take, ""))

    # ---------------------------------------------------------------------------------------- asking

    def begin(self, generation: Generation) -> str:
        """Make frames: the take that they go to, which is in the timeline as one step of the history.

        Raises StudioError when they cannot be made; nothing has changed then. Frames of takes that they begin with are
        read first, away from this thread: what is wrong with these is told as a `problem`.
        """
        session, _ = self._adopted()
        task = generation.task
        if task is None:
            raise StudioError(ErrorKind.INPUT, "Nothing says how this clip is made.", "Choose how to generate it.")
        take = generation.into or new_id()
        if not sources.names_takes(task):
            self._submit(session, generation, take, task)
            return take
        blobs = self._studio.gallery.store

        def export() -> Callable[[], None]:
            try:
                found = sources.with_files(task, session.takes, blobs)
            except StudioError as error:
                return functools.partial(self.problem.emit, error.problem)
            return functools.partial(self._submit_or_tell, session, generation, take, found)

        self._studio.run(export)
        return take

    def replace_frames(
        self, generation: Generation, pictures: Mapping[int, Pixels], note: str, method: str = ""
    ) -> str:
        """Make the new take of `studio.session.clips.generating.repair` with these frames, (h, w, 3) or (h, w, 4) each;
        their provenance says `note`. Raises StudioError when it cannot be made; nothing has changed then.
        """
        session, _ = self._adopted()
        take = self._add(session, generation, new_id())
        made = [
            Made(number, encode_png(pixels), noted(session.takes.about(generation.origin, number), note, method))
            for number, pixels in pictures.items()
        ]
        kept = session.takes.keep_all(take, made)
        self._copy(session, generation, take, lambda: self._tell_failure(kept))
        return take

    def cancel(self, take: str) -> None:
        """Stop making a take; the frames that it has stay."""
        if (job := self.job(take)) is not None:
            self._studio.queue.cancel(job.id)

    def _adopted(self) -> tuple[CanvasSession, Edit]:
        if self._session is None or self._edit is None:
            raise StudioError(
                ErrorKind.INPUT,
                "No project is open that could take the frames.",
                "Open one, or choose File > Save As to go on in a copy of one that can only be read.",
            )
        return self._session, self._edit

    def _submit(self, session: CanvasSession, generation: Generation, take: str, task: ClipTask) -> None:
        self._check(task)
        if not generation.into:
            self._add(session, generation, take)
        session.takes.expect(take)
        self._ours.add(take)
        # No job is queued before the file names its take: after a kill it would not be known whose frames these are.
        self._copy(session, generation, take, functools.partial(self._queue, take, task))

    def _tell_failure(self, done: "Future[None]") -> None:
        """Of what was written before; it has ended."""
        if not done.cancelled() and isinstance(error := done.exception(), StudioError):
            self.problem.emit(error.problem)

    def _submit_or_tell(self, session: CanvasSession, generation: Generation, take: str, task: ClipTask) -> None:
        if session is not self._session:
            return
        try:
            self._submit(session, generation, take, task)
        except StudioError as error:
            self.problem.emit(error.problem)

    def _queue(self, take: str, task: ClipTask) -> None:
        try:
            if isinstance(task, FrameSequence):
                self._studio.submit_sequence(task, output=take_path(take))
            else:
                self._studio.submit_treatment(task, output=take_path(take))
        except StudioError as error:  # a file has gone since it was looked at
            self.problem.emit(error.problem)

    def _check(self, task: ClipTask) -> None:
        """Raise what submitting would, before the timeline names the take."""
        if isinstance(task, FrameSequence):
            self._studio.check_sequence(task)
            return
        require_valid_treatment(task)
        for path in sources_of(task):
            require_file(Path(path))

    def _add(self, session: CanvasSession, generation: Generation, take: str) -> str:
        _, edit = self._adopted()
        made = Take(take, generation.frames, generation.task, generation.name, generation.origin, time.time())
        if not edit(generation.label, lambda timeline: changes.with_take(timeline, generation, made)):
            message = "The clip could not be changed, so no frames are made for it."
            raise StudioError(ErrorKind.INPUT, message, "Unlock its track, or choose a clip that is there.", "clip")
        return take

    def _copy(
        self, session: CanvasSession, generation: Generation, take: str, then: Callable[[], None] = lambda: None
    ) -> None:
        """Give a take the frames that it has from the start, after all edits before are in the file; and then go on."""
        done = session.takes.copy(generation.origin, take, generation.copied)

        def tell() -> None:
            self.take_changed.emit(take)
            then()

        def wait() -> Callable[[], None]:
            try:
                done.result()
            except StudioError as error:
                return functools.partial(self.problem.emit, error.problem)
            except CancelledError:  # the project is being closed
                return lambda: None
            return tell

        self._studio.run(wait)

    # ---------------------------------------------------------------------------------------- the queue speaks

    def _frame(self, job: Job, picture: Picture) -> None:
        take = take_of(job)
        if take and take not in self._foreign:
            self._keep((job,), (picture,))

    def _changed(self, job: Job) -> None:
        if not (take := take_of(job)):
            return
        self._jobs[take] = job.id
        if take not in self._ours:
            return
        self.changed.emit(take, job)
        if not job.state.final:
            if job.id not in self._open and self._session is not None:
                self._session.takes.expect(take)
            self._open.add(job.id)
        elif job.id in self._open:
            self._open.discard(job.id)
            self._ended(take, job)

    def _ended(self, take: str, job: Job) -> None:
        if self._session is not None:
            self._session.takes.settle(take)
            if isinstance(job.task, Loopify) and job.state is JobState.DONE:
                self._trim(self._session, take)
        self.ended.emit(take, job)
        self.retry()

    def _trim(self, session: CanvasSession, take: str) -> None:
        """Only in the end it is known how long the loop is that was found in a clip."""
        count = max(session.takes.numbers(take), default=-1) + 1
        if count and self._edit is not None:
            timeline = session.document.timeline
            if changes.with_frames(timeline, take, count) != timeline:
                self._edit("Length of the loop", lambda now: changes.with_frames(now, take, count))

    def _listed(self, jobs: Iterable[Job]) -> None:
        known = [job for job in jobs if take_of(job)]
        self._jobs |= {take_of(job): job.id for job in reversed(known)}
        self._keep([job for job in known if not job.state.final or self._waits(job)])

    def _preview(self, event: ClipPreview) -> None:
        job = self._studio.queue.job(event.job_id)
        if job is not None and (take := take_of(job)) in self._ours:
            self.preview.emit(take, event)

    def _waits(self, job: Job) -> bool:
        return bool(take_of(job)) and any(not picture.path for picture in job.pictures)

    # ---------------------------------------------------------------------------------------- keeping

    def _keep(self, jobs: Sequence[Job], pictures: Iterable[Picture] | None = None) -> None:
        """Put what waits in the store into the project, if it is its own, away from this thread."""
        if (session := self._session) is None or not jobs:
            return
        store, ours = self._studio.gallery.store, frozenset(self._ours)

        def errand() -> Callable[[], None]:
            return functools.partial(self._tell, session, keep_waiting(session.takes, store, jobs, ours, pictures))

        self._studio.run(errand)

    def _tell(self, session: CanvasSession, kept: Kept) -> None:
        if session is self._session:
            self._foreign.update(map(take_of, kept.foreign))
            for job in kept.ours:
                self._claim(job)
        for job, picture in kept.frames:
            self._studio.frame_kept(job, picture, f"{session.path}#{take_of(job)}/{picture.index}")
            self.frame_kept.emit(take_of(job), picture.index)
        if kept.problem is None:
            self._told = "" if kept.frames else self._told
        elif kept.problem.message != self._told:  # a disk that is full refuses each frame
            self._told = kept.problem.message
            self.problem.emit(kept.problem)

    def _claim(self, job: Job) -> None:
        take = take_of(job)
        if take in self._ours:
            return
        self._ours.add(take)
        if (now := self._studio.queue.job(job.id)) is not None and not now.state.final:
            self._changed(now)
