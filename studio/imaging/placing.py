"""Where a part of a picture is made: what of it the model sees and at which size, and how the result is put back.

Pictures are (height, width, 4) uint8, sRGB with premultiplied alpha, unless a function says otherwise; masks are
(height, width) uint8. Pixels outside the mask are never computed but kept, so that they stay as they are bit by bit.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging.infill import membrane
from studio.imaging.pixels import Pixels

LARGEST = 2.0  # times the pixels a model was trained for: up to there it works at the canvas's own resolution
_SLENDEREST = 2.0  # longer side over the shorter one, where the canvas lets us choose
_PADDING = 32  # pixels of context at least, where none is asked for
_RING = 24  # pixels around the mask whose colours are matched
_MOST_SHIFT = 32.0  # by how much of 255 a match may change a colour


@dataclass(frozen=True, slots=True)
class Placement:
    """The part of the canvas that the model sees, and the pixels it works with; where they differ, it is scaled."""

    context: Rect
    size: Size

    @property
    def scale(self) -> float:
        """Pixels of the model for one of the canvas, along a side."""
        return math.sqrt(self.size.pixels / self.context.size.pixels)


def place(
    canvas: Size, marked: Rect, native: Size, multiple: int, *, padding: int | None = None, frame: Rect | None = None
) -> Placement:
    """What the model sees when the pixels in `marked` are to be made, and maybe those in `frame` too.

    It sees `padding` pixels around them; left to itself as much as the model was trained to see (`native`). Sizes are
    multiples of `multiple`. From `native` up to LARGEST times its pixels the canvas's own resolution is kept; less is
    enlarged, more is made smaller. All of the context lies on the canvas. Raises ValueError when nothing of `marked`
    does.
    """
    whole = Rect.of(canvas)
    wanted = marked.intersected(whole)
    if wanted.empty:
        raise ValueError("nothing is marked on the canvas")
    wanted = wanted.grown(_PADDING if padding is None else padding)
    wanted = (wanted if frame is None else wanted.united(frame)).intersected(whole)
    if padding is None:
        wanted = _at_least(wanted, native, whole)
    shorter = Size(math.ceil(wanted.height / _SLENDEREST), math.ceil(wanted.width / _SLENDEREST))
    wanted = _at_least(wanted, shorter, whole)
    if native.pixels <= wanted.size.pixels <= LARGEST * native.pixels:
        up = Size(-(-wanted.width // multiple) * multiple, -(-wanted.height // multiple) * multiple)
        context = _at_least(wanted, up, whole)
        return Placement(context, context.size.rounded_to(multiple))
    scale = math.sqrt(native.pixels / wanted.size.pixels)
    size = Size(round(wanted.width * scale), round(wanted.height * scale)).rounded_to(multiple)
    same_shape = Size(
        math.ceil(wanted.height * size.width / size.height), math.ceil(wanted.width * size.height / size.width)
    )
    return Placement(_at_least(wanted, same_shape, whole), size)


def _at_least(rect: Rect, size: Size, whole: Rect) -> Rect:
    """`rect` grown evenly to at least `size`, moved and cut to lie in `whole`."""
    width = min(max(rect.width, size.width), whole.width)
    height = min(max(rect.height, size.height), whole.height)
    x = rect.x - (width - rect.width) // 2
    y = rect.y - (height - rect.height) // 2
    return Rect(min(max(x, 0), whole.width - width), min(max(y, 0), whole.height - height), width, height)


def on_white(pixels: Pixels) -> Pixels:
    """RGB, (height, width, 3), of what is seen when the picture lies on white paper."""
    return pixels[..., :3] + (255 - pixels[..., 3:])


def premultiplied(pixels: Pixels) -> Pixels:
    """A picture as files hold it, RGB or RGB with straight alpha, as the canvas holds it."""
    if pixels.shape[2] == 3:
        return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return np.dstack([_times(pixels[..., :3], pixels[..., 3:]), pixels[..., 3]])


def _times(values: Pixels, alpha: Pixels) -> Pixels:
    return np.asarray((values.astype(np.uint16) * alpha + 127) // 255, np.uint8)


def resized(pixels: Pixels, size: Size) -> Pixels:
    """RGB at another size, by Lanczos."""
    if (pixels.shape[1], pixels.shape[0]) == (size.width, size.height):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((size.width, size.height), Image.Resampling.LANCZOS))


def matched(made: Pixels, source: Pixels, mask: Pixels) -> Pixels:
    """What a model made, its colours shifted so that they meet those of the source around the mask; RGB both.

    An autoencoder gives no colour back exactly, which shows as a seam. What it missed outside is carried on smoothly
    into the mask and added there, as in seamless cloning (Pérez, Gangnet & Blake 2003, "Poisson image editing").
    """
    hole = (mask > 0).astype(np.uint8)
    near = cv2.dilate(hole, np.ones((2 * _RING + 1, 2 * _RING + 1), np.uint8)) > hole
    if not near.any():
        return made
    missed = np.clip(source.astype(np.float32) - made, -_MOST_SHIFT, _MOST_SHIFT)
    known = near.astype(np.float32)
    # The mean around each pixel: details differ by more than their colour, and are not to be carried on.
    weight = cv2.GaussianBlur(known, (0, 0), _RING / 4)
    mean = cv2.GaussianBlur(missed * known[..., None], (0, 0), _RING / 4) / np.maximum(weight, 1e-3)[..., None]
    shift = membrane(np.where(near[..., None], mean, 0).astype(np.float32), known)
    return np.asarray(np.rint(made + shift).clip(0, 255), np.uint8)


def patch(made: Pixels, mask: Pixels) -> Pixels:
    """RGB seen through a mask: a picture for the canvas."""
    return np.dstack([_times(made, mask[..., None]), mask])


def over(below: Pixels, above: Pixels) -> Pixels:
    """`above` on `below`. Where `above` is empty, and nowhere else for certain, the pixels are those of `below`."""
    rest = 255 - above[..., 3:].astype(np.uint16)
    return np.asarray(above + (below * rest + 127) // 255, np.uint8)


def over_file(picture: Pixels, above: Pixels, rect: Rect) -> Pixels:
    """`above`, a picture for the canvas, laid at `rect` on one as files hold it: RGB, or RGB with straight alpha."""
    out = picture.copy()
    part = out[rect.y : rect.bottom, rect.x : rect.right]
    touched = above[..., 3] > 0
    mixed = over(premultiplied(part), above)[touched]
    if picture.shape[2] == 3:
        part[touched] = mixed[:, :3]
    else:
        alpha = mixed[:, 3:].astype(np.uint16)
        part[touched] = np.hstack([(mixed[:, :3] * np.uint16(255) + alpha // 2) // alpha, alpha]).clip(0, 255)
    return out


@dataclass(frozen=True, slots=True)
class Exactness:
    """What putting a result back changed: pixels `outside` the mask and how many of them changed, and so `inside`."""

    outside: int
    changed_outside: int
    inside: int
    changed_inside: int

    @property
    def exact(self) -> bool:
        """Whether every pixel outside the mask is as it was."""
        return self.changed_outside == 0

    def require(self) -> None:
        """Raise StudioError (INTERNAL) when a pixel outside the mask changed."""
        if not self.exact:
            raise StudioError(
                ErrorKind.INTERNAL,
                f"{self.changed_outside:,} pixels outside the mask changed.",
                "The result was not put back. This is a defect of the program; please report it.",
            )


def verify(before: Pixels, after: Pixels, mask: Pixels) -> Exactness:
    """Compare two pictures of equal shape and any channels, byte by byte, outside and inside of a mask."""
    changed = (before != after).any(axis=2)
    inside = mask > 0
    return Exactness(
        int((~inside).sum()), int((changed & ~inside).sum()), int(inside.sum()), int((changed & inside).sum())
    )
