"""A picture at the size of the screen, kept until either changes."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter

SMOOTH_BELOW = 3.0  # times; above it, pixels are shown as squares
_KEPT = 4096 * 4096  # pixels; larger ones are drawn from the picture at each paint


class ScaledPicture:
    """Draws one picture, and remembers how it looked at the last size."""

    def __init__(self, image: QImage) -> None:
        self.image = image
        self._drawn: QImage | None = None

    def draw(self, painter: QPainter, rect: QRectF, ratio: float, opacity: float = 1.0) -> None:
        """Paint the picture into `rect`."""
        painter.setOpacity(opacity)
        size = QSize(round(rect.width() * ratio), round(rect.height() * ratio))
        smooth = size.width() < SMOOTH_BELOW * self.image.width() or self.image.width() < 256
        if size.width() * size.height() > _KEPT or not smooth:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(rect, self.image)
        else:
            painter.drawImage(rect, self._at(size))
        painter.setOpacity(1.0)

    def _at(self, size: QSize) -> QImage:
        if self._drawn is None or self._drawn.size() != size:
            self._drawn = self.image.scaled(
                size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        return self._drawn
