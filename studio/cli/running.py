"""A queue that is carried out here, until nothing is left that can run: what is told on the way, and how it ended."""

import contextlib
import functools
import os
import shlex
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from studio.cli.failures import EXIT_CODES, STOPPED, Interrupted
from studio.cli.interrupts import cancelling
from studio.cli.program import Program, announce, note
from studio.cli.progress import WORDS
from studio.domain.catalog import ModelInfo
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, JobState, sources_of
from studio.domain.messages import Event, WorkerOptions
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.training import Training
from studio.domain.treatment import Deflicker, FlowLoop, Interpolation, Loopify
from studio.domain.upscaling import Upscaling
from studio.domain.user_paths import exists, expanded
from studio.imaging.blobs import BlobStore
from studio.session import whole_pictures
from studio.session.headless import Cancelled, Headless
from studio.session.journal import Journal
from studio.session.paths import Paths
from studio.session.studio import Worker
from studio.session.workers import ENGINE, worker_factory

DEFAULT = "-"  # in place of a project: the queue of the user's window
_LONGEST = 60  # characters of a title


@dataclass(slots=True)
class Ended:
    """What came of a run: the jobs that were over in it, and what went wrong with the files of some. `complete` is
    whether nothing waits any more."""

    jobs: dict[str, Job] = field(default_factory=dict)
    unsaved: dict[str, Problem] = field(default_factory=dict)
    complete: bool = False

    def problem(self, job: Job) -> Problem | None:
        """Why a job did not come to its end."""
        return job.problem or self.unsaved.get(job.id)


def project_path(name: str) -> Path:
    """The project that a command names."""
    return Paths.of_user().queue if name == DEFAULT else expanded(Path(name)).absolute()


def open_queue(program: Program, device: str, project: Path) -> Headless:
    """A studio without a window whose jobs are kept in `project`, also those that make a part of a picture file anew;
    nothing is started yet.
    """
    paths, make = Paths.of_user(), worker_factory(engine=program.engine or ENGINE)
    store = BlobStore(paths.store_of(project))

    def find_model(name: str) -> ModelInfo:
        return headless.studio.model(name)

    def make_cutting(post: Callable[[Event], None], options: WorkerOptions) -> Worker:
        return whole_pictures.Cutting(make(post, options), post, store, find_model)

    headless = Headless(paths, make_cutting, device, journal=project)
    headless.studio.keep = functools.partial(whole_pictures.keep, headless.studio.gallery, find_model)
    return headless


def require_free(journal: Journal) -> None:
    """Raise StudioError (INPUT) when another process carries out this queue, or it is paused."""
    path = journal.path
    written = DEFAULT if path == Paths.of_user().queue else shlex.quote(os.path.relpath(path))
    if journal.running_elsewhere:
        raise StudioError(
            ErrorKind.INPUT,
            f"Another process carries out the jobs in {path.name}.",
            f"It takes up what is added to them. To see how far it is: safelight queue list {written}",
        )
    if journal.held:
        hint = f"Let it go on: safelight queue resume {written}"
        raise StudioError(ErrorKind.INPUT, f"The queue in {path.name} is paused.", hint)


@contextlib.contextmanager
def opened(project: Path) -> Iterator[Journal]:
    """The journal in a project that is there. Raises StudioError."""
    if not exists(project):
        message = f"There is no project at {project}."
        raise StudioError(ErrorKind.INPUT, message, "Check the path, or make it: safelight queue add.", "project")
    journal = Journal.open(project)
    try:
        yield journal
    finally:
        journal.close()


def jobs_in(project: Path) -> tuple[Job, ...]:
    """The jobs of a project; none where there is none. Raises StudioError."""
    if not exists(project):
        return ()
    with opened(project) as journal:
        return journal.jobs()


