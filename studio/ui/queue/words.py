"""What the rows of the queue and its head say."""

import html
from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from studio.domain.jobs import Job, JobState, Priority, maker_of, sources_of
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.training import Training
from studio.ui.phases import about, altogether, duration, job_title, phase_text, plan_text, state_text
from studio.ui.plurals import counted

_LONG = 400  # characters of a prompt in a tooltip
_TITLE = 60  # characters of a job's name among other words
_WAITS = (JobState.QUEUED, JobState.INTERRUPTED)
BROKEN = (JobState.FAILED, JobState.QUARANTINED)


def _tr(text: str, n: int = -1) -> str:
    return QCoreApplication.translate("Queue", text, "", n)


def name(job: Job) -> str:
    """A job among other words."""
    title = " ".join(job_title(job).split())
    return title if len(title) <= _TITLE else title[: _TITLE - 1].rstrip() + "…"


def line(job: Job, blockers: Sequence[Job]) -> str:
    """What a job is doing, or what it waits for."""
    if job.state is JobState.QUARANTINED:
        return _tr("Set aside after two crashes")
    if job.state is JobState.FAILED:
        return state_text(job.state)
    if blockers and job.state in _WAITS:
        return _after(blockers)
    if job.state is JobState.DONE and job.cost is not None and (took := sum(job.cost.seconds.values())) >= 1:
        return f"{state_text(job.state)} · {duration(took)}"
    return phase_text(job)


def searched(job: Job) -> str:
    """The text that a filter looks into, in small letters."""
    task = job.task
    if isinstance(task, Recipe):
        parts = [task.prompt, task.negative, task.model, *(branch.prompt for branch in task.branches)]
    else:
        parts = [job_title(job), *([task.base] if isinstance(task, Training) else sources_of(task))]
    if job.problem is not None:
        parts.append(str(job.problem))
    return "\n".join(parts).casefold()


def tooltip(job: Job, blockers: Sequence[Job]) -> str:
    """Everything that the row has no room for, as rich text."""
    title = job_title(job)
    parts = [title if len(title) <= _LONG else title[:_LONG] + "…", details(job)]
    if blockers and job.state in _WAITS:
        parts.append(_after(blockers))
    if job.plan is not None:
        parts.append(plan_text(job.plan))
    if job.problem is not None:
        parts.append(str(job.problem))
    return "<p>" + "</p><p>".join(html.escape(part).replace("\n", "<br>") for part in parts if part) + "</p>"


def details(job: Job) -> str:
    """The settings of a job in a line."""
    if not isinstance(job.task, Recipe | FrameSequence):
        return ""
    recipe = job.task if isinstance(job.task, Recipe) else job.task.recipe
    steps = recipe.sampling.steps
    parts = [recipe.model, str(recipe.result_size), counted(_tr("%n step(s)", steps), steps)]
    if isinstance(job.task, FrameSequence):
        parts.append(counted(_tr("%n frame(s)", job.task.frames), job.task.frames))
    if recipe.batch > 1:
        parts.append(f"× {recipe.batch}")
    if recipe.branches:
        parts.append(_tr("branches off at step {step}").format(step=recipe.branches[-1].step))
    if job.priority is Priority.BATCH:
        parts.append(_tr("batch: yours go first"))
    return " · ".join(parts)


def spoken(job: Job, blockers: Sequence[Job], seconds: float | None) -> str:
    """A row for a screen reader."""
    parts = [name(job), line(job, blockers)]
    if job.state in BROKEN and job.problem is not None:
        parts.append(str(job.problem))
    elif seconds is not None:
        parts.append(about(seconds))
    return ", ".join(parts)


def summary(counts: Counter[JobState], seconds: float | None) -> str:
    """The head of the list: how many, and how long."""
    waiting = sum(counts[state] for state in _WAITS)
    running = counts[JobState.LOADING] + counts[JobState.RUNNING]
    paused = counts[JobState.PAUSED]
    parts = []
    if waiting:
        parts.append(_tr("{count} waiting").format(count=f"{waiting:,}"))
    elif running:
        parts.append(_tr("{count} running").format(count=running))
    if paused and not waiting:
        parts.append(_tr("{count} paused").format(count=f"{paused:,}"))
    if (waiting or running) and seconds is not None:
        parts.append(altogether(seconds))
    return " · ".join(parts) or _tr("Nothing is waiting")


def details_to_copy(job: Job) -> str:
    """Everything known of a failure, for a bug report."""
    plan = plan_text(job.plan) if job.plan is not None else ""
    parts = (str(job.problem or ""), job.details, plan, repr(job.task))
    return "\n".join(part for part in parts if part)


def source_title(path: str, job: Job | None) -> str:
    """What stands for the picture that a job will make; "" for the path of a file."""
    if maker_of(path) is None:
        return ""
    return _tr("Result of: {title}").format(title=name(job)) if job else _tr("Result of a job that is gone")


def _after(blockers: Sequence[Job]) -> str:
    text = _tr("After: {title}").format(title=name(blockers[0]))
    return text if len(blockers) == 1 else text + f" + {len(blockers) - 1}"
