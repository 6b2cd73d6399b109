"""`safelight inpaint`, `outpaint` and `remove`: a part of a picture made anew, and not a byte changed elsewhere."""

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from studio.cli import generation
from studio.cli.failures import Interrupted
from studio.cli.generation import open_headless, recipe_for
from studio.cli.interrupts import cancelling
from studio.cli.program import Program, announce, note, print_json
from studio.cli.progress import progress_of
from studio.cli.targets import Named, Numbered, targets_for
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.domain.inpainting import Infill, Inpaint, Intent, Sides, sides_problems
from studio.domain.jobs import Picture
from studio.domain.messages import Ready
from studio.domain.recipe import Recipe
from studio.domain.user_paths import expanded
from studio.imaging import masks, pictures, placing
from studio.imaging.files import save_new, save_numbered
from studio.imaging.metadata.carry import retouched, with_carried
from studio.imaging.pixels import Pixels, decode, encode_png
from studio.imaging.placing import Exactness
from studio.session import inpainting
from studio.session.gallery import Entry
from studio.session.headless import Cancelled, Headless, Outcome
from studio.session.inpainting import Prepared
from studio.session.whole_pictures import EXACT_SUFFIX, Work, opaque, opened

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Area:
    """The picture and what of it is to be made, as the options gave them; None means not given."""

    image: Path
    mask: Path | None
    sides: Sides | None
    intent: str
    infill: str | None
    feather: int | None
    grow: int | None
    padding: int | None
    strength: float | None


def inpaint(program: Program, area: Area, request: generation.Request) -> int:
    """Carry out `inpaint` and `outpaint`. All that can be checked is checked before the engine is started."""
    began = time.monotonic()
    headless = open_headless(program, request.device)
    studio = headless.studio
    work = _opened(area)
    model = studio.model(request.model)
    prepared = work.prepared(model)
    wanted = recipe_for(request, model, studio.library)
    wanted = dataclasses.replace(wanted, size=prepared.placement.size, inpaint=work.settings)
    studio.check(dataclasses.replace(wanted, inpaint=None))
    targets = targets_for(request.output, wanted)
    headless.require_store()
    recipe = inpainting.job_recipe(prepared, wanted, studio.gallery.store)
    kept = _Kept(headless, work, prepared, targets)
    outcome = _run(headless, recipe, kept.keep, request.as_json)
    path = outcome.entries[0].path.absolute()
    _tell_of_loss(path)
    if request.as_json:
        seconds = time.monotonic() - began
        found = generation.report(outcome, headless, seconds)
        print_json({**found, **_facts(kept.exactness, path, work.size), "context": _text(prepared.placement.context)})
    else:
        note(f"{work.size}, seed {recipe.seed}, {time.monotonic() - began:.1f} s. {kept.badge}.")
    return 0


def remove(area: Area, output: Path | None, as_json: bool) -> int:
    """Carry out `remove`, which needs no model and no engine."""
    began = time.monotonic()
    work = _opened(area)
    target = targets_for(output, Recipe())
    placed = inpainting.remove(placing.premultiplied(work.picture), work.mask, work.settings)
    after, exactness = work.put_back(placed)
    path = _save(after, target, area.image)
    _tell_of_loss(path)
    if as_json:
        seconds = {"total": round(time.monotonic() - began, 4)}
        print_json({"files": [str(path.absolute())], "seconds": seconds, **_facts(exactness, path, work.size)})
    else:
        announce(path)
        note(f"{work.size}, {time.monotonic() - began:.1f} s. {placed.badge}.")
    return 0


# ------------------------------------------------------------------------------------------------ what is to be done


def _opened(area: Area) -> Work:
    """Picture, mask and settings. Raises StudioError when a file or a setting cannot be used."""
    path = expanded(area.image).absolute()
    settings = dataclasses.replace(_settings(area), image=str(path), extend=area.sides)
    if area.sides is not None:
        picture = pictures.load_layered(path)
        _require_room(picture, area.sides)
        return Work(masks.extended(picture, area.sides), masks.extension_mask(picture, area.sides), settings)
    assert area.mask is not None
    return opened(dataclasses.replace(settings, mask=str(expanded(area.mask).absolute())))


def _settings(area: Area) -> Inpaint:
    """What the intent likes, and what was given instead. Raises StudioError (INPUT)."""
    liked = inpainting.settings_for(_one_of(Intent, area.intent, "intent"))
    return dataclasses.replace(
        liked,
        infill=liked.infill if area.infill is None else _one_of(Infill, area.infill, "infill"),
        feather=liked.feather if area.feather is None else area.feather,
        grow=liked.grow if area.grow is None else area.grow,
        padding=area.padding,
        strength=liked.strength if area.strength is None else area.strength,
    )


