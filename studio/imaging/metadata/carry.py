"""What an enlarged or changed picture keeps of the metadata of the one it was made from."""

import dataclasses
import io
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from studio.domain.recipe import Recipe
from studio.domain.upscaling import Upscaling
from studio.domain.user_paths import expanded
from studio.imaging import metadata, png
from studio.imaging.metadata import Capsule, a1111, exif, safelight, xmp
from studio.imaging.pictures import DAMAGE, open_picture

KEYWORD = "Upscaler"
RETOUCH_KEYWORD = "Retouch"
_ORIENTATION = 0x0112  # EXIF's tag; the pixels are upright by now
_OURS = (safelight.PNG_KEYWORD, safelight.JOB_KEYWORD)
_QUALITY = 95  # of JPEG and WebP


@dataclass(frozen=True, slots=True)
class Carried:
    """Either a `recipe` that makes just the enlarged picture, with its capsule, or texts and EXIF as they were."""

    recipe: Recipe | None = None
    capsule: Capsule = field(default_factory=Capsule)
    texts: dict[str, str] = field(default_factory=dict)
    exif: bytes = b""


def carried(task: Upscaling, versions: dict[str, str]) -> Carried:
    """What the picture that `task` enlarges hands on; `versions` are those of the engine that enlarged it.

    A picture of ours that was made in one piece, not enlarged yet and kept without loss is what its recipe gives with
    `upscale` set, so that is what is written.
    Raises StudioError when the file is gone or no picture.
    """
    info = metadata.read(Path(task.path))
    recipe, capsule = info.recipe, info.capsule
    is_whole = recipe is not None and recipe.upscale == 1 and recipe.inpaint is None and recipe.size == info.size
    if recipe is not None and capsule is not None and is_whole and info.format == "PNG":
        upscaler = {name: digest for name, digest in versions.items() if name == "upscaler"}
        capsule = dataclasses.replace(capsule, versions={**capsule.versions, **upscaler})
        return Carried(dataclasses.replace(recipe, upscale=task.factor), capsule)
    return _as_they_were(Path(task.path), {KEYWORD: f"{a1111.UPSCALER}, {task.factor} times"})


def retouched(path: Path) -> Carried:
    """What a picture hands on to one in which a part was filled from the rest: all but a recipe of ours, which does not
    make it any more. Raises StudioError when the file is gone or no picture."""
    found = _as_they_were(path, {RETOUCH_KEYWORD: "Safelight: a part was filled from the rest of the picture"})
    return dataclasses.replace(found, texts=_without_recipe(found.texts))


def painted_over(found: Carried) -> Carried:
    """What a picture hands on to one that was made of it by hand: all but a recipe of ours, which does not make it any
    more; and what a model made is from now on composed with it."""
    if not found.texts:
        return Carried(exif=found.exif)
    texts = {**_without_recipe(found.texts), RETOUCH_KEYWORD: "Safelight: edited by hand"}
    if xmp.PNG_KEYWORD in texts:
        texts[xmp.PNG_KEYWORD] = xmp.composed(texts[xmp.PNG_KEYWORD])
    return Carried(texts=texts, exif=found.exif)


def _without_recipe(texts: dict[str, str]) -> dict[str, str]:
    kept = {keyword: text for keyword, text in texts.items() if keyword not in _OURS}
    return {keyword: xmp.without_ours(text) if keyword == xmp.PNG_KEYWORD else text for keyword, text in kept.items()}


def _as_they_were(path: Path, added: dict[str, str]) -> Carried:
    with open_picture(path) as image, expanded(path).open("rb") as file:
        texts = png.read(file).fields
        return Carried(texts={**_without_job(texts), **added}, exif=_upright_exif(image))


def _without_job(texts: dict[str, str]) -> dict[str, str]:
    """The job that made the file is none of what the next one is to say of itself."""
    return {keyword: text for keyword, text in texts.items() if keyword != safelight.JOB_KEYWORD}


def of_job(found: Carried, job: str) -> Carried:
    """The same for a file of this job, "ID#INDEX"; nothing is noted of a job that is ""."""
    if found.recipe is not None:
        return dataclasses.replace(found, capsule=dataclasses.replace(found.capsule, job=job))
    return dataclasses.replace(found, texts={**found.texts, safelight.JOB_KEYWORD: job}) if job else found


def with_carried(data: bytes, found: Carried, suffix: str) -> bytes:
    """The file for an enlarged picture given as PNG, in the format of `suffix`: .png, .jpg, .jpeg or .webp.

    JPEG knows no transparency and shows white there. Texts that JPEG and WebP have no place for are left out.
    """
    if suffix == ".png":
        chunks = [png.international(keyword, text) for keyword, text in found.texts.items()]
        return png.with_chunks(data, [*chunks, *([png.exif(found.exif)] if found.exif else [])])
    block, job = exif_block(found), found.texts.get(safelight.JOB_KEYWORD, "")
    packet = {"xmp": xmp.packet(None, job=job).encode()} if job else {}
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        if suffix == ".webp":
            image.save(buffer, "WEBP", quality=_QUALITY, exif=block, **packet)
        else:
            block = block if len(block) <= exif.MAX_BLOCK else b""
            _flat(image).save(buffer, "JPEG", quality=_QUALITY, exif=block, **packet)
    return buffer.getvalue()


def exif_block(found: Carried) -> bytes:
    """The EXIF data for formats without chunks of text: A1111's text, or what the picture had."""
    text = found.texts.get(a1111.KEYWORD, "")
    return exif.write(text, found.texts.get("Software", "")) if text else found.exif


def _upright_exif(image: Image.Image) -> bytes:
    try:
        block = image.getexif()
        block.pop(_ORIENTATION, None)
        return block.tobytes() if len(block) else b""
    except DAMAGE:
        return b""


def _flat(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
