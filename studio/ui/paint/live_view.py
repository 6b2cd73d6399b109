"""The live picture on the screen: over the sketch, in the frame, or beside the canvas in a pane of its own."""

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.domain.geometry import Rect
from studio.session.live_requests import Painted
from studio.ui.paint.pictures import image_of
from studio.ui.paint.view import View
from studio.ui.theme.tokens import COLOURS, SPACE

GHOST = 0.3  # of its opacity is left to a picture that lies over a sketch which has changed since
_BAR = 3  # logical pixels


class LiveView(QObject):
    """What is to be seen now; `changed` tells that it is something else.

    `fresh` says whether the picture is that of the sketch as it is. Over the sketch, one that is not fades, and so does
    any while the pen is down: who draws must see what is drawn on.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.patch: tuple[QImage, Rect] | None = None  # to be laid over the sketch
        self.whole: QImage | None = None  # the frame as it would look
        self.preview: tuple[QImage, Rect] | None = None
        self.frame = Rect(0, 0, 1, 1)
        self.share: float | None = None  # of the steps that are done; None while nothing is painted
        self.fresh = self.pen_down = self.beside = False
        self.opacity = 1.0

    def set(self, **values: object) -> None:
        """Other values of these fields."""
        changes = {name: value for name, value in values.items() if getattr(self, name) != value}
        for name, value in changes.items():
            setattr(self, name, value)
        if changes:
            self.changed.emit()

    def show_result(self, result: Painted | None, frame: Rect) -> None:
        """A finished picture; None takes away what lies over the sketch, which then looks like that itself."""
        if result is None:
            self.set(patch=None, preview=None, frame=frame)
        else:
            whole = image_of(result.whole)
            self.set(patch=(image_of(result.patch.pixels), result.patch.rect), whole=whole, preview=None, frame=frame)

    def clear(self) -> None:
        """Nothing at all."""
        self.set(patch=None, whole=None, preview=None, share=None, fresh=False, pen_down=False)

    def paint(self, painter: QPainter, view: View) -> None:
        """Over the sketch, in logical pixels of the screen."""
        if self.beside:
            return
        if (seen := self.preview or self.patch) is not None:
            faded = self.pen_down or not (self.fresh or self.preview)
            painter.save()
            painter.setTransform(view.transform(), True)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setOpacity(self.opacity * (GHOST if faded else 1.0))
            painter.drawImage(_area(seen[1]), seen[0])
            painter.restore()
        groove = view.screen_rect(self.frame)
        self.paint_progress(painter, QRectF(groove.left(), groove.bottom() + SPACE.hair, groove.width(), _BAR))

    def paint_progress(self, painter: QPainter, groove: QRectF) -> None:
        """How far the picture is that is being painted."""
        if self.share is not None:
            painter.fillRect(groove, QColor(COLOURS.hover))
            done = 0.15 if self.share < 0 else min(1.0, self.share)
            painter.fillRect(QRectF(groove.left(), groove.top(), groove.width() * done, _BAR), QColor(COLOURS.lamp))


class LivePane(QWidget):
    """The frame as it would look, as large as there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Live picture"))
        self.view: LiveView | None = None

    def sizeHint(self) -> QSize:
        """As wide as the canvas beside it."""
        return QSize(400, 400)

    def show_view(self, view: LiveView | None) -> None:
        """Show what this view has, from now on."""
        if self.view is not None:
            self.view.changed.disconnect(self.update)
        self.view = view
        if view is not None:
            view.changed.connect(self.update)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The picture in the middle, the progress below it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(COLOURS.canvas))
        if self.view is not None:
            self._paint(painter, self.view)
        painter.end()

    def _paint(self, painter: QPainter, view: LiveView) -> None:
        room = QRectF(self.rect()).adjusted(SPACE.medium, SPACE.medium, -SPACE.medium, -SPACE.medium)
        frame = view.frame
        times = min(room.width() / frame.width, room.height() / frame.height)
        area = QRectF(0, 0, frame.width * times, frame.height * times)
        area.moveCenter(room.center())
        painter.fillRect(area, QColor(COLOURS.field))
        if view.whole is None and view.preview is None:
            painter.setPen(QColor(COLOURS.muted))
            words = self.tr("The picture appears here")
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if view.whole is not None:
            painter.drawImage(area, view.whole)
        if view.preview is not None:
            image, rect = view.preview
            x, y = area.left() + (rect.x - frame.x) * times, area.top() + (rect.y - frame.y) * times
            painter.setClipRect(area)
            painter.drawImage(QRectF(x, y, rect.width * times, rect.height * times), image)
            painter.setClipping(False)
        view.paint_progress(painter, QRectF(area.left(), area.bottom() + SPACE.hair, area.width(), _BAR))


def _area(rect: Rect) -> QRectF:
    return QRectF(rect.x, rect.y, rect.width, rect.height)
