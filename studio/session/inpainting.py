"""Generate in place: from a picture and a mask to a job, from its result to a patch. For window and command line.

    prepared = prepare(pixels, mask, frame, settings, model)     # shows what the model will see
    job = studio.submit(job_recipe(prepared, recipe, studio.gallery.store))
    placed = finish(prepared, result)                            # for each picture of the job

A canvas of any size: `placement_for` names the part that is needed, and `prepare_part` takes just that.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.domain.catalog import ModelInfo
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect, Size
from studio.domain.inpainting import INTENTS, Infill, Inpaint, Intent, settings_problems
from studio.domain.recipe import Recipe
from studio.imaging import masks, placing
from studio.imaging.blobs import BlobStore
from studio.imaging.infill import infilled
from studio.imaging.pixels import Pixels, encode_png
from studio.imaging.placing import Exactness, Placement

_REMOVAL = 8192  # pixels of the picture around the mask that a removal without a model looks at, at most


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a job needs and what its result will be put back into.

    `picture` (H, W, 3) is what the model begins with, filled, and `hole` (H, W) its mask, both of the placement's size.
    `before` (h, w, 4) is the visible canvas in the placement's context, and `mask` (h, w) that through which the result
    will be seen there: widened and feathered.
    """

    placement: Placement
    settings: Inpaint
    picture: Pixels
    hole: Pixels
    before: Pixels
    mask: Pixels


@dataclass(frozen=True, slots=True)
class Placed:
    """A finished patch: `pixels` (h, w, 4), premultiplied, to lie on the canvas at `rect` over what is visible there.

    They are transparent outside the mask; `exactness` says what laying them over the canvas changes.
    """

    pixels: Pixels
    rect: Rect
    exactness: Exactness

    @property
    def badge(self) -> str:
        """One line for the user."""
        found = self.exactness
        kept = f"{found.outside:,} pixels outside the mask"
        return f"Exact: {kept} unchanged" if found.exact else f"Not exact: {found.changed_outside:,} of {kept} changed"


def settings_for(intent: Intent) -> Inpaint:
    """The settings that suit an intent, to be changed with `dataclasses.replace`."""
    return INTENTS[intent]


def placement_for(canvas: Size, marked: Rect, frame: Rect | None, settings: Inpaint, model: ModelInfo) -> Placement:
    """The part of a canvas that is needed when the mask's `masks.bounds` are `marked`. Raises StudioError (INPUT)."""
    for problem in settings_problems(settings):
        raise StudioError(problem.kind, problem.message, problem.hint, problem.field)
    reach = marked.grown(settings.grow + settings.feather)
    return placing.place(
        canvas, reach, model.default_size, model.traits.size_multiple, padding=settings.padding, frame=frame
    )


def prepare(pixels: Pixels, mask: Pixels, frame: Rect | None, settings: Inpaint, model: ModelInfo) -> Prepared:
    """Everything for a job from the whole picture: `pixels` (h, w, 4), premultiplied, as visible; `mask` (h, w).

    The model sees at least what lies in `frame`. Raises StudioError (INPUT) when the mask is empty or of another size,
    or a setting is out of range.
    """
    canvas = Size(pixels.shape[1], pixels.shape[0])
    masks.require_mask(mask, canvas)
    placement = placement_for(canvas, masks.bounds(mask), frame, settings, model)
    part = _part(placement.context)
    return prepare_part(pixels[part], mask[part], placement, settings)


def prepare_part(pixels: Pixels, mask: Pixels, placement: Placement, settings: Inpaint) -> Prepared:
    """As `prepare`, from the pixels and the mask inside the placement's context alone."""
    widened = masks.widened(mask, settings.grow, settings.feather)
    hole = masks.at_size(widened, placement.size)
    seen = placing.resized(placing.on_white(pixels), placement.size)
    picture = infilled(seen, hole > 0, settings.infill)
    return Prepared(placement, settings, picture, hole, pixels.copy(), widened)


def job_recipe(prepared: Prepared, recipe: Recipe, store: BlobStore) -> Recipe:
    """The recipe of the job: `recipe` with its size and its picture and mask, which are kept in `store`.

    Equal pictures, masks and settings give equal recipes. Raises StudioError (DISK).
    """
    image, mask = (str(store.path(store.put(encode_png(pixels)))) for pixels in (prepared.picture, prepared.hole))
    inpaint = Inpaint(image, mask, prepared.settings.intent, Infill.NONE, 0, 0, None, prepared.settings.strength)
    return dataclasses.replace(recipe, size=prepared.placement.size, source=None, ring=None, inpaint=inpaint)


def forget(recipe: Recipe, store: BlobStore) -> None:
    """Drop the picture and the mask that `job_recipe` kept; for when no job needs them any more."""
    if recipe.inpaint:
        for path in (Path(recipe.inpaint.image), Path(recipe.inpaint.mask)):
            store.discard(path.parent.name + path.name)


def finish(prepared: Prepared, result: Pixels) -> Placed:
    """Bring a result (H, W, 3), of the placement's size, to the canvas's resolution, its colours matched at the seam.

    Raises StudioError (INTERNAL) should a pixel outside the mask change.
    """
    made = placing.matched(result, prepared.picture, prepared.hole)
    return _placed(prepared.before, placing.resized(made, prepared.placement.context.size), prepared)


def removal_context(canvas: Size, marked: Rect, settings: Inpaint) -> Rect:
    """The part of a canvas that `remove` looks at when the mask's `masks.bounds` are `marked`."""
    reach = marked.grown(settings.grow + settings.feather)
    margin = min(_REMOVAL, max(reach.width, reach.height) * 2)
    return reach.grown(margin).intersected(Rect.of(canvas))


def remove(pixels: Pixels, mask: Pixels, settings: Inpaint) -> Placed:
    """Fill the masked part from the rest of the picture, at its full resolution and without a model.

    Takes and raises what `prepare` does.
    """
    canvas = Size(pixels.shape[1], pixels.shape[0])
    masks.require_mask(mask, canvas)
    for problem in settings_problems(settings):
        raise StudioError(problem.kind, problem.message, problem.hint, problem.field)
    context = removal_context(canvas, masks.bounds(mask), settings)
    placement = Placement(context, context.size)
    part = _part(context)
    prepared = prepare_part(pixels[part], mask[part], placement, settings)
    return _placed(prepared.before, prepared.picture, prepared)


def _placed(before: Pixels, made: Pixels, prepared: Prepared) -> Placed:
    inner = masks.bounds(prepared.mask)
    part = _part(inner)
    pixels = placing.patch(made[part], prepared.mask[part])
    after = before.copy()
    after[part] = placing.over(before[part], pixels)
    exactness = placing.verify(before, after, prepared.mask)
    exactness.require()
    context = prepared.placement.context
    return Placed(np.ascontiguousarray(pixels), inner.moved(context.x, context.y), exactness)


def _part(rect: Rect) -> tuple[slice, slice]:
    return slice(rect.y, rect.bottom), slice(rect.x, rect.right)
