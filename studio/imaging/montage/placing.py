"""Where a picture comes to lie in a frame, and its pixels there.

A picture is first fitted into the frame: as large as it can be seen whole, in the middle, on whole pixels. Then it is
moved by shares of the frame's width and height, and scaled and turned about its own centre.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np

from studio.domain.document.layers import Matrix
from studio.domain.errors import StudioError
from studio.domain.geometry import Rect, Size
from studio.imaging import matrices
from studio.imaging.blend import faded
from studio.imaging.painting.shapes import bounds, covered
from studio.imaging.tiles import Pixels

_NEAR = 1 / 64  # of a pixel: an edge so close to a whole one lies on it
_FINEST = 1e-3  # pixels: a picture that is drawn smaller than this is not seen


class Transform(NamedTuple):
    """`x` and `y` in shares of the frame, `rotation` in degrees, clockwise; the defaults leave a picture as it fits."""

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    rotation: float = 0.0


def fitted(picture: Size, frame: Size) -> Rect:
    """The largest rectangle of the picture's shape inside the frame, in its middle."""
    share = min(frame.width / picture.width, frame.height / picture.height)
    width, height = max(1, round(picture.width * share)), max(1, round(picture.height * share))
    return Rect((frame.width - width) // 2, (frame.height - height) // 2, width, height)


def placement(picture: Size, frame: Size, how: Transform) -> Matrix | None:
    """What takes the corners of the picture's pixels to places in the frame; None for one too small to be seen."""
    at = fitted(picture, frame)
    if not min(at.width, at.height) * how.scale > _FINEST:
        return None
    centre = (at.x + at.width / 2, at.y + at.height / 2)
    return matrices.composed(
        matrices.translation(how.x * frame.width, how.y * frame.height),
        matrices.rotation(how.rotation, centre),
        matrices.scaling(how.scale, how.scale, centre),
        matrices.translation(at.x, at.y),
        matrices.scaling(at.width / picture.width, at.height / picture.height),
    )


def fills(matrix: Matrix, picture: Size, frame: Size) -> bool:
    """Whether a picture under a matrix leaves no part of the frame free."""
    try:
        back = matrices.inverse(matrix)
    except StudioError:
        return False
    for x, y in ((0, 0), (frame.width, 0), (0, frame.height), (frame.width, frame.height)):
        u, v = back[0] * x + back[1] * y + back[2], back[3] * x + back[4] * y + back[5]
        if not (-_NEAR <= u <= picture.width + _NEAR and -_NEAR <= v <= picture.height + _NEAR):
            return False
    return True


def placed(pixels: Pixels, matrix: Matrix, frame: Size) -> tuple[Pixels, Rect]:
    """The pixels (h, w, 4), premultiplied, that a picture under a matrix shows inside the frame, and where.

    Averaged where the picture is reduced, bicubic where it is enlarged or turned; what is on whole pixels and of its
    own size stays as it is, and may be a view. The border is where the outline covers pixels in part, exactly.
    """
    picture = Size(pixels.shape[1], pixels.shape[0])
    whole = _whole(matrix, picture)
    if whole is not None and (whole.size == picture or Rect.of(frame).contains(whole)):
        part = whole.intersected(Rect.of(frame))
        found = pixels if whole.size == picture else _resized(pixels, whole.size)
        return found[part.y - whole.y : part.bottom - whole.y, part.x - whole.x : part.right - whole.x], part
    outline = _outline(matrix, picture)
    part = bounds(np.round(np.array(outline), 6)).intersected(Rect.of(frame))
    if part.empty:
        return np.zeros((0, 0, 4), np.uint8), part
    return _warped(pixels, matrix, part, outline), part


def _whole(matrix: Matrix, picture: Size) -> Rect | None:
    """The rectangle of whole pixels that an upright picture comes to lie on, if it does."""
    if matrix[1] or matrix[3]:
        return None
    edges = (matrix[2], matrix[5], matrix[2] + matrix[0] * picture.width, matrix[5] + matrix[4] * picture.height)
    if any(abs(edge - round(edge)) > _NEAR for edge in edges):
        return None
    left, top, right, bottom = map(round, edges)
    return Rect(left, top, right - left, bottom - top) if right > left and bottom > top else None


def _outline(matrix: Matrix, picture: Size) -> list[tuple[float, float]]:
    places = ((0, 0), (picture.width, 0), (picture.width, picture.height), (0, picture.height))
    return [(matrix[0] * x + matrix[1] * y + matrix[2], matrix[3] * x + matrix[4] * y + matrix[5]) for x, y in places]


def _resized(pixels: Pixels, size: Size) -> Pixels:
    smaller = size.width <= pixels.shape[1] and size.height <= pixels.shape[0]
    found = cv2.resize(pixels, (size.width, size.height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return _within_alpha(np.asarray(found, np.uint8), certain=smaller)


def _warped(pixels: Pixels, matrix: Matrix, part: Rect, outline: list[tuple[float, float]]) -> Pixels:
    reduced, matrix = _reduced(pixels, matrix)
    # OpenCV counts from the middles of pixels.
    middle = matrices.composed(
        matrices.translation(-part.x - 0.5, -part.y - 0.5), matrix, matrices.translation(0.5, 0.5)
    )
    found = np.asarray(
        cv2.warpAffine(
            reduced,
            np.array(middle[:6], np.float64).reshape(2, 3),
            (part.width, part.height),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )
    cover = covered(outline, part)
    return faded(_within_alpha(found, certain=False), 1.0, cover)


def _reduced(pixels: Pixels, matrix: Matrix) -> tuple[Pixels, Matrix]:
    """The picture averaged down to about the size at which it is seen, and the matrix for that."""
    height, width = pixels.shape[:2]
    across, down = math.hypot(matrix[0], matrix[3]), math.hypot(matrix[1], matrix[4])
    size = (max(1, round(width * min(1.0, across))), max(1, round(height * min(1.0, down))))
    if size == (width, height):
        return pixels, matrix
    found = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return found, matrices.composed(matrix, matrices.scaling(width / size[0], height / size[1]))


def _within_alpha(pixels: Pixels, *, certain: bool) -> Pixels:
    """A cubic overshoots; a premultiplied colour must not exceed its alpha."""
    if certain or opaque(pixels):
        return pixels
    alpha = cv2.extractChannel(pixels, 3)
    return np.asarray(cv2.min(pixels, cv2.merge([alpha] * 4)), np.uint8)


def opaque(pixels: Pixels) -> bool:
    """Whether every pixel of (h, w, 4) has alpha 255."""
    if not pixels.flags.c_contiguous:
        return bool((pixels[..., 3] == 255).all())
    return bool(np.bitwise_and.reduce(pixels.reshape(-1).view(np.uint32)) & _ALPHA == _ALPHA)


_ALPHA = np.frombuffer(bytes((0, 0, 0, 255)), np.uint32)[0]
