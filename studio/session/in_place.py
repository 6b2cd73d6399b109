"""Generating on the canvas: from the document and the prompt to a job, and from its pictures to patches.

Nothing here touches a widget; `prepared` and `placed` do the slow parts and may run in any thread.
"""

import dataclasses
from dataclasses import dataclass

from studio.domain.catalog import ModelInfo
from studio.domain.document.document import Document
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.domain.inpainting import Inpaint
from studio.domain.recipe import Recipe, SourceImage
from studio.imaging import placing
from studio.imaging.blobs import BlobStore
from studio.imaging.compose import Compositor
from studio.imaging.pixels import encode_png
from studio.imaging.selections import extent
from studio.imaging.tiles import Pixels, TileStore
from studio.session import inpainting

_SMALLEST = 0.5  # times the pixels a model was trained for: below, it works at a larger size than the frame's


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asks for on the canvas: `strength` in (0, 1] as of image to image, where 1 begins from nothing;
    `inpaint` is how a selection is made anew, None without a selection."""

    recipe: Recipe
    strength: float
    inpaint: Inpaint


@dataclass(frozen=True, slots=True)
class Ready:
    """A request that can be queued, and where its pictures go; `prepared` where only a selection is made anew."""

    recipe: Recipe
    rect: Rect
    prepared: inpainting.Prepared | None


@dataclass(frozen=True, slots=True)
class Patch:
    """A finished picture for the canvas: premultiplied pixels (h, w, 4) at `rect`, and what it leaves untouched."""

    pixels: Pixels
    rect: Rect
    badge: str


def frame_size(frame: Size, native: Size, multiple: int) -> Size:
    """The size that a model works at for a frame: the frame's own where the model can do that well, else its shape
    with as many pixels as the model was trained for."""
    if _SMALLEST * native.pixels <= frame.pixels <= placing.LARGEST * native.pixels:
        return frame.rounded_to(multiple)
    scale = (native.pixels / frame.pixels) ** 0.5
    return Size(max(1, round(frame.width * scale)), max(1, round(frame.height * scale))).rounded_to(multiple)


def prepared(
    compositor: Compositor, store: TileStore, document: Document, wish: Wish, model: ModelInfo, blobs: BlobStore
) -> Ready:
    """What to ask the model for: the selection anew if there is one, else the frame.

    Raises StudioError (INPUT) for a selection that is empty, DISK when the picture to begin with cannot be kept.
    """
    if document.selection is not None:
        return _selection(compositor, store, document, wish, model, blobs)
    frame = document.frame
    size = frame_size(frame.size, model.default_size, model.traits.size_multiple)
    source = None
    if wish.strength < 1:
        seen = placing.resized(placing.on_white(compositor.render(document, frame)), size)
        source = SourceImage(str(blobs.path(blobs.put(encode_png(seen)))), wish.strength)
    return Ready(dataclasses.replace(wish.recipe, size=size, source=source, upscale=1), frame, None)


def placed(ready: Ready, made: Pixels) -> Patch:
    """A picture of the job, RGB (h, w, 3) of the recipe's size, as it goes onto the canvas.

    Raises StudioError (INTERNAL) should a pixel outside the selection change.
    """
    if ready.prepared is None:
        pixels = placing.premultiplied(placing.resized(made, ready.rect.size))
        return Patch(pixels, ready.rect, "")
    found = inpainting.finish(ready.prepared, made)
    return Patch(found.pixels, found.rect, found.badge)


def removed(compositor: Compositor, store: TileStore, document: Document, how: Inpaint) -> Patch:
    """What is selected filled from around it, at once and without a model; `how` says by which infill.

    Raises StudioError (INPUT) when nothing of the canvas is selected or a setting is out of range.
    """
    context = inpainting.removal_context(document.size, _marked(store, document), how)
    assert document.selection is not None  # as it is marked
    pixels, mask = compositor.render(document, context), store.mask(document.selection, context)
    found = inpainting.remove(pixels, mask, how)
    return Patch(found.pixels, found.rect.moved(context.x, context.y), found.badge)


def _marked(store: TileStore, document: Document) -> Rect:
    """The smallest rectangle of the canvas that holds what is selected. Raises StudioError (INPUT) for none."""
    selection = document.selection
    marked = Rect(0, 0, 0, 0) if selection is None else extent(store, selection, document.rect)
    if marked.empty:
        message = "Nothing of the selection lies on the canvas."
        raise StudioError(ErrorKind.INPUT, message, "Select something that does.")
    return marked


def _selection(
    compositor: Compositor, store: TileStore, document: Document, wish: Wish, model: ModelInfo, blobs: BlobStore
) -> Ready:
    assert document.selection is not None
    marked = _marked(store, document)
    frame = document.frame
    near = None if frame.intersected(marked).empty else frame
    placement = inpainting.placement_for(document.size, marked, near, wish.inpaint, model)
    pixels = compositor.render(document, placement.context)
    mask = store.mask(document.selection, placement.context)
    found = inpainting.prepare_part(pixels, mask, placement, wish.inpaint)
    recipe = inpainting.job_recipe(found, dataclasses.replace(wish.recipe, upscale=1), blobs)
    return Ready(recipe, placement.context, found)
