"""Make a finished picture again from what its file says, and tell whether the same pixels come out.

original = read_original(path)
attempt = attempt_for(original, studio)            # checks models, LoRAs and the pictures that it began with
job = studio.submit(attempt.recipe)
again = attempt.finished(result)                   # for the picture of that job
comparison = compare(original, again, engine, attempt.doubts)
"""

import dataclasses
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from studio.domain.catalog import ModelInfo
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.inpainting import Inpaint
from studio.domain.jobs import maker_of, sources_of
from studio.domain.model_digest import model_digest
from studio.domain.recipe import Recipe
from studio.domain.samplers import SAMPLERS
from studio.domain.user_paths import exists, expanded
from studio.imaging import masks, metadata, placing
from studio.imaging.blobs import BlobStore
from studio.imaging.differences import Difference, difference
from studio.imaging.metadata import Capsule
from studio.imaging.pictures import load_layered
from studio.imaging.pixels import Pixels, encode_png
from studio.session import inpainting
from studio.session.gallery import encoded
from studio.session.studio import Studio

LOSSY = {"JPEG": ".jpg", "WEBP": ".webp"}  # formats in which the gallery saves with losses
TOLERANCE = 2  # levels by which versions of those formats' libraries round differently


@dataclass(frozen=True, slots=True)
class Original:
    """A picture of ours: its pixels (h, w, 3) or (h, w, 4), the recipe that makes it and what it was made with.

    `format` is Pillow's name of the file's.
    """

    path: Path
    format: str
    pixels: Pixels
    recipe: Recipe
    capsule: Capsule
    warnings: tuple[str, ...] = ()

    @property
    def lossy(self) -> bool:
        """Did the file's format change the pixels that were made?"""
        return self.format in LOSSY


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a picture is made again: by the job of `recipe`, whose result (H, W, 3) `finished` turns into the picture.

    `doubts` are sentences: what is known to be another than it was.
    """

    recipe: Recipe
    finished: Callable[[Pixels], Pixels]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a picture that was made again differs from the file, and why it may: sentences, the likeliest first.

    A `lossy` file is compared after the same compression.
    """

    difference: Difference
    lossy: bool
    reasons: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Did the same pixels come out?"""
        return not self.difference.pixels


def read_original(path: Path) -> Original:
    """The picture at `path` with its recipe.

    Raises StudioError (INPUT) when it is no picture, carries no recipe of ours, or was scaled or cropped afterwards.
    """
    path = expanded(path).absolute()
    info = metadata.read(path)
    if info.recipe is None or info.capsule is None:
        hint = "Only pictures that this program saved carry all that is needed to make them again."
        raise StudioError(ErrorKind.INPUT, f"{path.name} carries no recipe of Safelight.", hint)
    expected = info.recipe.result_size
    if info.recipe.inpaint is None and info.size != expected:
        raise StudioError(
            ErrorKind.INPUT,
            f"{path.name} has {info.size} pixels, and its recipe makes {expected}: it was changed afterwards.",
            "Use the picture as it was made.",
        )
    return Original(path, info.format, load_layered(path), info.recipe, info.capsule, info.warnings)


def attempt_for(original: Original, studio: Studio, *, anyway: bool = False) -> Attempt:
    """How to make a picture again here.

    Raises StudioError: MODEL when its model or a LoRA is missing or, unless `anyway`, another one by its content; INPUT
    when a picture that it began with is gone, or it cannot be run.
    """
    recipe = original.recipe.requested()
    model = studio.model(recipe.model)
    doubts = tuple(_other_weights(original, studio, model))
    if doubts and not anyway:
        hint = "Put that file back, or compare all the same: add --anyway."
        raise StudioError(ErrorKind.MODEL, doubts[0], hint, "model")
    _require_sources(recipe)
    recipe = _with_whole_paths(recipe)
    studio.check(recipe)
    doubts = (*doubts, *_younger_sources(original, recipe), *original.warnings)
    if recipe.inpaint is None or _is_of_the_store(recipe.inpaint, studio):
        return Attempt(recipe, lambda pixels: pixels, doubts)
    return _put_back(recipe, recipe.inpaint, model, studio.gallery.store, doubts)


def compare(original: Original, again: Pixels, now: Capsule, doubts: tuple[str, ...] = ()) -> Comparison:
    """The picture of the file beside the one that was made again with `now`, (h, w, 3) or (h, w, 4).

    Raises StudioError (INPUT) when they have different sizes.
    """
    pixels, tolerance = again, 0
    if original.lossy:
        pixels, tolerance = _compressed(again, original), TOLERANCE
    if original.pixels.shape[:2] != pixels.shape[:2]:
        raise StudioError(
            ErrorKind.INPUT,
            f"{original.path.name} has another size than what its recipe makes: it was changed afterwards.",
            "Use the picture as it was made.",
        )
    found = difference(original.pixels, pixels, tolerance)
    reasons = tuple(_reasons(original, now, doubts)) if found.pixels else ()
    return Comparison(found, original.lossy, reasons)


# ------------------------------------------------------------------------------------------------ before


def _other_weights(original: Original, studio: Studio, model: ModelInfo) -> Iterator[str]:
    """A sentence for the model and each LoRA that are not what they were."""
    recipe = original.recipe
    if recipe.model_hash and (found := model_digest(Path(model.path))) != recipe.model_hash:
        yield f"The model {model.name} is another than it was: {found}, not {recipe.model_hash}."
    for lora, here in zip(recipe.loras, studio.loras(recipe, model), strict=True):
        if lora.hash and (found := model_digest(Path(here.path))) != lora.hash:
            yield f"The LoRA {here.name} is another than it was: {found}, not {lora.hash}."


def _require_sources(recipe: Recipe) -> None:
    for path in sources_of(recipe):
        if maker_of(path) or not exists(expanded(Path(path))):
            raise StudioError(
                ErrorKind.INPUT,
                f"The picture it began with is gone: {path}.",
                "Put it back there; without it, other pixels would come out.",
                "source.path",
            )


def _with_whole_paths(recipe: Recipe) -> Recipe:
    """The recipe with the pictures that it begins with where they are in this user's home."""

    def whole(path: str) -> str:
        return str(expanded(Path(path))) if path else path

    source, inpaint = recipe.source, recipe.inpaint
    if source is not None:
        source = dataclasses.replace(source, path=whole(source.path))
    if inpaint is not None:
        inpaint = dataclasses.replace(inpaint, image=whole(inpaint.image), mask=whole(inpaint.mask))
    return dataclasses.replace(recipe, source=source, inpaint=inpaint)


