"""`safelight upscale`: any picture, enlarged."""

from dataclasses import dataclass
from pathlib import Path

from studio.cli.failures import Interrupted
from studio.cli.generation import open_headless
from studio.cli.interrupts import cancelling
from studio.cli.program import Program, announce, print_json
from studio.cli.progress import progress_of
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.recipe import Recipe
from studio.domain.upscaling import Upscaling
from studio.domain.user_paths import expanded
from studio.imaging.files import require_writable
from studio.imaging.pictures import load_picture
from studio.session.gallery import Entry, Gallery, require_format
from studio.session.headless import Cancelled, Headless, KeepUpscaled, Outcome


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command as they were given."""

    image: Path
    output: Path | None
    factor: int
    device: str
    as_json: bool


def upscale(program: Program, request: Request) -> int:
    """Carry out the command. Everything that can be checked is checked before the engine is started."""
    headless = open_headless(program, request.device)
    task = Upscaling(str(expanded(request.image).absolute()), request.factor)
    headless.studio.check_upscaling(task)
    load_picture(Path(task.path))  # the engine would find damage too, but only when it is loaded
    keep = _keep(headless, task, request.output)
    headless.require_store()
    outcome = _run(headless, task, keep, request.as_json)
    if request.as_json:
        print_json(_report(outcome, task))
    return 0


def _keep(headless: Headless, task: Upscaling, output: Path | None) -> KeepUpscaled:
    """How the result is saved: under a name of the user's, or in a folder under a free one.

    Raises StudioError: INPUT when a file exists or its format is unknown, DISK when the folder cannot be written.
    """
    output = expanded(output or Path())
    try:
        return _checked(headless.studio.gallery, task, output)
    except OSError as error:  # a name no file can have
        raise StudioError(
            ErrorKind.DISK, f"{output} cannot be used: {error.strerror}.", "Choose another name."
        ) from error


def _checked(gallery: Gallery, task: Upscaling, output: Path) -> KeepUpscaled:
    if output.is_dir():
        require_writable(output)
        free = output / f"{task.name}.png"
        return lambda task, picture, engine: gallery.save_upscaled_numbered(task, picture, engine, free)
    require_format(output.suffix, Recipe())
    if output.exists() or output.is_symlink():
        raise StudioError(ErrorKind.INPUT, f"{output} exists and is not overwritten.", "Choose another name.")
    require_writable(output.parent)
    return lambda task, picture, engine: gallery.save_upscaled_as(task, picture, engine, output)


def _run(headless: Headless, task: Upscaling, keep: KeepUpscaled, as_json: bool) -> Outcome:
    studio = headless.studio

    def tell(_: object, entry: Entry) -> None:
        if not as_json:
            announce(entry.path)

    studio.saved.connect(tell)
    try:
        with cancelling(headless.cancel), headless, progress_of(studio, quiet=as_json):
            return headless.upscale(task, keep)
    except Cancelled:
        raise Interrupted from None


def _report(outcome: Outcome, task: Upscaling) -> dict[str, object]:
    picture, cost = outcome.job.pictures[0], outcome.job.cost
    return {
        "file": str(outcome.entries[0].path.absolute()),
        "source": task.path,
        "factor": task.factor,
        "size": f"{picture.width}x{picture.height}",
        "seconds": {str(name): round(seconds, 4) for name, seconds in (cost.seconds if cost else {}).items()},
    }
