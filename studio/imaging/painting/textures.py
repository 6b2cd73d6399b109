"""The grains of textured tips and of the paper, made by procedure from fixed seeds: the same on every machine."""

import zlib
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.domain.document.brushes import Texture
from studio.domain.document.tiles import TILE

Values = NDArray[np.float32]
TIP = 256  # pixels on each side of a grain at full size


@cache
def texture(name: Texture, side: int = TIP) -> Values:
    """The grain as (side, side) values of 0 to 1, nothing at its rim; `side` is TIP divided by a power of two."""
    if side < TIP:
        larger = texture(name, side * 2)
        return _fixed(cv2.resize(larger, (side, side), interpolation=cv2.INTER_AREA))
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    at = (np.arange(TIP, dtype=np.float32) + 0.5) / (TIP / 2) - 1
    x, y = at[None, :], at[:, None]
    radius = np.hypot(x, y)
    match name:
        case Texture.CHALK:
            field = 0.6 * noise(rng, TIP, 3) + 0.4 * noise(rng, TIP, 14) + 0.15 * noise(rng, TIP, 60)
            values = _step(field - 0.35 * radius**3, -0.05, 0.25)
        case Texture.CHARCOAL:
            field = noise(rng, TIP, 2) + 0.5 * noise(rng, TIP, 8)
            values = _step(field, 0.1, 0.9) * (1 - 0.5 * np.abs(y)) + 0.25
        case Texture.BRISTLE:
            hairs = noise(rng, TIP, 2)[:1, :].T + 0.6 * noise(rng, TIP, 6)[:1, :].T
            values = _step(hairs + 0.25 * noise(rng, TIP, 10), -0.1, 0.7) * np.ones_like(radius)
        case Texture.SPONGE:
            field = noise(rng, TIP, 7) - 0.5 * noise(rng, TIP, 16)
            values = _step(np.abs(field), 0.25, 0.6)
        case Texture.SPATTER:
            values = _spatter(rng)
    rim = _step(0.92 + 0.12 * noise(rng, TIP, 12) - radius, 0.0, 0.12)
    rim *= _step(0.985 - radius, 0.0, 0.02)
    return _fixed(np.clip(values, 0, 1) * rim)


@cache
def paper() -> Values:
    """The structure of the paper, (256, 256) values of 0 (heights, that take colour) to 1 (depths), which repeats."""
    rng = np.random.default_rng(zlib.crc32(b"paper"))
    field = noise(rng, TILE, 1) + 0.6 * noise(rng, TILE, 2) + 0.3 * noise(rng, TILE, 5)
    return _fixed(_step(field, -1.0, 1.4))


def noise(rng: np.random.Generator, side: int, wave: float) -> Values:
    """A field of mean 0 and deviation 1 that repeats at its borders, with lumps of about `wave` pixels.

    White noise under a Gaussian of the spectrum, rounded so that no library's last bit reaches a picture.
    """
    frequency = np.fft.fftfreq(side)
    squared = frequency[:, None] ** 2 + frequency[None, :] ** 2
    spectrum = np.fft.fft2(rng.standard_normal((side, side))) * np.exp(-2 * (np.pi * wave / 2) ** 2 * squared)
    spectrum[0, 0] = 0
    field = np.fft.ifft2(spectrum).real
    return np.asarray(np.round(field / field.std(), 4), np.float32)


def _spatter(rng: np.random.Generator) -> Values:
    """Drops: many small ones, few large ones, denser in the middle."""
    values = np.zeros((TIP, TIP), np.uint8)
    for _ in range(140):
        away, turn = 0.85 * rng.random() ** 0.7, 2 * np.pi * rng.random()
        x, y = (0.5 + 0.5 * away * np.cos(turn)) * TIP, (0.5 + 0.5 * away * np.sin(turn)) * TIP
        radius = 1.0 + 11.0 * rng.random() ** 4
        cv2.circle(values, (round(x * 16), round(y * 16)), round(radius * 16), 255, -1, cv2.LINE_AA, 4)
    return np.asarray(values / 255, np.float32)


def _step(values: Values, low: float, high: float) -> Values:
    """0 below `low`, 1 above `high`, and smooth between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _fixed(values: object) -> Values:
    """Values in steps of 1/255, which nobody may change."""
    fixed = np.asarray(np.round(np.asarray(values) * 255) / 255, np.float32)
    fixed.flags.writeable = False
    return fixed
