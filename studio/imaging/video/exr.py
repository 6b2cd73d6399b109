"""OpenEXR: linear light as half floats, in and out of sRGB. Colour in a file is multiplied by alpha."""

import functools
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from studio.imaging.pixels import Pixels
from studio.imaging.video.problems import require_size

SUFFIX = ".exr"
_RATE = "framesPerSecond"


def read_exr(path: Path) -> Pixels:
    """The RGB or RGBA (straight) of the first part, or its first channel as grey; sRGB, clipped to white.

    Its data window is placed in its display window. Raises RuntimeError (OpenEXR's) and ValueError on damage, and
    StudioError (INPUT) for absurd sizes.
    """
    size, at = _windows(path)
    with OpenEXR.File(str(path)) as file:
        values = _values({name: channel.pixels for name, channel in file.channels().items()})
    whole = np.zeros((size[1], size[0], values.shape[2]), np.float32)
    _place(whole, values, at)
    if whole.shape[2] == 3:
        return _to_srgb(whole)
    alpha = np.clip(whole[..., 3:], 0, 1)
    straight = np.divide(whole[..., :3], alpha, out=np.zeros_like(whole[..., :3]), where=alpha > 0)
    return np.concatenate([_to_srgb(straight), np.rint(alpha * 255).astype(np.uint8)], axis=2)


def write_exr(path: Path, pixels: Pixels, rate: Fraction, comments: str = "") -> None:
    """Write sRGB pixels, height × width × 3 or 4 with straight alpha, as linear half floats (ZIP).

    Raises OSError or RuntimeError (OpenEXR's) when it cannot be written.
    """
    linear = _linear_of_srgb()[pixels[..., :3]]
    header: dict[str, Any] = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        _RATE: rate,
    }
    if comments:
        header["comments"] = comments
    if pixels.shape[2] == 3:
        channels = {"RGB": linear}
    else:
        alpha = pixels[..., 3:].astype(np.float32) / 255
        channels = {"RGBA": np.concatenate([linear * alpha, alpha], axis=2).astype(np.float16)}
    with OpenEXR.File(header, channels) as file:
        file.write(str(path))


def rate_of_exr(path: Path) -> Fraction | None:
    """The frames per second that a file names (of a sequence each does), None for none. Raises as `read_exr` does."""
    with OpenEXR.File(str(path), header_only=True) as file:
        rate = file.header().get(_RATE)
    return rate if isinstance(rate, Fraction) else None


def comments_of_exr(path: Path) -> str:
    """The comments in a file's header, "" for none. Raises as `read_exr` does."""
    with OpenEXR.File(str(path), header_only=True) as file:
        return str(file.header().get("comments", ""))


def _windows(path: Path) -> tuple[tuple[int, int], tuple[int, int]]:
    """Size of the display window, and where the data window begins in it."""
    with OpenEXR.File(str(path), header_only=True) as file:
        header = dict(file.header())  # the file's own is empty once it is closed
    (left, top), (right, bottom) = header["displayWindow"]
    (x, y), (x_end, y_end) = header["dataWindow"]
    require_size(path, int(right) - int(left) + 1, int(bottom) - int(top) + 1)
    require_size(path, int(x_end) - int(x) + 1, int(y_end) - int(y) + 1)
    return (int(right) - int(left) + 1, int(bottom) - int(top) + 1), (int(x) - int(left), int(y) - int(top))


def _values(channels: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
    for name in ("RGBA", "RGB"):
        if name in channels:
            return channels[name].astype(np.float32)
    grey = next(iter(channels.values())).astype(np.float32)
    return np.repeat(grey[..., None], 3, axis=2) if grey.ndim == 2 else grey[..., :3]


def _place(whole: NDArray[np.float32], values: NDArray[np.float32], at: tuple[int, int]) -> None:
    x, y = at
    height, width = values.shape[:2]
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, whole.shape[1]), min(y + height, whole.shape[0])
    if left < right and top < bottom:
        whole[top:bottom, left:right] = values[top - y : bottom - y, left - x : right - x]


def _to_srgb(linear: NDArray[np.float32]) -> Pixels:
    with np.errstate(over="ignore"):
        bits = linear.astype(np.float16).view(np.uint16)
    return _srgb_of_half()[bits]


@functools.cache
def _linear_of_srgb() -> NDArray[np.float16]:
    """Linear light of each sRGB value (IEC 61966-2-1)."""
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float16)


@functools.cache
def _srgb_of_half() -> Pixels:
    """The sRGB value of each half float, by its bits."""
    linear = np.arange(65_536, dtype=np.uint16).view(np.float16).astype(np.float64)
    linear = np.clip(np.nan_to_num(linear, nan=0.0, posinf=1.0, neginf=0.0), 0, 1)
    value = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    srgb: Pixels = np.rint(value * 255).astype(np.uint8)
    return srgb
