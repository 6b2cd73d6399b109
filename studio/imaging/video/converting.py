"""Decoded frames as pixels: sRGB, upright, and with square pixels."""

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter

from studio.domain.geometry import Size
from studio.imaging.pixels import Pixels
from studio.imaging.video.problems import require_size

# Without these two flags a colour comes out up to three levels darker.
_EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
_SCALED = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
_UNSPECIFIED = 2  # of colour matrices, primaries and transfers alike (ITU-T H.273)
_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
_HDR = (16, 18)  # PQ and HLG, as transfers (ITU-T H.273)
_WIDE = 9  # BT.2020, as primaries
_HD = (1280, 577)  # from this width or height on, what names no matrix is BT.709, as players have it
_ASPECTS = (Fraction(1, 8), Fraction(8))  # beyond these a pixel's aspect is a mistake


@dataclass(frozen=True, slots=True)
class Turn:
    """How a frame is brought upright: mirrored from left to right, then turned by so many quarters to the left."""

    mirrored: bool = False
    quarters: int = 0


class Converter:
    """Turns the frames of one stream into pixels of one size, whatever changes within the stream.

    Colours follow the frame's own matrix and range; HDR (PQ, HLG) is brought to sRGB with its reference white as white.
    """

    def __init__(self, first: VideoFrame, path: Path, aspect: Fraction | None, *, alpha: bool) -> None:
        self.alpha = alpha
        self._turn = turn_of(first)
        self._stored = _square(first.width, first.height, aspect)
        require_size(path, *self._stored)
        self._reformatter = VideoReformatter()

    @property
    def size(self) -> Size:
        """Of the pixels that come out."""
        width, height = self._stored
        return Size(height, width) if self._turn.quarters % 2 else Size(width, height)

    def __call__(self, frame: VideoFrame) -> Pixels:
        """uint8, height × width × 3, × 4 with `alpha`."""
        width, height = self._stored
        scaled = (frame.width, frame.height) != self._stored
        hdr = frame.color_trc in _HDR or frame.color_primaries == _WIDE
        done = self._reformatter.reformat(
            frame,
            width,
            height,
            "rgba" if self.alpha else "rgb24",
            src_colorspace=_matrix(frame),
            src_color_range=_range(frame),
            dst_color_range=None if _is_rgb(frame) else ColorRange.JPEG,
            dst_color_trc=ColorTrc.IEC61966_2_1 if hdr else None,
            dst_color_primaries=ColorPrimaries.BT709 if hdr else None,
            interpolation=_SCALED if scaled else _EXACT,
        )
        return upright(np.asarray(done.to_ndarray(), dtype=np.uint8), self._turn)


def has_alpha(frame: VideoFrame) -> bool:
    """Whether a frame's format has room for transparency."""
    return frame.format.name == "pal8" or any(component.is_alpha for component in frame.format.components)


def turn_of(frame: VideoFrame) -> Turn:
    """The turn that a frame's display matrix asks for, by quarters.

    The matrix is nine int32, row by row, the first two of each row with 16 fractional bits: a stored point (x, y) is
    shown at (a·x + c·y, b·x + d·y) (ISO/IEC 14496-12, 6.2.2).
    """
    sides = cast(SideDataContainer, frame.side_data)  # whose type is told for motion vectors only
    data = next((bytes(side) for side in sides if side.type is Type.DISPLAYMATRIX), b"")
    if len(data) < 36:
        return Turn()
    a, b, _, c, d = struct.unpack_from("=5i", data)
    mirrored = a * d - b * c < 0
    if mirrored:  # the rest is a pure turn of the mirrored picture
        a, b = -a, -b
    angle = np.arctan2(b, a)  # clockwise on the screen, whose y runs down
    return Turn(mirrored, round(-angle / (np.pi / 2)) % 4)


def upright(pixels: Pixels, turn: Turn) -> Pixels:
    """The pixels after a turn."""
    if turn.mirrored:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(np.rot90(pixels, turn.quarters))


def _square(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """The stored size with square pixels: the side that is too short is drawn out, so that nothing is lost."""
    if not aspect or aspect == 1 or not _ASPECTS[0] <= aspect <= _ASPECTS[1]:
        return width, height
    return (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))


def _is_rgb(frame: VideoFrame) -> bool:
    return frame.format.is_rgb or frame.format.has_palette


def _matrix(frame: VideoFrame) -> Colorspace | None:
    if _is_rgb(frame):
        return None
    found = _MATRICES.get(frame.colorspace)
    if found is not None:
        return found
    return Colorspace.ITU709 if frame.width >= _HD[0] or frame.height >= _HD[1] else Colorspace.ITU601


def _range(frame: VideoFrame) -> ColorRange | None:
    if _is_rgb(frame):
        return None
    if frame.color_range in (ColorRange.MPEG, ColorRange.JPEG):
        return ColorRange(frame.color_range)
    return ColorRange.JPEG if frame.format.name.startswith(("yuvj", "gray", "ya")) else ColorRange.MPEG
