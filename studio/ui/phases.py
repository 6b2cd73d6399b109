"""How a job's states, phases and times are put into words."""

import re
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from studio.domain.jobs import Job, JobState
from studio.domain.messages import Phase
from studio.domain.plan import Plan, Rung
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.training import Training
from studio.domain.treatment import Deflicker, FlowLoop, Interpolation, Loopify
from studio.domain.upscaling import Upscaling

_DIGEST = re.compile(r"[0-9a-f]{64}(\.[a-z]+)?")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Phases", text)


def job_title(job: Job) -> str:
    """What a job is about, in a few words."""
    match job.task:
        case Recipe(prompt=prompt, branches=branches):
            return (branches[-1].prompt if branches else prompt) or _tr("(no prompt)")
        case Training(output=output):
            return _tr("Training: {name}").format(name=Path(output).stem)
        case Upscaling(path=path, factor=factor):
            return _tr("Upscale ×{factor}: {name}").format(factor=factor, name=Path(path).name)
        case FrameSequence(recipe=recipe, prompts=prompts):
            return _tr("Clip: {prompt}").format(prompt=recipe.prompt or (prompts[0].prompt if prompts else "…"))
        case FlowLoop(path=path):
            return _tr("Set in motion: {name}").format(name=_name(path))
        case Loopify(source=source):
            return _tr("Loop of: {name}").format(name=_name(*source.paths[:1]))
        case Interpolation(source=source, factor=factor):
            return _tr("Frames ×{factor}: {name}").format(factor=factor, name=_name(*source.paths[:1]))
        case Deflicker(source=source):
            return _tr("Without flicker: {name}").format(name=_name(*source.paths[:1]))


def _name(path: str = "") -> str:
    """What a job begins with: a file's name; frames and pictures of a project have none but their digest."""
    name = Path(path).name
    return _tr("part of this project") if _DIGEST.fullmatch(name) else name or "…"


def phase_text(job: Job) -> str:
    """What a job is doing, in plain words."""
    if job.state is JobState.LOADING or (job.state is JobState.RUNNING and job.phase == Phase.LOAD):
        return _tr("Loading model")
    if job.state is not JobState.RUNNING:
        return state_text(job.state) + _place(job)
    if job.phase == Phase.DENOISE and job.total:
        text = _tr("Denoising {step}/{total}").format(step=job.step, total=job.total)
    elif job.phase == Phase.PREPARE and job.total:
        text = _tr("Reading picture {step} of {total}").format(step=min(job.step + 1, job.total), total=job.total)
    elif job.phase == Phase.TRAIN and job.total:
        text = _tr("Step {step} of {total}").format(step=job.step, total=job.total)
    else:
        text = (
            {
                Phase.ENCODE: _tr("Reading prompt"),
                Phase.DENOISE: _tr("Denoising"),
                Phase.DECODE: _tr("Decoding"),
                Phase.UPSCALE: _tr("Upscaling"),
                Phase.SAVE: _tr("Saving"),
                Phase.SMOOTH: _tr("Smoothing motion"),
                Phase.PREPARE: _tr("Preparing the training"),
                Phase.TRAIN: _tr("Training"),
            }.get(Phase(job.phase), "")
            if job.phase
            else _tr("Starting")
        )
    if job.makes_pictures and job.recipe.batch > 1:
        number = min(len(job.pictures) + 1, job.recipe.batch)
        text += " · " + _tr("picture {number} of {count}").format(number=number, count=job.recipe.batch)
    return text


def _place(job: Job) -> str:
    """Where a job that stopped goes on."""
    if job.state.final or job.phase not in (Phase.DENOISE, Phase.TRAIN) or not 0 < job.step < job.total:
        return ""
    return " · " + _tr("goes on at {step}/{total}").format(step=job.step, total=job.total)


def state_text(state: JobState) -> str:
    """The word for a state."""
    return {
        JobState.QUEUED: _tr("Waiting"),
        JobState.LOADING: _tr("Loading model"),
        JobState.RUNNING: _tr("Running"),
        JobState.PAUSED: _tr("Paused"),
        JobState.DONE: _tr("Done"),
        JobState.FAILED: _tr("Failed"),
        JobState.CANCELLED: _tr("Cancelled"),
        JobState.INTERRUPTED: _tr("Interrupted"),
        JobState.QUARANTINED: _tr("Set aside"),
    }[state]


def rung_text(plan: Plan | None) -> str:
    """What is done to get by with less memory; "" when nothing has to be."""
    if plan is None or plan.rung is Rung.FULL:
        return ""
    return plan.reason or {
        Rung.ALONE: _tr("Other models make room"),
        Rung.TILED: _tr("Decoded in tiles, to take less memory"),
        Rung.OFFLOADED: _tr("The model moves in parts, to take less memory"),
        Rung.CPU: _tr("Computed by the processor, for want of memory"),
    }.get(plan.rung, "")


def plan_text(plan: Plan) -> str:
    """How a job is set about, for a tooltip: device and number format, memory, time, and why."""
    parts = [" · ".join(part for part in (plan.device, plan.dtype) if part)]
    if plan.memory:
        need, free = plan.memory / 2**30, plan.available / 2**30
        words = _tr("about {need:.1f} of {free:.1f} GB of memory") if plan.available else _tr("about {need:.1f} GB")
        parts.append(words.format(need=need, free=free))
    if plan.seconds:
        parts.append(_tr("expected to take {time}").format(time=rough(plan.seconds)))
    parts.append(plan.reason or rung_text(plan))
    return "\n".join(part for part in parts if part)


def share(job: Job) -> float:
    """How much of the present phase is done, 0 to 1; below 0 when it cannot be counted."""
    if job.state is JobState.RUNNING and job.total:
        return job.step / job.total
    return -1.0


def about(seconds: float) -> str:
    """An estimate, with its uncertainty."""
    return duration(seconds) if seconds < 1 else _tr("about {time}").format(time=duration(seconds))


def altogether(seconds: float) -> str:
    """An estimate over many jobs: whole minutes are enough, and after half a day whole hours."""
    if seconds < 60:
        return about(seconds)
    long = seconds >= 12 * 3600
    time = _tr("{hours} h").format(hours=round(seconds / 3600)) if long else rough(seconds)
    return _tr("about {time}").format(time=time)


def rough(seconds: float) -> str:
    """An estimate made long before: no more digits than it deserves."""
    if seconds < 90:
        return duration(max(10, round(seconds / 10) * 10))
    if seconds < 3600:
        return _tr("{minutes} min").format(minutes=round(seconds / 60))
    return duration(round(seconds / 600) * 600)


def duration(seconds: float) -> str:
    """About how long, as one says it."""
    if seconds < 1:
        return _tr("under 1 s")
    if seconds < 100:
        return _tr("{seconds} s").format(seconds=round(seconds))
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _tr("{minutes} min {seconds:02} s").format(minutes=minutes, seconds=rest)
    return _tr("{hours} h {minutes:02} min").format(hours=minutes // 60, minutes=minutes % 60)
