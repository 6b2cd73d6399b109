"""What live painting asks the model for: the sketch in the frame, made into a picture in few steps.

Nothing here touches a widget or remembers anything; `asked` and `painted` do the slow parts and may run in any thread.
"""

import dataclasses
from dataclasses import dataclass

from studio.domain.catalog import LoraInfo
from studio.domain.document.document import Document
from studio.domain.inpainting import Infill, Inpaint
from studio.domain.recipe import MAX_LORAS, Lora, Recipe
from studio.imaging import placing
from studio.imaging.blobs import BlobStore
from studio.imaging.compose import Compositor
from studio.imaging.tiles import Pixels, TileStore
from studio.session.in_place import Patch, Ready, Wish, placed, prepared
from studio.session.studio import Studio

FEW = 8  # steps where no LoRA is there that needs fewer


@dataclass(frozen=True, slots=True)
class Sketch:
    """All that decides a live picture, held as it was at one moment.

    `recipe` says prompt, model and seed, and whose settings are those of the ordinary way; `strength` in (0, 1) is how
    far the model may go away from what is painted, and `inpaint` how the seam of a selection is made.
    """

    compositor: Compositor
    store: TileStore
    document: Document
    recipe: Recipe
    strength: float
    inpaint: Inpaint


@dataclass(frozen=True, slots=True)
class Request:
    """A live picture that can be asked for. Equal recipes are equal work: they name the pixels by their digest."""

    recipe: Recipe
    model_path: str
    lora_paths: tuple[str, ...]
    ready: Ready
    sketch: Sketch


@dataclass(frozen=True, slots=True)
class Painted:
    """A live picture: the `patch` that may be laid over the sketch, and `whole`, premultiplied pixels (h, w, 4) of the
    frame as it would then look."""

    recipe: Recipe
    patch: Patch
    whole: Pixels


def asked(studio: Studio, sketch: Sketch, blobs: BlobStore) -> Request:
    """The request for a sketch; its pictures are kept in `blobs`.

    A selection is made anew and nothing else, beginning with what is painted there. Raises StudioError as `prepared`
    and `Studio.check` do.
    """
    model = studio.model(sketch.recipe.model)
    recipe = few_steps(sketch.recipe, studio.library.fast_lora(model.family))
    inpaint = dataclasses.replace(sketch.inpaint, infill=Infill.NONE, strength=sketch.strength)
    wish = Wish(dataclasses.replace(recipe, batch=1, ring=None), sketch.strength, inpaint)
    ready = prepared(sketch.compositor, sketch.store, sketch.document, wish, model, blobs)
    studio.check(ready.recipe)
    paths = tuple(lora.path for lora in studio.loras(ready.recipe, model))
    return Request(ready.recipe, model.path, paths, ready, sketch)


def few_steps(recipe: Recipe, fast: LoraInfo | None) -> Recipe:
    """The recipe with few steps: by the LoRA `fast`, which tells the settings it was made for, or by leaving steps out.

    Who has put that LoRA in already keeps the settings chosen for it.
    """
    sampling = recipe.sampling
    there = {lora.name for lora in recipe.loras}
    room = len(recipe.loras) < MAX_LORAS
    if room and fast is not None and fast.sampling is not None and not there & {fast.name, fast.path}:
        return dataclasses.replace(recipe, loras=(*recipe.loras, Lora(fast.name)), sampling=fast.sampling)
    return dataclasses.replace(recipe, sampling=dataclasses.replace(sampling, steps=min(FEW, sampling.steps)))


def painted(request: Request, made: Pixels) -> Painted:
    """What comes of a picture (h, w, 3) that the model made.

    Raises StudioError (INTERNAL) should a pixel outside a selection change.
    """
    patch = placed(request.ready, made)
    sketch = request.sketch
    frame = sketch.document.frame
    whole = sketch.compositor.render(sketch.document, frame)
    part = patch.rect.intersected(frame)
    there = (slice(part.y - frame.y, part.bottom - frame.y), slice(part.x - frame.x, part.right - frame.x))
    x, y = part.x - patch.rect.x, part.y - patch.rect.y
    whole[there] = placing.over(whole[there], patch.pixels[y : y + part.height, x : x + part.width])
    return Painted(request.recipe, patch, whole)