def put(project: Path, jobs: Collection[Job], known: Mapping[str, Job] | None = None) -> None:
    """Write jobs into a project, which is made if there is none. With `known`, the jobs that were there when these were
    thought of, nothing is written over what another process did meanwhile.

    Raises StudioError: DISK when they cannot be kept, INPUT when another process carries them out or has changed them.
    """
    journal = Journal.open(project, create=True)
    problems: list[Problem] = []
    journal.problem.connect(problems.append)
    try:
        if known is not None:
            _require_unchanged(journal, jobs, known)
        journal.put(jobs)
        if not journal.flush() and problems:
            raise _error(problems[0])
    finally:
        journal.close()


def _require_unchanged(journal: Journal, jobs: Collection[Job], known: Mapping[str, Job]) -> None:
    free, found = journal.run_here(), {job.id: job for job in journal.jobs()}
    if not free or any(found.get(job.id) != known.get(job.id) for job in jobs):
        message = f"Another process worked on the jobs in {journal.path.name} meanwhile."
        raise StudioError(ErrorKind.INPUT, message, "Wait until it has ended, and start this again: it does the rest.")


def carry_out(headless: Headless, project: Path, *, quiet: bool, over: int = 0, total: int = 0) -> Ended:
    """Carry out what the journal in `project` holds. `over` of `total` jobs were done before, for who counts them.

    Raises Interrupted after Ctrl-C: then what ran is kept with a checkpoint. Raises StudioError when the journal cannot
    be had, and when the engine cannot: then no job counts as tried.
    """
    _drop_loose_parts(headless, project)
    watch = _Watch(headless, over, total, quiet)
    try:
        with ExitStack() as stack:
            stack.enter_context(cancelling(headless.cancel))
            stack.enter_context(headless)
            stack.enter_context(watch.shown())
            watch.ended.complete = headless.work()
    except Cancelled:
        if watch.fatal:
            put(project, [job.again() for job in watch.ended.jobs.values() if job.problem == watch.fatal])
            raise _error(watch.fatal) from None
        if not quiet:
            note("Stopped. The same command goes on from here.")
        raise Interrupted from None
    return watch.ended


def exit_code(problems: list[Problem]) -> int:
    """That of the first thing that went wrong; 0 when nothing did."""
    return EXIT_CODES[problems[0].kind] if problems else 0


def code_of(ended: Ended) -> int:
    """The exit code of a run: of its first failure, else 130 when something was cancelled or still waits."""
    found = [problem for job in ended.jobs.values() if (problem := ended.problem(job))]
    cancelled = any(job.state is JobState.CANCELLED for job in ended.jobs.values())
    return exit_code(found) or (0 if ended.complete and not cancelled else STOPPED)


def title_of(job: Job) -> str:
    """A few words for a job."""
    match job.task:
        case Recipe(prompt=prompt):
            words = " ".join(prompt.split()) or "a picture"
        case Training(output=output):
            words = f"training of {Path(output).name}"
        case Upscaling(path=path):
            words = f"{Path(path).name} enlarged"
        case clip:
            words = title_of_clip(clip)
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def title_of_clip(task: FrameSequence | FlowLoop | Loopify | Interpolation | Deflicker) -> str:
    """A few words for a job that makes frames."""
    name = Path(next(iter(sources_of(task)), "")).name
    match task:
        case FrameSequence(frames=frames, recipe=recipe):
            return f"clip of {frames} frames: " + (" ".join(recipe.prompt.split()) or name or "no prompt")
        case FlowLoop():
            return f"{name} set in motion"
        case Loopify():
            return f"{name} as a loop"
        case Interpolation(factor=factor):
            return f"{name} with {factor} times the frames"
        case Deflicker():
            return f"{name} without its flicker"


