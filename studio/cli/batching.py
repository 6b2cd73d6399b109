"""`safelight batch`: what is still to be made of a file with a picture in short form on each line."""

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from studio.cli import running
from studio.cli.failures import STOPPED
from studio.cli.generation import Request, recipe_for
from studio.cli.program import Program, harmless, note, print_json
from studio.cli.running import Ended
from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.inpainting import INTENTS, Intent
from studio.domain.jobs import Job, JobState
from studio.domain.recipe import Recipe, require_valid
from studio.domain.user_paths import exists, expanded
from studio.imaging.files import require_writable
from studio.imaging.pictures import load_picture
from studio.session import batch as batches
from studio.session.batch import Wanted
from studio.session.gallery import require_format
from studio.session.headless import Headless
from studio.session.whole_pictures import opened

SUFFIX = ".safelight"
_MOST_ROWS = 40  # of the table at the end; beyond, it lists what is not done


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a line; `files` are those of its pictures, and `problem` says why it is not done."""

    wanted: Wanted
    job: Job
    problem: Problem | None

    @property
    def state(self) -> str:
        """The job's, but "failed" for one that is done and could not be saved, and "waiting" for one that never ran."""
        if self.job.state is JobState.DONE:
            return "failed" if self.problem else "done"
        return str(self.job.state) if self.job.state.final else "waiting"

    @property
    def files(self) -> list[str]:
        """The absolute paths of its pictures."""
        return [picture.path for picture in self.job.pictures if picture.path]


def batch(program: Program, file: Path, project: Path | None, device: str, as_json: bool) -> int:
    """Carry out the command. Everything that can be checked is checked, for all lines, before the engine is started."""
    began = time.monotonic()
    path = expanded(file).absolute()
    kept_in = expanded(project).absolute() if project else path.with_suffix(SUFFIX)
    if kept_in == path:
        raise StudioError(ErrorKind.INPUT, f"{path.name} is a project, not a batch file.", "Name a .jsonl file.")
    wanted = batches.read(path, kept_in, Path.cwd())
    headless = running.open_queue(program, device, kept_in)
    known = _known(kept_in)
    plan = _planned(headless, path, batches.mark(path, kept_in), wanted, known)
    if changes := {job.id: job for job in (*plan.begun, *plan.dropped)}:
        running.put(kept_in, changes.values(), known)
    known |= changes
    done = sum(known[one.id].state is JobState.DONE for one in wanted)
    if not as_json:
        _tell_of(plan, done, len(wanted))
    ended = _carried_out(headless, kept_in, done, len(wanted), as_json)
    known |= {job.id: job for job in headless.studio.queue.jobs}
    results = tuple(_result(one, known, ended) for one in wanted)
    if as_json:
        print_json(_report(results, plan, kept_in, time.monotonic() - began))
    else:
        _print(results, time.monotonic() - began)
    return _code(results)


# ------------------------------------------------------------------------------------------------ before


def _known(project: Path) -> dict[str, Job]:
    """The jobs of a project, none where there is none yet. Raises StudioError when another process carries them out."""
    if not exists(project):
        return {}
    with running.opened(project) as journal:
        running.require_free(journal)
        return {job.id: job for job in journal.jobs()}


def _planned(
    headless: Headless, path: Path, mark: str, wanted: Sequence[Wanted], known: Mapping[str, Job]
) -> batches.Plan:
    """What is to be done. Raises StudioError that names every line which cannot be."""
    recipes: dict[str, Recipe] = {}
    faults: dict[int, Problem] = {}
    for one in wanted:
        if one.id not in known:
            try:
                recipes[one.id] = _recipe(headless, one)
            except StudioError as error:
                faults[one.number] = error.problem
    batches.refuse(path, faults)
    plan = batches.plan(wanted, mark, known, lambda one: recipes[one.id])
    begun = {job.id: job for job in plan.begun}
    found = ((one.number, _taken(headless, one, begun[one.id])) for one in wanted if one.id in begun)
    batches.refuse(path, {number: problem for number, problem in found if problem})
    for folder in {Path(job.output) if Path(job.output).is_dir() else Path(job.output).parent for job in plan.begun}:
        require_writable(folder)
    return plan


