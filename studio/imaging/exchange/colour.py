"""Colours from files into sRGB, and sRGB's profile for files that we write."""

import functools
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from studio.imaging.exchange.values import Notices
from studio.imaging.tiles import Pixels

MAX_PROFILE = 8 * 2**20  # bytes; CMYK profiles have some
_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab "}
_CREATED = slice(24, 36)  # the date in the header of an ICC profile (ICC.1:2022, 7.2)


@functools.cache
def srgb_profile() -> bytes:
    """An ICC profile of sRGB, the same each time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_CREATED] = b"\x07\xd0\x00\x01\x00\x01" + bytes(6)
    return bytes(profile)


class ToSrgb:
    """The way from a picture's colours (Pillow's modes RGB, L, CMYK and LAB) to RGB in sRGB, band by band.

    By the profile's perceptual table, as viewers do; a matrix profile has one table only. A profile that is damaged,
    of another kind of picture, or sRGB itself, is not applied. What was done becomes notices.
    """

    def __init__(self, mode: str, profile: bytes, notices: Notices) -> None:
        self._mode = mode
        self._transform = _transform(mode, profile, notices) if profile else None
        if self._transform is None and mode == "CMYK":
            notices.add(
                "The inks of this CMYK picture were converted to sRGB by a simple formula.",
                "It has no usable colour profile.",
            )

    def __call__(self, values: Pixels) -> Pixels:
        """(rows, width[, channels]) in the picture's own colours to (rows, width, 3) in sRGB."""
        if self._transform is None and self._mode in ("RGB", "L"):
            return values if self._mode == "RGB" else np.repeat(values[..., None], 3, axis=2)
        image = _image(values, self._mode)
        done = image.convert("RGB") if self._transform is None else ImageCms.applyTransform(image, self._transform)
        assert done is not None  # it is None for changes in place only
        return np.asarray(done)


def _image(values: Pixels, mode: str) -> Image.Image:
    height, width = values.shape[:2]
    return Image.frombuffer(mode, (width, height), values.tobytes(), "raw", mode, 0, 1)


def _transform(mode: str, profile: bytes, notices: Notices) -> ImageCms.ImageCmsTransform | None:
    try:
        if len(profile) > MAX_PROFILE:
            raise ValueError("too large")
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space != _SPACES[mode]:
            raise ValueError("of another colour space")
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.PERCEPTUAL,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        name = (ImageCms.getProfileDescription(source) or "").strip()[:80] or "unnamed"
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        notices.add("The colour profile was ignored.", "It is damaged or belongs to another kind of picture.")
        return None
    if _changes_nothing(transform, mode):
        return None
    notices.add(f"The colours were converted from “{name}” to sRGB.", "This program works in sRGB.")
    return transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a profile is sRGB under whatever name: converting would only add rounding."""
    if mode != "RGB":
        return False
    steps = np.linspace(0, 255, 12).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    done = ImageCms.applyTransform(_image(cube, "RGB"), transform)
    return done is not None and int(np.abs(np.asarray(done).astype(np.int16) - cube).max()) <= 1


def to_8_bit(values: NDArray[np.unsignedinteger[Any]]) -> Pixels:
    """Samples of 16 bits by their full scale, each to the nearest; those of 8 bits as they are."""
    if values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False)
    return ((values.astype(np.uint32) * 255 + 32_767) // 65_535).astype(np.uint8)
