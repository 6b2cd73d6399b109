"""What is kept of a picture's way: small previews to look back at, and which steps are kept when there are too many."""

import io
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from studio.domain.messages import Preview

SIDE = 192  # pixels, the longer side of a kept preview at most
PREVIEWS = 64  # of a picture
CHECKPOINTS = 8  # of a picture
_QUALITY = 82


@dataclass(frozen=True, slots=True)
class KeptPreview:
    """The clean guess after `step` as a JPEG of `width` × `height` pixels, sRGB."""

    step: int
    width: int
    height: int
    jpeg: bytes


def encoded(preview: Preview) -> KeptPreview:
    """A preview as it is kept."""
    image = Image.frombytes("RGB", (preview.width, preview.height), preview.rgb)
    image.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return KeptPreview(preview.step, image.width, image.height, file.getvalue())


def superfluous(steps: Iterable[int], most: int) -> tuple[int, ...]:
    """Which of a picture's steps to drop so that `most` ≥ 2 are left, as evenly spread as they come; never the first
    or the last.
    """
    kept = sorted(steps)
    dropped = []
    while len(kept) > most:
        index = min(range(1, len(kept) - 1), key=lambda at: kept[at + 1] - kept[at - 1])
        dropped.append(kept.pop(index))
    return tuple(dropped)
