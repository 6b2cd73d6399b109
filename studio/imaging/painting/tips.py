"""What one dab of a brush covers: float32 arrays of 0 to 1, placed with parts of a pixel and kept for the next dab."""

import math
import threading
from collections import OrderedDict
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.domain.document.brushes import Texture
from studio.imaging.painting.textures import TIP, texture

Values = NDArray[np.float32]
KEPT = 64 * 2**20  # bytes of tips kept


class Tip(NamedTuple):
    """The shape of a dab: diameter in pixels, turn in degrees clockwise; `texture` is None for a round one."""

    size: float
    hardness: float
    roundness: float
    angle: float
    mirrored: bool
    texture: Texture | None


class Dab(NamedTuple):
    """The covered pixels: the left and the top edge in the document, and their values (h, w)."""

    x: int
    y: int
    values: Values


class Cache:
    """The latest used tips, within a bound of bytes. Safe in several threads."""

    def __init__(self, budget: int = KEPT) -> None:
        self._budget, self._bytes = budget, 0
        self._held: OrderedDict[tuple[Tip, int, int, int], Values] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Tip, int, int, int]) -> Values | None:
        """What was kept."""
        with self._lock:
            if (values := self._held.get(key)) is not None:
                self._held.move_to_end(key)
            return values

    def keep(self, key: tuple[Tip, int, int, int], values: Values) -> None:
        """Keep a tip."""
        with self._lock:
            if key in self._held:
                return
            self._held[key] = values
            self._bytes += values.nbytes
            while self._bytes > self._budget and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1].nbytes


_CACHE = Cache()


def dab(tip: Tip, x: float, y: float) -> Dab:
    """The tip with its centre at (x, y) in document pixels.

    Centre, size and angle are rounded so that dabs can be kept: an error of 1/16 pixel at most up to 64 pixels, of 1/8
    beyond. Tips below one pixel are those of one pixel, weaker by their size: a line of half a pixel covers half.
    """
    steps = 8 if tip.size <= 64 else 4
    size = max(1.0, round(tip.size * steps) / steps)
    angle = 0.0 if tip.texture is None and tip.roundness == 1 else round(tip.angle) % 360
    exact = Tip(size, round(tip.hardness, 2), round(tip.roundness, 2), float(angle), tip.mirrored, tip.texture)
    left, top = math.floor(x), math.floor(y)
    part_x, part_y = round((x - left) * steps), round((y - top) * steps)
    key = (exact, part_x, part_y, steps)
    values = _CACHE.get(key)
    if values is None:
        values = (_round if tip.texture is None else _textured)(exact, part_x / steps, part_y / steps)
        values.flags.writeable = False
        _CACHE.keep(key, values)
    if tip.size < 1:
        values = values * np.float32(tip.size)
    reach = (values.shape[0] - 1) // 2
    return Dab(left - reach, top - reach, values)


def _round(tip: Tip, part_x: float, part_y: float) -> Values:
    """An ellipse: 1 up to the hard share of its radius, a smooth fall to 0, at least one pixel wide.

    f is the distance from the centre in radii. Divided by its gradient a difference of f is one of pixels (to the first
    order), which makes the edge one pixel wide, as it is where a half-plane meets square pixels.
    """
    radius = tip.size / 2
    u, v = _axes(tip, part_x, part_y)
    long, short = radius, max(0.5, radius * tip.roundness)
    u /= long
    v /= short
    f = np.sqrt(u * u + v * v)
    if long == short:
        pixel = np.full((1, 1), 1 / radius, np.float32)
    else:
        gradient = np.sqrt((u / long) ** 2 + (v / short) ** 2) / np.maximum(f, np.float32(1e-6))
        pixel = np.asarray(np.clip(gradient, 1 / long, 1 / short), np.float32)
    soft = 1 - tip.hardness
    width = np.maximum(np.float32(soft), pixel)
    t = np.clip((f - np.float32(1 - soft / 2)) / width + np.float32(0.5), 0, 1)
    straight = 1 - t
    smooth = straight * straight * (3 - 2 * straight)
    softness = np.clip(width / pixel - 1, 0, 1)
    result: Values = (straight + softness * (smooth - straight)).astype(np.float32)
    return result


def _axes(tip: Tip, part_x: float, part_y: float) -> tuple[Values, Values]:
    """Each pixel centre's place along the tip's long and short axis, in pixels from the tip's centre."""
    reach = math.ceil(tip.size / 2) + 1
    at = np.arange(-reach, reach + 1, dtype=np.float32) + np.float32(0.5)
    x, y = (at - np.float32(part_x))[None, :], (at - np.float32(part_y))[:, None]
    cos, sin = math.cos(math.radians(tip.angle)), math.sin(math.radians(tip.angle))
    u, v = x * np.float32(cos) + y * np.float32(sin), y * np.float32(cos) - x * np.float32(sin)
    return u, (-v if tip.mirrored else v)


def _textured(tip: Tip, part_x: float, part_y: float) -> Values:
    """The grain turned, flattened and placed; taken from the reduced picture that is nearest above the size."""
    assert tip.texture is not None
    side = TIP
    while side > 2 * tip.size and side > 8:
        side //= 2
    grain = texture(tip.texture, side)
    u, v = _axes(tip, part_x, part_y)
    scale = side / tip.size
    map_x = u * np.float32(scale) + np.float32(side / 2 - 0.5)
    map_y = v * np.float32(scale / tip.roundness) + np.float32(side / 2 - 0.5)
    found = cv2.remap(grain, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(found, np.float32)