def lasting(seconds: float) -> str:
    """A duration as people say it: "about 4 min"."""
    if seconds < 55:
        return f"about {max(1, round(seconds / 5)) * 5} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 60 else f"about {minutes // 60} h {minutes % 60} min"


def _drop_loose_parts(headless: Headless, project: Path) -> None:
    """What a program that was killed had not put back into its picture yet is made again."""
    known = {job.id: job for job in jobs_in(project)}
    mended = [whole_pictures.without_loose_parts(job, headless.studio.gallery.store) for job in known.values()]
    if changed := [job for job in mended if job != known[job.id]]:
        put(project, changed, known)


def _error(problem: Problem) -> StudioError:
    return StudioError(problem.kind, problem.message, problem.hint, problem.field)


class _Watch:
    """Follows the jobs of a queue, tells of them, and notes how they end."""

    def __init__(self, headless: Headless, over: int, total: int, quiet: bool) -> None:
        self.ended = Ended()
        self.fatal: Problem | None = None  # that no job can be carried out
        self._headless, self._studio = headless, headless.studio
        self._over, self._total, self._quiet = over, total, quiet
        self._open: set[str] = set()
        self._estimated: tuple[float, float | None] = (-1.0, None)
        self._studio.queue.changed.connect(self._note)
        self._studio.problem.connect(self._hear)

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Tell what happens: files on standard output, the rest on standard error, with a moving line on a terminal."""
        if self._quiet:
            yield
            return
        studio = self._studio
        studio.saved.connect(lambda _, entry: announce(entry.path))
        studio.queue.notice.connect(lambda job, message: note(f"note: {title_of(job)}: {message}"))
        if not sys.stderr.isatty():
            yield
            return
        with Progress(
            SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(),
            console=Console(stderr=True), redirect_stdout=sys.stdout.isatty(), transient=True,
        ) as bar:  # fmt: skip
            line = bar.add_task(WORDS[""], total=None)

            def show(job: Job) -> None:
                if job.state.active:
                    bar.update(line, description=self._words(job), completed=job.step, total=job.total or None)

            studio.queue.changed.connect(show)
            yield
            studio.queue.changed.disconnect(show)

    @property
    def _done(self) -> int:
        return self._over + len(self.ended.jobs)

    @property
    def _all(self) -> int:
        return max(self._total, self._done + self._studio.queue.open_count)

    def _left(self) -> float | None:
        """Seconds until all is done, estimated once a second: that looks at every job."""
        now = time.monotonic()
        if now - self._estimated[0] >= 1:
            self._estimated = (now, self._studio.queue.remaining_seconds())
        return self._estimated[1]

    def _words(self, job: Job) -> str:
        """Such as "3 of 40 · Denoising 12/30 · about 4 min"."""
        count = f" {job.step}/{job.total}" if job.total else ""
        left = self._left()
        parts = (f"{self._done + 1} of {self._all}", f"{WORDS.get(job.phase, job.phase)}{count}")
        return " · ".join((*parts, lasting(left)) if left else parts)

    def _note(self, job: Job) -> None:
        if not job.state.final:
            self._open.add(job.id)
            self.ended.jobs.pop(job.id, None)
        elif job.id in self._open:  # not one that was over before
            told = job.id in self.ended.jobs
            self.ended.jobs[job.id] = job
            if not told and not self._quiet and not self.fatal:
                self._tell(job)

    def _tell(self, job: Job) -> None:
        left = self._left()
        ahead = f" · {lasting(left)} to go" if left else ""
        if job.state is JobState.DONE:
            note(f"{self._done} of {self._all} · {title_of(job)}{ahead}")
        else:
            note(f"{self._done} of {self._all} · {title_of(job)}: {job.state}. {job.problem or ''}".strip())

    def _hear(self, problem: Problem) -> None:
        """What went wrong beside the jobs' own failures."""
        if problem.kind is ErrorKind.ENVIRONMENT:
            self.fatal = problem
            self._headless.cancel()
            return
        if self._studio.queue.busy:
            self.ended.unsaved.setdefault(self._studio.queue.open_jobs[0].id, problem)
        if not self._quiet:
            note(f"error: {problem}")
