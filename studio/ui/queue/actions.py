"""What can be done with jobs of the queue: words, signs, keys, and with which jobs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from studio.domain.jobs import Job, JobState
from studio.domain.recipe import Recipe
from studio.domain.training import Training

RETRY, COPY = "retry", "copy"
NEXT, UP, DOWN = "next", "up", "down"
EDIT, DUPLICATE = "edit", "duplicate"
PAUSE, CONTINUE, CANCEL = "pause", "continue", "cancel"
USE, HISTORY, REMOVE = "use", "history", "remove"

_WAITS = (JobState.QUEUED, JobState.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done with the jobs that it `fits`; `alone`: only with one at a time.

    `keys` is a portable key sequence; with `starts`, a line is drawn above it in the menu.
    """

    id: str
    title: str
    sign: str
    fits: Callable[[Job], bool]
    keys: str = ""
    alone: bool = False
    starts: bool = False


def _tr(text: str) -> str:
    return QCoreApplication.translate("Queue", text)


def acts() -> tuple[Act, ...]:
    """Everything, in the order of the menu."""
    return (
        Act(RETRY, _tr("Try again"), "rotate-cw", _can_be_tried),
        Act(CONTINUE, _tr("Continue"), "play", lambda job: job.state is JobState.PAUSED),
        Act(PAUSE, _tr("Pause"), "pause", lambda job: job.state.active or job.state in _WAITS),
        Act(NEXT, _tr("Run next"), "list-start", _waits, "Alt+Home", starts=True),
        Act(UP, _tr("Move up"), "", _waits, "Alt+Up"),
        Act(DOWN, _tr("Move down"), "", _waits, "Alt+Down"),
        Act(EDIT, _tr("Edit…"), "pencil", _can_be_edited, "F2", alone=True, starts=True),
        Act(DUPLICATE, _tr("Duplicate"), "copy-plus", lambda job: not isinstance(job.task, Training)),
        Act(USE, _tr("Use its result for the next"), "image-up", _has_result, alone=True),
        Act(HISTORY, _tr("Show how it was made"), "film", _has_history, alone=True),
        Act(COPY, _tr("Copy details"), "copy", lambda job: True, "Ctrl+C", starts=True),
        Act(CANCEL, _tr("Cancel"), "circle-slash", lambda job: not job.state.final, "Del"),
        Act(REMOVE, _tr("Remove from list"), "list-x", lambda job: job.state.final, "Del"),
    )


def fitting(act: Act, jobs: Iterable[Job]) -> list[Job]:
    """Those of the jobs with which it can be done; none when it can be done only with one and there are more."""
    found = list(jobs)
    return [] if act.alone and len(found) != 1 else [job for job in found if act.fits(job)]


def at_hand(job: Job) -> tuple[str, ...]:
    """The acts that stand ready on a job's row."""
    match job.state:
        case JobState.LOADING | JobState.RUNNING:
            return PAUSE, CANCEL
        case JobState.QUEUED | JobState.INTERRUPTED:
            return (NEXT, EDIT, CANCEL) if _can_be_edited(job) else (NEXT, CANCEL)
        case JobState.PAUSED:
            return CONTINUE, CANCEL
        case JobState.CANCELLED:
            return RETRY, REMOVE
        case JobState.DONE if _has_result(job):
            return USE, REMOVE
        case _:
            return (REMOVE,)


def _waits(job: Job) -> bool:
    return job.state in _WAITS


def _can_be_tried(job: Job) -> bool:
    return job.state in (JobState.FAILED, JobState.CANCELLED, JobState.QUARANTINED)


def _can_be_edited(job: Job) -> bool:
    return isinstance(job.task, Recipe) and job.state in (*_WAITS, JobState.PAUSED) and not job.pictures


def _has_result(job: Job) -> bool:
    """Is there a picture, or will there be one?"""
    if isinstance(job.task, Training):
        return False
    return not job.state.final or bool(job.pictures)


def _has_history(job: Job) -> bool:
    return job.makes_pictures and (bool(job.pictures) or job.step > 0)
