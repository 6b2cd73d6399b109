"""Captions that name the colours and the brightness of a picture; an example of a plugin."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

title = "Colours and brightness"

SIDE = 48  # pixels are counted on a copy of this size
SHARE = 0.12  # of a picture that a colour must cover to be named
MOST = 3  # colours in a caption
# Hues from 0 to 255 as Pillow counts them: each name reaches up to its number.
HUES = ((10, "red"), (27, "orange"), (46, "yellow"), (113, "green"), (134, "turquoise"), (178, "blue"),
        (205, "purple"), (240, "pink"), (255, "red"))  # fmt: skip


def caption(path: Path) -> str:
    """Such as "a dark picture, mostly blue, with orange". Raises OSError for what is no picture."""
    with Image.open(path) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGBA")
    white = Image.new("RGBA", upright.size, "white")
    small = Image.alpha_composite(white, upright).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    found = _colours(np.asarray(small.convert("HSV")).reshape(-1, 3))
    words = [f"a {_brightness(np.asarray(small.convert('L')))} picture"]
    words += [f"mostly {found[0]}"] if found else []
    words += [f"with {' and '.join(found[1:])}"] if found[1:] else []
    return ", ".join(words)


def _colours(pixels: NDArray[np.uint8]) -> list[str]:
    """The names of the colours that cover most of the pixels (N, 3) in HSV, the commonest first."""
    names, counts = np.unique([_name(*pixel) for pixel in pixels.tolist()], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [str(names[i]) for i in order if counts[i] >= SHARE * len(pixels)][:MOST]


def _name(hue: int, saturation: int, value: int) -> str:
    if value < 45:
        return "black"
    if saturation < 40:
        return "white" if value > 215 else "grey"
    name = next(name for end, name in HUES if hue <= end)
    return "brown" if name in ("red", "orange", "yellow") and value < 150 and saturation < 200 else name


def _brightness(light: NDArray[np.uint8]) -> str:
    mean = float(light.mean())
    return "dark" if mean < 70 else "bright" if mean > 185 else "softly lit"
