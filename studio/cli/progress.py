"""Progress of jobs on a terminal."""

import contextlib
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from studio.cli.program import note
from studio.domain.jobs import Job, JobState
from studio.domain.messages import Phase
from studio.session.studio import Studio

WORDS = {
    "": "Starting the engine",
    Phase.LOAD: "Loading the model",
    Phase.ENCODE: "Reading the prompt",
    Phase.DENOISE: "Denoising",
    Phase.DECODE: "Decoding",
    Phase.UPSCALE: "Upscaling",
    Phase.SAVE: "Saving",
    Phase.SMOOTH: "Following the motion",
    Phase.PREPARE: "Preparing the pictures",
    Phase.TRAIN: "Training",
}


@contextlib.contextmanager
def progress_of(studio: Studio, *, quiet: bool, title: str = "") -> Iterator[None]:
    """Show the progress of the studio's jobs on standard error if that is a terminal, and what they remark in any case.

    `quiet` shows nothing at all. The bar counts the present phase; its time is what remains of it.
    """
    if quiet:
        yield
        return
    studio.queue.notice.connect(_print_notice)
    try:
        if sys.stderr.isatty():
            with _bar() as progress:
                view = _View(progress, title)
                studio.queue.changed.connect(view.show)
                yield
                studio.queue.changed.disconnect(view.show)
        else:
            yield
    finally:
        studio.queue.notice.disconnect(_print_notice)


def console(*, quiet: bool) -> Console:
    """Where a bar goes: standard error if that is a terminal, else nowhere."""
    return Console(stderr=True, quiet=quiet or not sys.stderr.isatty())


def _print_notice(_: Job, message: str) -> None:
    note(f"note: {message}")


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), redirect_stdout=sys.stdout.isatty(), transient=True,
    )  # fmt: skip


class _View:
    """One line for the present phase of the present job."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress, self._title = progress, title
        self._place = ("", "", 0)
        self._line: TaskID = progress.add_task(self._words(""), total=None)

    def show(self, job: Job) -> None:
        if job.state is JobState.QUEUED or job.state.final:
            return
        place = (job.id, job.phase, len(job.pictures))
        if place != self._place:
            self._progress.remove_task(self._line)
            self._line = self._progress.add_task(self._words(job.phase, job), total=None)
            self._place = place
        self._progress.update(self._line, completed=job.step, total=job.total or None)

    def _words(self, phase: str, job: Job | None = None) -> str:
        words = " · ".join(part for part in (self._title, WORDS.get(phase, phase)) if part)
        if job and job.makes_pictures and job.recipe.batch > 1 and phase in (Phase.DENOISE, Phase.DECODE):
            return f"{words} {len(job.pictures) + 1} of {job.recipe.batch}"
        return words
