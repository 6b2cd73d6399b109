"""`safelight queue`: the jobs that a project keeps, looked at, added to, carried out and stopped."""

import dataclasses
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from studio.cli import running
from studio.cli.failures import STOPPED
from studio.cli.generation import Request, recipe_for
from studio.cli.program import Program, harmless, note, print_json
from studio.cli.targets import targets_for
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, JobState, Priority, made_by, order
from studio.domain.recipe import Recipe, SourceImage, require_valid
from studio.domain.training import Training
from studio.domain.user_paths import expanded
from studio.imaging.pictures import load_picture
from studio.session.headless import Headless
from studio.session.job_list import WAITS, dated
from studio.session.journal import Journal

_AHEAD = 1.0  # of the rank of the first, for who is to be the next
_LOST = (JobState.FAILED, JobState.QUARANTINED)


@dataclass(frozen=True, slots=True)
class Joining:
    """How a new job joins a queue: after which it may run, from whose picture it begins, and who lets whom go first."""

    needs: tuple[str, ...] = ()
    image_of: str = ""
    priority: Priority = Priority.INTERACTIVE
    next: bool = False


def add(program: Program, project: str, request: Request, joining: Joining) -> int:
    """Add a job to a project, which is made if there is none. No engine is started."""
    path = running.project_path(project)
    headless = running.open_queue(program, request.device, path)
    known = running.jobs_in(path)
    needs = tuple(_found(known, name).id for name in joining.needs)
    recipe = _recipe(headless, request, _found(known, joining.image_of).id if joining.image_of else "")
    output = "" if request.output is None else str(expanded(request.output).absolute())
    now = time.time()
    job = Job(uuid.uuid4().hex[:12], recipe, priority=joining.priority, needs=needs, output=output, made=now, rank=now)
    if joining.next:
        first = min((order(each)[:2] for each in known if not each.state.final), default=(job.priority, now))
        job = dataclasses.replace(job, priority=Priority.INTERACTIVE, rank=min(first[1] - _AHEAD, now))
    running.put(path, (job,))
    _tell_of(job, path, request.as_json)
    return 0


def show(project: str, everything: bool, as_json: bool) -> int:
    """List the jobs: what runs, what waits in its order, what was stopped or failed; all of them with `everything`."""
    with running.opened(running.project_path(project)) as journal:
        found, held, elsewhere = journal.jobs(), journal.held, journal.running_elsewhere
    jobs = _sorted(found if elsewhere else [_abandoned(job) for job in found])
    shown = [job for job in jobs if everything or not job.state.final or job.state in _LOST]
    if as_json:
        print_json({"paused": held, "running": elsewhere, "jobs": [described(job) for job in shown]})
        return 0
    if held:
        note("The queue is paused.")
    if shown:
        Console(markup=False).print(_table(shown))
    waiting = sum(not job.state.final for job in jobs)
    idle = "" if elsewhere or not waiting else " Nobody carries them out."
    note(f"{waiting:,} to do, {len(jobs) - waiting:,} over.{idle}")
    return 0


def run(program: Program, project: str, device: str, as_json: bool) -> int:
    """Carry out the jobs of a project until none is left that can run, also those that are added meanwhile."""
    began = time.monotonic()
    path = running.project_path(project)
    with running.opened(path) as journal:
        running.require_free(journal)
    headless = running.open_queue(program, device, path)
    headless.require_store()
    ended = running.carry_out(headless, path, quiet=as_json)
    left = [job for job in headless.studio.queue.jobs if not job.state.final]
    if as_json:
        jobs = [described(job, ended.unsaved.get(job.id)) for job in (*ended.jobs.values(), *left)]
        print_json({"project": str(path), "jobs": jobs, "seconds": {"total": round(time.monotonic() - began, 4)}})
    elif left:
        note(f"{len(left):,} {'is' if len(left) == 1 else 'are'} left. {_why(left, headless.studio.queue.held)}")
    return running.code_of(ended) or (STOPPED if left else 0)


def pause(project: str, job: str) -> int:
    """Pause a job, or the whole queue for ""."""
    return _stop_or_go(project, job, "pause", "hold", held=True)


def resume(project: str, job: str) -> int:
    """Let a paused job go on, or the whole queue for ""."""
    return _stop_or_go(project, job, "resume", "go-on", held=False)


def cancel(project: str, names: Sequence[str], everything: bool) -> int:
    """Cancel jobs; what is over stays as it is."""
    return _change(project, names, everything, "cancel", lambda job: not job.state.final, _cancelled)


def retry(project: str, names: Sequence[str], everything: bool) -> int:
    """Let jobs that failed, were cancelled or were set aside wait again; all but the cancelled with `everything`."""
    return _change(project, names, everything, "retry", lambda job: job.state in _LOST, _again)


def described(job: Job, problem: Problem | None = None) -> dict[str, object]:
    """What `--json` says of a job; `problem` is why its picture could not be saved."""
    problem = job.problem or problem
    recipe = job.task if isinstance(job.task, Recipe) else None
    return {
        "id": job.id,
        "state": str(job.state),
        "kind": "picture" if recipe else "training" if isinstance(job.task, Training) else "upscaling",
        "title": running.title_of(job),
        "prompt": recipe.prompt if recipe else None,
        "seed": recipe.seed if recipe else None,
        "priority": job.priority.name.lower(),
        "phase": job.phase,
        "step": job.step,
        "total": job.total,
        "needs": sorted(job.needed),
        "output": job.output,
        "files": [picture.path for picture in job.pictures if picture.path],
        "problem": dataclasses.asdict(problem) if problem else None,
    }


# ------------------------------------------------------------------------------------------------ adding


