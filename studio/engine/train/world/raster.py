"""From drawings to pixels, with the styles that live on the raster: pixel art and watercolour."""

import io
import random

import numpy as np
import PIL.Image
import PIL.ImageFilter
import resvg_py

PIXELS = 64  # the side of a picture in the pixel art style
PAPER_GRAIN = 3.0  # standard deviation of the paper's brightness, in 8-bit steps


def rasterise(svg: str, size: int) -> PIL.Image.Image:
    """The drawing as an RGB picture of `size` × `size` pixels; no fonts or files of the system are used."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size, skip_system_fonts=True)
    with PIL.Image.open(io.BytesIO(bytes(png)), formats=["PNG"]) as image:
        return image.convert("RGB")


def stylise(image: PIL.Image.Image, style: str, rng: random.Random) -> PIL.Image.Image:
    """The picture with what its style does to pixels; most styles do nothing here."""
    if style == "pixel art":
        return _pixel_art(image)
    if style == "watercolor":
        return _watercolor(image, np.random.default_rng(rng.getrandbits(64)))
    return image


def _pixel_art(image: PIL.Image.Image) -> PIL.Image.Image:
    small = image.resize((PIXELS, PIXELS), PIL.Image.Resampling.BOX).quantize(24).convert("RGB")
    return small.resize(image.size, PIL.Image.Resampling.NEAREST)


def _watercolor(image: PIL.Image.Image, rng: np.random.Generator) -> PIL.Image.Image:
    """Edges that wander, pigment that pools, and the grain of the paper."""
    size = image.width

    def clouds(cells: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        """Smooth noise of about -1 to 1, with this many cells across the picture."""
        coarse = PIL.Image.fromarray(rng.standard_normal((cells, cells)).astype(np.float32))
        return np.asarray(coarse.resize((size, size), PIL.Image.Resampling.BICUBIC), np.float32)

    rows, columns = np.mgrid[0:size, 0:size]
    reach = size / 150
    y = np.clip(rows + reach * clouds(28), 0, size - 1).astype(np.intp)
    x = np.clip(columns + reach * clouds(28), 0, size - 1).astype(np.intp)
    soft = image.filter(PIL.ImageFilter.ModeFilter(3)).filter(PIL.ImageFilter.GaussianBlur(size / 320))
    wet = np.asarray(soft, np.float32)[y, x]
    pigment = 1 + 0.06 * clouds(9) + 0.03 * clouds(40)
    grain = PAPER_GRAIN * rng.standard_normal((size, size)).astype(np.float32)
    paint = 255 - (255 - wet) * pigment[..., None] + grain[..., None]
    return PIL.Image.fromarray(np.clip(paint, 0, 255).astype(np.uint8))
