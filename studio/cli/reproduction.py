"""`safelight reproduce`: a finished picture made again, and compared pixel by pixel."""

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.cli.failures import Interrupted
from studio.cli.interrupts import cancelling
from studio.cli.program import Program, announce, note, print_json
from studio.cli.progress import progress_of
from studio.cli.reproducing import DIFFERENT
from studio.cli.targets import Named, Numbered, targets_for
from studio.domain.codec import to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.jobs import Picture
from studio.domain.messages import Event, Ready, WorkerOptions
from studio.domain.recipe import Recipe
from studio.imaging.differences import difference_map
from studio.imaging.files import save_numbered
from studio.imaging.metadata import Capsule
from studio.imaging.pixels import Pixels, decode, encode_png
from studio.session.gallery import Gallery
from studio.session.headless import Cancelled, Headless, Outcome
from studio.session.paths import Paths
from studio.session.reproduce import Attempt, Comparison, Original, attempt_for, compare, read_original
from studio.session.studio import Worker
from studio.session.workers import ENGINE, worker_factory


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command as they were given."""

    picture: Path
    keep: Path | None
    difference: Path | None
    anyway: bool
    device: str
    as_json: bool


def reproduce(program: Program, request: Request) -> int:
    """Carry out the command. Everything that can be checked is checked before the engine is started."""
    began = time.monotonic()
    original = read_original(request.picture)
    headless = _as_it_was(program, original.capsule, request.device)
    attempt = attempt_for(original, headless.studio, anyway=request.anyway)
    target = targets_for(request.keep, original.recipe) if request.keep else None
    shown = _checked(request.difference, original.recipe) if request.difference else None
    headless.require_store()
    headless.studio.queue.previews = False
    again = _Again(headless.studio.gallery, original, attempt, target)
    job = _run(headless, attempt.recipe, again.keep, request.as_json).job
    pixels, now = again.pixels(), Capsule.of(again.engine, plan=job.plan)
    comparison = compare(original, pixels, now, attempt.doubts)
    if shown:
        save_numbered(shown, encode_png(difference_map(original.pixels, pixels)))
    if request.as_json:
        print_json({**_report(comparison), "files": again.files, "seconds": round(time.monotonic() - began, 4)})
    else:
        _print(comparison, again.files)
    return 0 if comparison.equal else DIFFERENT


def _as_it_was(program: Program, capsule: Capsule, device: str) -> Headless:
    """A studio whose worker computes as it did for the picture, unless another `device` is asked for."""
    make = worker_factory(engine=program.engine or ENGINE)
    on_processor = capsule.device == "cpu"

    def alike(post: Callable[[Event], None], options: WorkerOptions) -> Worker:
        threads = capsule.threads if on_processor and capsule.threads > 0 else options.threads
        return make(post, dataclasses.replace(options, threads=threads))

    return Headless(Paths.of_user(), alike, device or ("cpu" if on_processor else ""))


class _Again:
    """Takes the picture that was made again, and saves it if that was asked for."""

    def __init__(self, gallery: Gallery, original: Original, attempt: Attempt, target: Named | Numbered | None) -> None:
        self._gallery, self._original, self._attempt, self._target = gallery, original, attempt, target
        self._pixels: Pixels | None = None
        self.engine: Ready | None = None
        self.files: list[str] = []

    def keep(self, recipe: Recipe, picture: Picture, engine: Ready | None) -> None:
        """Take in the finished picture, which `recipe` made. Raises StudioError when it cannot be saved."""
        store = self._gallery.store
        self._pixels, self.engine = self._attempt.finished(decode(store.get(picture.digest))), engine
        if self._target is not None:
            height, width = self._pixels.shape[:2]
            digest = store.put(encode_png(self._pixels))
            whole = dataclasses.replace(picture, digest=digest, width=width, height=height)
            made = dataclasses.replace(recipe, inpaint=self._original.recipe.inpaint)
            self.files.append(str(self._target.save(self._gallery, made, whole, engine).path.absolute()))

    def pixels(self) -> Pixels:
        """The finished picture, (h, w, 3) or (h, w, 4)."""
        assert self._pixels is not None
        return self._pixels


def _checked(path: Path, recipe: Recipe) -> Path:
    """The path for a new .png. Raises StudioError when it is none, is taken or cannot be written."""
    if path.suffix.lower() != ".png":
        message = (
            f"The differences are a picture that a {path.suffix or 'file without a suffix'} does not keep exactly."
        )
        raise StudioError(ErrorKind.INPUT, message, "Give the name of a .png file.", "difference")
    named = targets_for(path, recipe)
    return named.paths[0] if isinstance(named, Named) else named.folder / path.name


def _run(
    headless: Headless, recipe: Recipe, keep: Callable[[Recipe, Picture, Ready | None], None], as_json: bool
) -> Outcome:
    try:
        with cancelling(headless.cancel), headless, progress_of(headless.studio, quiet=as_json):
            return headless.run(recipe, keep)
    except Cancelled:
        raise Interrupted from None


def _report(comparison: Comparison) -> dict[str, object]:
    found = comparison.difference
    return {
        "equal": comparison.equal,
        "size": str(found.size),
        "pixels": found.size.pixels,
        "differing": found.pixels,
        "largest": found.largest,
        "where": to_json(found.where),
        "lossy": comparison.lossy,
        "reasons": list(comparison.reasons),
    }


def _print(comparison: Comparison, files: list[str]) -> None:
    """The outcome on standard output, why it may be so on standard error."""
    found = comparison.difference
    after = " after the same lossy compression" if comparison.lossy else ""
    if found.where is None:
        print(f"equal: all {found.size.pixels:,} pixels came out again{after}", flush=True)
    else:
        where = f"{found.where.size} at {found.where.x},{found.where.y}"
        counts = f"{found.pixels:,} of {found.size.pixels:,} pixels, by up to {found.largest} of 255 levels"
        print(f"different: {counts}, inside {where}{after}", flush=True)
    for reason in comparison.reasons:
        note(f"note: {reason}")
    for file in files:
        announce(Path(file))