def _recipe(headless: Headless, request: Request, maker: str) -> Recipe:
    """Raises StudioError when it cannot be carried out, as far as that can be known now."""
    studio = headless.studio
    if maker and request.image:
        raise StudioError(ErrorKind.INPUT, "There are two pictures to start from.", "Leave out one of them.", "image")
    begun = dataclasses.replace(request, strength=None) if maker else request
    recipe = recipe_for(begun, studio.model(request.model), studio.library)
    model = studio.check(recipe)
    if recipe.source:
        load_picture(Path(recipe.source.path))
    if request.output is not None:
        targets_for(request.output, recipe)
    if maker:
        source = SourceImage(made_by(maker))
        source = source if request.strength is None else dataclasses.replace(source, strength=request.strength)
        recipe = dataclasses.replace(recipe, source=source)
        require_valid(recipe, model.traits.size_multiple)
    return recipe


def _tell_of(job: Job, project: Path, as_json: bool) -> None:
    with running.opened(project) as journal:
        elsewhere, held = journal.running_elsewhere, journal.held
    if as_json:
        print_json({**described(job), "project": str(project), "running": elsewhere, "paused": held})
        return
    print(job.id, flush=True)
    if held:
        note("The queue is paused; `safelight queue resume` lets it go on.")
    elif not elsewhere:
        note("Nobody carries out this queue; `safelight queue run` does.")


# ------------------------------------------------------------------------------------------------ looking


def _sorted(jobs: Sequence[Job]) -> list[Job]:
    """What runs, what waits in its order, what is paused, and what is over, the newest first."""
    active = [job for job in jobs if job.state.active]
    waiting = sorted((job for job in jobs if job.state in WAITS), key=order)
    paused = sorted((job for job in jobs if job.state is JobState.PAUSED), key=order)
    finished = sorted((job for job in jobs if job.state.final), key=lambda job: -job.ended)
    return [*active, *waiting, *paused, *finished]


def _abandoned(job: Job) -> Job:
    """A job of a queue that nobody carries out: who ran it was killed, and it goes on with the next run."""
    return job.moved(JobState.INTERRUPTED) if job.state.active else job


def _why(left: Sequence[Job], held: bool) -> str:
    """What keeps these from being carried out."""
    if held:
        return "The queue is paused."
    needs = "Jobs that were needed were not done."
    paused = [job for job in left if job.state is JobState.PAUSED]
    also = f" {needs}" if len(paused) < len(left) else ""
    return f"Paused: {', '.join(job.id for job in paused)}.{also}" if paused else needs


def _table(jobs: Sequence[Job]) -> Table:
    table = Table("id", "state", "", "what", "", box=None)
    for job in jobs:
        count = f"{job.step}/{job.total}" if job.total and not job.state.final else ""
        table.add_row(job.id, str(job.state), count, harmless(running.title_of(job)), harmless(_remark(job)))
    return table


def _remark(job: Job) -> str:
    if job.problem:
        return str(job.problem)
    if job.state in WAITS and job.needed:
        return f"after {', '.join(sorted(job.needed))}"
    return ", ".join(picture.path for picture in job.pictures if picture.path)


# ------------------------------------------------------------------------------------------------ changing


def _found(jobs: Sequence[Job], name: str) -> Job:
    """The job with this id, or the only one whose id begins so. Raises StudioError (INPUT)."""
    found = [job for job in jobs if job.id == name] or [job for job in jobs if name and job.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    fault = f"Several jobs begin with “{name[:40]}”" if found else f"There is no job “{name[:40]}”"
    raise StudioError(ErrorKind.INPUT, f"{fault}.", "`safelight queue list --all` shows their ids.", "job")


def _stop_or_go(project: str, name: str, act: str, whole: str, *, held: bool) -> int:
    with running.opened(running.project_path(project)) as journal:
        if name:
            job, change = _found(journal.jobs(), name), _paused if held else _resumed
            _apply(journal, act, [job], change)
            note(f"{int(change(job) != job)} of 1 jobs changed.")
            return 0
        if journal.running_elsewhere:
            journal.wish(whole)
        else:
            journal.hold(held)
            _saved(journal)
        note("The queue is paused." if held else "The queue goes on.")
    return 0


def _change(
    project: str,
    names: Sequence[str],
    everything: bool,
    act: str,
    concerns: Callable[[Job], bool],
    change: Callable[[Job], Job],
) -> int:
    if bool(names) == everything:
        raise StudioError(ErrorKind.INPUT, "It is not said which jobs.", "Name their ids, or give --all.", "job")
    with running.opened(running.project_path(project)) as journal:
        jobs = journal.jobs()
        chosen = [job for job in jobs if concerns(job)] if everything else [_found(jobs, name) for name in names]
        _apply(journal, act, chosen, change)
        note(f"{sum(change(job) != job for job in chosen):,} of {len(chosen):,} jobs changed.")
    return 0


def _apply(journal: Journal, act: str, jobs: Sequence[Job], change: Callable[[Job], Job]) -> None:
    """Change jobs, or ask the process that carries them out to do so."""
    if journal.running_elsewhere:
        for job in jobs:
            journal.wish(act, job.id)
    else:
        journal.put(tuple(new for job in jobs if (new := change(job)) != job))
        _saved(journal)


def _saved(journal: Journal) -> None:
    if not journal.flush():
        raise StudioError(ErrorKind.DISK, f"{journal.path.name} could not be written.", "Free some space there.")


def _paused(job: Job) -> Job:
    return job.moved(JobState.PAUSED)


def _resumed(job: Job) -> Job:
    return job.moved(JobState.QUEUED) if job.state is JobState.PAUSED else job


def _cancelled(job: Job) -> Job:
    return dated(job.moved(JobState.CANCELLED))


def _again(job: Job) -> Job:
    return dataclasses.replace(again, rank=time.time()) if (again := job.again()) != job else job