def _recipe(headless: Headless, one: Wanted) -> Recipe:
    """The recipe of a line. Raises StudioError when it cannot be carried out."""
    line, studio = one.line, headless.studio
    _require_together(line)
    request = Request(
        prompt=line.prompt, output=None, negative=line.negative, model=line.model, size=line.size, steps=line.steps,
        guidance=line.guidance, sampler=line.sampler, seed=line.seed, batch=line.batch,
        image=Path(one.image) if one.image and not one.mask else None, strength=None if one.mask else line.strength,
        loras=line.loras, fast=line.fast, upscale=line.upscale, preview_dir=None, device="", as_json=False,
    )  # fmt: skip
    model = studio.model(line.model)
    recipe = dataclasses.replace(recipe_for(request, model, studio.library), branches=line.branches)
    if one.mask:
        settings = dataclasses.replace(INTENTS[Intent.FILL], image=one.image, mask=one.mask)
        settings = settings if line.strength is None else dataclasses.replace(settings, strength=line.strength)
        size = recipe.size if one.needs else opened(settings).prepared(model).placement.size
        recipe = dataclasses.replace(recipe, inpaint=settings, size=size)
    elif one.image and not one.needs:
        load_picture(Path(one.image))
    studio.check(dataclasses.replace(recipe, source=None, inpaint=None))
    require_valid(recipe, model.traits.size_multiple)
    for file in one.files:
        require_format(file.suffix, recipe)
    return recipe


def _require_together(line: batches.Line) -> None:
    """Raise StudioError (INPUT) for entries that say nothing without others, or beside them."""
    faults = (
        (line.mask and not line.image, "mask", "Its mask marks a part of a picture, and none is given."),
        (
            line.strength is not None and not line.image,
            "strength",
            "Its strength counts from a picture; none is given.",
        ),
        (line.mask and line.size, "size", "The part that a mask marks has its size from the picture."),
    )
    for wrong, name, message in faults:
        if wrong:
            hint = "Leave out its size." if name == "size" else "Give it an image."
            raise StudioError(ErrorKind.INPUT, message, hint, name)


def _taken(headless: Headless, one: Wanted, job: Job) -> Problem | None:
    """A file that stands where the job is to save, and is not its own."""
    made = len(job.pictures)
    for index, file in enumerate(one.files[made:], made):
        there = exists(file) or file.is_symlink()
        if there and headless.studio.gallery.look(file, f"{job.id}#{index}") is None:
            hint = "Move it away, or give the line another output."
            return Problem(ErrorKind.INPUT, f"{file} exists and is not overwritten.", hint, "output")
    return None


def _tell_of(plan: batches.Plan, done: int, total: int) -> None:
    if done:
        note(f"{done:,} of {total:,} lines are done already.")
    if plan.dropped:
        note(f"{len(plan.dropped):,} lines are gone from the file; what they had begun is left.")


# ------------------------------------------------------------------------------------------------ meanwhile


def _carried_out(headless: Headless, project: Path, done: int, total: int, quiet: bool) -> Ended:
    if done == total:
        return Ended(complete=True)
    headless.require_store()
    return running.carry_out(headless, project, quiet=quiet, over=done, total=total)


# ------------------------------------------------------------------------------------------------ afterwards


def _result(one: Wanted, known: Mapping[str, Job], ended: Ended) -> Result:
    job = known[one.id]
    if job.state is JobState.DONE and all(picture.path for picture in job.pictures):
        return Result(one, job, None)
    if job.state is JobState.DONE:
        unsaved = Problem(ErrorKind.DISK, "Its picture could not be saved.", "Start the batch again to save it.")
        return Result(one, job, ended.problem(job) or unsaved)
    if job.state.final:
        return Result(one, job, job.problem)
    lacking = any(name in known and known[name].state is not JobState.DONE for name in job.needed)
    needed = Problem(ErrorKind.INPUT, "The picture that it begins with was not made.", "Mend the line that makes it.")
    return Result(one, job, needed if lacking else None)


def _code(results: Sequence[Result]) -> int:
    """0 when all is done, else the code of the first failure, else 130: lines were cancelled, or wait."""
    code = running.exit_code([result.problem for result in results if result.problem])
    return code or (0 if all(result.state == "done" for result in results) else STOPPED)


def _report(results: Sequence[Result], plan: batches.Plan, project: Path, seconds: float) -> dict[str, object]:
    return {
        "project": str(project),
        "lines": [
            {
                "line": result.wanted.number,
                "job": result.job.id,
                "state": result.state,
                "files": result.files,
                "seed": result.job.recipe.seed,
                "problem": dataclasses.asdict(result.problem) if result.problem else None,
            }
            for result in results
        ],
        "dropped": [job.id for job in plan.dropped],
        "seconds": {"total": round(seconds, 4)},
    }


def _print(results: Sequence[Result], seconds: float) -> None:
    done = sum(result.state == "done" for result in results)
    shown = results if len(results) <= _MOST_ROWS else [result for result in results if result.state != "done"]
    table = Table("line", "", "file", "", box=None)
    for result in shown:
        files = ", ".join(Path(path).name for path in result.files)
        words = str(result.problem or "") if result.problem else running.title_of(result.job)
        table.add_row(str(result.wanted.number), result.state, harmless(files), harmless(words))
    if shown:
        Console(stderr=True, markup=False).print(table)
    note(f"{done:,} of {len(results):,} done, {seconds:.1f} s")