def _one_of(kind: type[E], text: str, name: str) -> E:
    try:
        return kind(text)
    except ValueError as error:
        raise StudioError(
            ErrorKind.INPUT,
            f"There is no {name} “{text[:40]}”.",
            f"Choose one of: {', '.join(kind)}.",
            f"inpaint.{name}",
        ) from error


def _require_room(picture: Pixels, sides: Sides) -> None:
    for problem in sides_problems(sides):
        raise StudioError(problem.kind, problem.message, problem.hint, problem.field)
    width = picture.shape[1] + sides.left + sides.right
    height = picture.shape[0] + sides.top + sides.bottom
    if max(width, height) > pictures.MAX_SIDE or width * height > pictures.MAX_PIXELS:
        raise StudioError(
            ErrorKind.INPUT,
            f"Extended, the picture would have {width}x{height} pixels, more than can be made.",
            f"Stay within {pictures.MAX_SIDE:,} pixels a side and {pictures.MAX_PIXELS // 2**20} megapixels.",
            "inpaint.extend",
        )


# ------------------------------------------------------------------------------------------------ what comes of it


class _Kept:
    """Puts the job's result back and saves the picture; then `exactness` and `badge` tell how that went."""

    def __init__(self, headless: Headless, work: Work, prepared: Prepared, targets: Named | Numbered) -> None:
        self._gallery, self._work = headless.studio.gallery, work
        self._prepared, self._targets = prepared, targets
        self.exactness = Exactness(0, 0, 0, 0)
        self.badge = ""

    def keep(self, job: Recipe, picture: Picture, engine: Ready | None) -> Entry:
        store = self._gallery.store
        placed = inpainting.finish(self._prepared, decode(store.get(picture.digest)))
        after, self.exactness = self._work.put_back(placed)
        self.badge = placed.badge
        if isinstance(self._targets, Named) and self._targets.paths[picture.index].suffix.lower() != EXACT_SUFFIX:
            after = opaque(after)
        digest = store.put(encode_png(after))
        whole = dataclasses.replace(picture, digest=digest, width=self._work.size.width, height=self._work.size.height)
        recipe = dataclasses.replace(job, inpaint=self._work.settings)
        entry = self._targets.save(self._gallery, recipe, whole, engine)
        store.discard(picture.digest)
        return entry


def _run(
    headless: Headless,
    recipe: Recipe,
    keep: Callable[[Recipe, Picture, Ready | None], Entry],
    as_json: bool,
) -> Outcome:
    studio = headless.studio
    if not as_json:
        studio.saved.connect(lambda _, entry: announce(entry.path))
    try:
        with cancelling(headless.cancel), headless, progress_of(studio, quiet=as_json):
            return headless.run(recipe, keep)
    except Cancelled:
        raise Interrupted from None


def _save(after: Pixels, target: Named | Numbered, original: Path) -> Path:
    """Write the picture with what the original said of itself. Raises StudioError (INPUT, DISK)."""
    if isinstance(target, Numbered):
        path = target.folder / f"{original.stem}-removed.png"
        return save_numbered(path, with_carried(encode_png(after), retouched(original), EXACT_SUFFIX))
    path = target.paths[0]
    suffix = path.suffix.lower()
    pixels = after if suffix == EXACT_SUFFIX else opaque(after)
    try:
        save_new(path, with_carried(encode_png(pixels), retouched(original), suffix))
    except FileExistsError as error:
        raise StudioError(ErrorKind.INPUT, f"{path} exists and is not overwritten.", "Choose another name.") from error
    return path


def _facts(exactness: Exactness, path: Path, size: Size) -> dict[str, object]:
    """What `--json` says of the finished picture."""
    return {
        "result_size": str(size),
        "exact_outside": exactness.exact and _is_exact(path),
        "pixels_outside": exactness.outside,
        "changed_outside": exactness.changed_outside,
        "changed_inside": exactness.changed_inside,
    }


def _is_exact(path: Path) -> bool:
    return path.suffix.lower() == EXACT_SUFFIX


def _tell_of_loss(path: Path) -> None:
    if not _is_exact(path):
        note(f"note: {path.suffix} files do not keep pixels exactly; save as .png to keep all outside the mask.")


def _text(rect: Rect) -> str:
    return f"{rect.size}+{rect.x}+{rect.y}"
