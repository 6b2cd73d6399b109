"""Masks as grey values, (height, width) uint8: 255 is to be made, 0 stays, what lies between is made in part."""

from pathlib import Path

import cv2
import numpy as np

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.domain.inpainting import Sides
from studio.imaging.pictures import load_layered
from studio.imaging.pixels import Pixels

_INSIDE = 128  # what counts as marked where only yes or no will do


def load_mask(path: Path) -> Pixels:
    """The mask in a picture file: its brightness, times its opacity where it has any.

    Raises StudioError as `load_picture` does.
    """
    pixels = load_layered(path)
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_RGB2GRAY), np.uint8)
    if pixels.shape[2] == 3:
        return grey
    return np.asarray((grey.astype(np.uint16) * pixels[..., 3] + 127) // 255, np.uint8)


def require_mask(values: Pixels, size: Size) -> None:
    """Raise StudioError (INPUT) when a mask has another size than its picture, or marks nothing."""
    height, width = values.shape
    if (width, height) != (size.width, size.height):
        raise StudioError(
            ErrorKind.INPUT,
            f"The mask has {width}x{height} pixels, and the picture {size}.",
            "Make them equal: every pixel of the mask stands for the one of the picture at its place.",
            "inpaint.mask",
        )
    if not values.any():
        raise StudioError(
            ErrorKind.INPUT,
            "The mask is empty: it is black or transparent everywhere.",
            "Paint white where the picture is to be made anew.",
            "inpaint.mask",
        )


def extended(pixels: Pixels, sides: Sides) -> Pixels:
    """A picture with any channels made larger; what is added is all zeros."""
    return np.pad(pixels, ((sides.top, sides.bottom), (sides.left, sides.right), (0, 0)))


def extension_mask(pixels: Pixels, sides: Sides) -> Pixels:
    """The mask of what `extended` adds to a picture."""
    height, width = pixels.shape[:2]
    around = ((sides.top, sides.bottom), (sides.left, sides.right))
    return np.pad(np.zeros((height, width), np.uint8), around, constant_values=255)


def bounds(values: Pixels) -> Rect:
    """The smallest rectangle with all that is marked, however faintly; empty where nothing is."""
    rows, columns = np.flatnonzero(values.any(axis=1)), np.flatnonzero(values.any(axis=0))
    if not len(rows):
        return Rect(0, 0, 0, 0)
    x, y = int(columns[0]), int(rows[0])
    return Rect(x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1)


def widened(values: Pixels, grow: int, feather: int) -> Pixels:
    """The mask widened by `grow` pixels and faded out over `feather` more.

    Nothing of it is lost, and nothing that is further than both from its marked part (128 and above) is touched.
    """
    margin = grow + feather
    part = bounds(values).grown(margin + 1).intersected(Rect(0, 0, values.shape[1], values.shape[0]))
    if margin == 0 or part.empty:
        return values
    place = np.s_[part.y : part.bottom, part.x : part.right]
    inner = values[place]
    if not (inner >= _INSIDE).any():
        return values
    away = cv2.distanceTransform((inner < _INSIDE).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    share = np.clip(1 - (away - grow) / (feather + 1), 0, 1) * (away <= margin)
    faded = np.rint(255 * share * share * (3 - 2 * share)).astype(np.uint8)
    out = values.copy()
    out[place] = np.maximum(inner, faded)
    return out


def at_size(values: Pixels, size: Size) -> Pixels:
    """The mask at another size. Made smaller, a mark keeps its full value where it touches, so that none is lost."""
    height, width = values.shape
    if (width, height) == (size.width, size.height):
        return values
    kernel = np.ones((max(1, -(-height // size.height)), max(1, -(-width // size.width))), np.uint8)
    return np.asarray(
        cv2.resize(cv2.dilate(values, kernel), (size.width, size.height), interpolation=cv2.INTER_LINEAR), np.uint8
    )
