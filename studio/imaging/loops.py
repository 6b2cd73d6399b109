"""Frames that run in a circle, as files that play for ever."""

import io
from collections.abc import Sequence

from PIL import Image

from studio.imaging.pixels import Pixels

_QUALITY = 90


def encode_webp_loop(frames: Sequence[Pixels], seconds: float, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    """An animated WebP of one turn that lasts `seconds` and repeats for ever.

    The frames are height × width × 3, at least two, and do not repeat the first at the end: that would show as a pause.
    """
    first, *others = (Image.fromarray(frame) for frame in frames)
    buffer = io.BytesIO()
    first.save(
        buffer, "WEBP", save_all=True, append_images=others, loop=0, duration=round(1000 * seconds / len(frames)),
        quality=_QUALITY, method=4, exif=exif, xmp=xmp,
    )  # fmt: skip
    return buffer.getvalue()
