"""Where two pictures of the same place differ, and how strongly."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.imaging.tiles import Pixels

_VEIL = 150  # alpha over what does not differ, so that the picture can be made out below
_ANCHORS = (  # strength on the scale of the map, red, green, blue: ever lighter, as maps of heat are
    (0, 0, 0, 0),
    (64, 96, 16, 96),
    (128, 214, 60, 60),
    (192, 250, 165, 40),
    (255, 255, 255, 224),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """`strengths` (h, w) has the largest difference of each pixel's channels, 0 to 255; `share` is the part of the
    pixels that differ at all, 0 to 1, and `most` the largest difference."""

    strengths: Pixels
    share: float
    most: int


def difference(before: Pixels, after: Pixels) -> Difference:
    """How two pictures (h, w, 4) of the same size differ, premultiplied both, which is as they are seen."""
    apart = cv2.absdiff(before, after)
    strengths: Pixels = apart.max(2)
    share = cv2.countNonZero(strengths) / max(1, strengths.size)
    return Difference(strengths, share, int(strengths.max(initial=0)))


def heat(strengths: Pixels) -> Pixels:
    """A map (h, w, 4), premultiplied, to be laid over the picture: a dark veil where nothing differs, lighter and
    warmer the more it does. The scale is that of the square root: a twelfth of the range stands for 2 of 255 already,
    so that no difference goes unseen.
    """
    found: Pixels = _MAP[strengths]
    return found


def _map() -> Pixels:
    places = np.sqrt(np.arange(256) / 255) * 255
    anchors = np.array(_ANCHORS, np.float64)
    colours = [np.interp(places, anchors[:, 0], anchors[:, channel]) for channel in (1, 2, 3)]
    alpha = np.where(np.arange(256) == 0, _VEIL, np.interp(places, (0, 64), (200, 255)))
    straight: NDArray[np.float64] = np.stack([*colours, alpha], 1)
    straight[:, :3] *= straight[:, 3:] / 255
    found: Pixels = np.rint(straight).astype(np.uint8)
    return found


_MAP = _map()
