"""What came out when a picture was made again: compared, and as pictures to look at. Slow; for any thread."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QImage, QPainter

from studio.domain.jobs import Job, Picture
from studio.domain.messages import Ready
from studio.imaging.blobs import BlobStore
from studio.imaging.difference import difference, heat
from studio.imaging.metadata import Capsule
from studio.imaging.pixels import Pixels, decode
from studio.imaging.placing import premultiplied
from studio.session.reproduce import Attempt, Comparison, Original, compare
from studio.ui.paint.pictures import image_of

_GREY = 0.35  # of the picture below the heat
_LEAST = 96  # on the scale of the heat, of the smallest difference


@dataclass(frozen=True, slots=True)
class Outcome:
    """The comparison, the pixels that came out, and three pictures: the file's, the new one, and where they differ."""

    comparison: Comparison
    pixels: Pixels
    original: QImage
    again: QImage
    apart: QImage


def outcome_of(
    original: Original, attempt: Attempt, job: Job, picture: Picture, engine: Ready | None, store: BlobStore
) -> Outcome:
    """Compare the picture of a job with the file that it was to make again.

    Raises StudioError when its pixels are gone from the store, or have another size.
    """
    pixels = attempt.finished(decode(store.get(picture.digest)))
    comparison = compare(original, pixels, Capsule.of(engine, plan=job.plan), attempt.doubts)
    before, after = premultiplied(original.pixels), premultiplied(pixels)
    shown = image_of(before)
    apart = QImage() if comparison.equal else _heated(shown, difference(before, after).strengths)
    return Outcome(comparison, pixels, shown, image_of(after), apart)


def _heated(picture: QImage, strengths: Pixels) -> QImage:
    """The picture, dark, and over it where it differs, on a scale that ends with the largest difference there is."""
    scale = np.linspace(_LEAST, 255, max(1, int(strengths.max())) + 1).astype(np.uint8)
    scale[0] = 0
    made = QImage(picture.size(), QImage.Format.Format_RGB32)
    made.fill(0)
    painter = QPainter(made)
    painter.setOpacity(_GREY)
    painter.drawImage(0, 0, picture.convertToFormat(QImage.Format.Format_Grayscale8))
    painter.setOpacity(1.0)
    painter.drawImage(0, 0, image_of(heat(scale[strengths])))
    painter.end()
    return made