def _younger_sources(original: Original, recipe: Recipe) -> Iterator[str]:
    saved = original.path.stat().st_mtime
    for path in sources_of(recipe):
        if Path(path).stat().st_mtime > saved:
            yield f"{Path(path).name}, which it began with, was changed after it was made."


def _is_of_the_store(inpaint: Inpaint, studio: Studio) -> bool:
    """Was it made for a canvas, which keeps the part that the model sees? Then the file is what the model drew."""
    return studio.paths.blobs in Path(inpaint.image).parents


def _put_back(
    recipe: Recipe, settings: Inpaint, model: ModelInfo, store: BlobStore, doubts: tuple[str, ...]
) -> Attempt:
    """As `safelight inpaint` goes about it: from the picture and the mask to a job, and its result into the picture."""
    picture = load_layered(Path(settings.image))
    if settings.extend is not None:
        mask = masks.extension_mask(picture, settings.extend)
        picture = masks.extended(picture, settings.extend)
    else:
        mask = masks.load_mask(Path(settings.mask))
    prepared = inpainting.prepare(placing.premultiplied(picture), mask, None, settings, model)
    if prepared.placement.size != recipe.size:
        doubts = (
            *doubts,
            f"The model is now shown {prepared.placement.size} pixels around the mask, not {recipe.size}.",
        )

    def finished(result: Pixels) -> Pixels:
        placed = inpainting.finish(prepared, result)
        return placing.over_file(picture, placed.pixels, placed.rect)

    return Attempt(inpainting.job_recipe(prepared, recipe, store), finished, doubts)


# ------------------------------------------------------------------------------------------------ after


def _compressed(again: Pixels, original: Original) -> Pixels:
    """What a file of the original's format holds of these pixels."""
    opaque = again[..., :3] if again.shape[2] == 4 else again
    data = encoded(encode_png(np.ascontiguousarray(opaque)), original.recipe, original.capsule, LOSSY[original.format])
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def _reasons(original: Original, now: Capsule, doubts: tuple[str, ...]) -> Iterator[str]:
    then = original.capsule
    yield from doubts
    different = tuple(_differences(then, now, tuple(_libraries(original))))
    yield from different
    if original.lossy:
        yield f"{original.format} files do not keep the pixels that were made; other programs compress them otherwise."
    if not then.device:
        yield "The file does not say what it was made with."
    elif not doubts and not different:
        yield "All that the file says of its making is as it was: the file was probably edited afterwards."


def _differences(then: Capsule, now: Capsule, libraries: tuple[str, ...]) -> Iterator[str]:
    """What is known of both and not the same, the likeliest cause first."""
    for title, before, after in (
        ("device", then.device, now.device),
        ("number format", then.dtype, now.dtype),
        ("processor", then.device_name, now.device_name),
        *((name, then.versions.get(name, ""), now.versions.get(name, "")) for name in libraries),
        ("attention", then.attention, now.attention),
        ("plan", then.rung or "full", now.rung or "full"),
        ("number of threads", str(then.threads or ""), str(now.threads or "")),
        ("program", then.software, now.software),
    ):
        if before and after and before != after:
            yield f"Another {title}: it was made with {before}, and this is {after}."


def _libraries(original: Original) -> Iterator[str]:
    """The libraries that have a part in such a picture."""
    recipe = original.recipe
    if recipe.upscale != 1:
        yield "upscaler"
    yield from ("torch", "diffusers", "transformers")
    if recipe.loras:
        yield "peft"
    if SAMPLERS[recipe.sampling.sampler].stochastic:
        yield "torchsde"
    if recipe.source or recipe.inpaint or original.lossy:
        yield "pillow"
