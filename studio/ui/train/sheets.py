"""Sample sheets over time: a strip of them, and one of them large, compared with the first."""

from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QListWidgetItem, QSizePolicy, QVBoxLayout, QWidget

from studio.session.training_log import SheetFile
from studio.ui.loader import PictureLoader
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE
from studio.ui.widgets.labels import label
from studio.ui.widgets.wheel import Slider

THUMBNAIL = QSize(136, 40)  # prompts stand side by side
_CELL = THUMBNAIL + QSize(SPACE.small, 26)
_SMALL, _LARGE = 224, 2048  # pixels a side that are read
_STEP = int(Qt.ItemDataRole.UserRole)


class SheetView(QFrame):
    """One sheet, fitted; at the left of the divider the first sheet is shown instead. A click asks for more room."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(160, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Sample sheet"))
        self.setToolTip(self.tr("Click or press Enter to enlarge, and once more to go back"))
        self.image = QImage()
        self.first = QImage()
        self.share = 0.0

    def show_images(self, image: QImage, first: QImage) -> None:
        """Another sheet, and the one it is compared with."""
        self.image, self.first = image, first
        self.update()

    def compare(self, share: float) -> None:
        """How much of the width shows the first sheet, 0 to 1."""
        self.share = share
        self.update()

    def place(self) -> QRectF:
        """Where the sheet is drawn."""
        room = QRectF(self.rect()).adjusted(4, 4, -4, -4)
        size = self.image.size().toSizeF().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(QPointF(), size)
        place.moveCenter(room.center())
        return place

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """More room, or less."""
        super().mouseReleaseEvent(event)
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space are a click."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and not event.modifiers():
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The sheet, and the first one up to the divider."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QPen(QColor(COLOURS.focus if self.hasFocus() else COLOURS.line), 1))
        painter.setBrush(QColor(COLOURS.window))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), SPACE.radius, SPACE.radius)
        if self.image.isNull():
            painter.setPen(QColor(COLOURS.muted))
            painter.setFont(font(TYPE.caption))
            words = self.tr("Samples appear here while it learns.")
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(8, 8, -8, -8), flags, words)
        else:
            self._paint_sheets(painter)
        painter.end()

    def _paint_sheets(self, painter: QPainter) -> None:
        place = self.place()
        painter.drawImage(place, self.image)
        if self.first.isNull() or self.share <= 0:
            return
        x = place.left() + place.width() * self.share
        painter.save()
        painter.setClipRect(QRectF(place.left(), place.top(), place.width() * self.share, place.height()))
        painter.drawImage(place, self.first)
        painter.restore()
        painter.setPen(QPen(QColor(COLOURS.text), 2))
        painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))


class Sheets(QWidget):
    """The sheets of one run. The newest is shown until another is chosen; `enlarged` asks for the whole room."""

    enlarged = Signal()

    def __init__(self, loader: PictureLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._paths: dict[int, Path] = {}
        self._images: dict[str, QImage] = {}  # the first sheet and the one shown
        self._shown = -1
        self.view = SheetView()
        self.view.clicked.connect(self.enlarged)
        self.caption = label("", "small")
        self.slider = Slider()
        self.slider.setRange(0, 100)
        self.slider.setAccessibleName(self.tr("Compare with the first sheet"))
        self.slider.setToolTip(self.tr("How much of the first sheet is shown; double click: nothing"))
        self.slider.valueChanged.connect(lambda value: self.view.compare(value / 100))
        self.slider.restored.connect(lambda: self.slider.setValue(0))
        self.strip = self._make_strip()
        row = QHBoxLayout()
        row.setSpacing(SPACE.medium)
        row.addWidget(self.caption)
        row.addWidget(self.slider, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.small)
        column.addWidget(self.view, 1)
        column.addLayout(row)
        loader.loaded.connect(self._loaded)
        self.show_sheets(())

    def show_sheets(self, sheets: tuple[SheetFile, ...]) -> None:
        """The sheets of another run."""
        self._paths.clear()
        self._images.clear()
        self._shown = -1
        self.strip.clear()
        self.view.show_images(QImage(), QImage())
        for sheet in sheets:
            self.add(sheet.step, sheet.path)
        self._describe()

    def add(self, step: int, path: Path) -> None:
        """A new sheet; it is shown if the newest one was."""
        follow = self._shown == max(self._paths, default=-1)
        if step not in self._paths:
            item = QListWidgetItem(self.tr("step {step}").format(step=step))
            item.setData(_STEP, step)
            item.setSizeHint(_CELL)
            self.strip.insertItem(sum(known < step for known in self._paths), item)
        self._paths[step] = path
        self._loader.request(str(path), _SMALL)
        if follow or self._shown == step:
            self.choose(step)
        self._describe()

    def choose(self, step: int) -> None:
        """Show the sheet of a step."""
        self._shown = step
        for row in range(self.strip.count()):
            if self.strip.item(row).data(_STEP) == step:
                self.strip.setCurrentRow(row)
        wanted = {str(self._paths[step]), str(self._paths[min(self._paths)])}
        self._images = {path: image for path, image in self._images.items() if path in wanted}
        for path in wanted - self._images.keys():
            self._loader.request(path, _LARGE)
        self._show()

    def _show(self) -> None:
        """Until a sheet was read, the one before stays."""
        first, path = min(self._paths), str(self._paths[self._shown])
        if path in self._images:
            other = self._images.get(str(self._paths[first])) if first != self._shown else None
            self.view.show_images(self._images[path], other or QImage())
        self._describe()

    def _describe(self) -> None:
        several = len(self._paths) > 1 and self._shown != min(self._paths, default=-1)
        self.strip.setVisible(bool(self._paths))
        self.slider.setVisible(several)
        if self._shown < 0:
            self.caption.setText("")
        elif several:
            text = self.tr("Steps {first} | {step}")  # as they stand beside the divider
            self.caption.setText(text.format(step=self._shown, first=min(self._paths)))
        else:
            self.caption.setText(self.tr("Step {step}").format(step=self._shown))
        self.view.setAccessibleDescription(self.caption.text())

    def _loaded(self, path: str, limit: int, image: QImage) -> None:
        if limit == _SMALL and not image.isNull():
            for row in range(self.strip.count()):
                item = self.strip.item(row)
                if str(self._paths[item.data(_STEP)]) == path:
                    item.setIcon(_icon(image))
        elif limit == _LARGE and path in {str(known) for known in self._paths.values()}:
            self._images[path] = image
            self._show()

    def _make_strip(self) -> QListWidget:
        strip = QListWidget()
        strip.setProperty("look", "sheets")
        strip.setAccessibleName(self.tr("Sample sheets over time"))
        strip.setViewMode(QListWidget.ViewMode.IconMode)
        strip.setFlow(QListWidget.Flow.LeftToRight)
        strip.setWrapping(False)
        strip.setMovement(QListWidget.Movement.Static)
        strip.setResizeMode(QListWidget.ResizeMode.Adjust)
        strip.setIconSize(THUMBNAIL)
        strip.setGridSize(_CELL + QSize(SPACE.hair, 0))
        strip.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        strip.setFixedHeight(_CELL.height() + SPACE.medium)
        strip.currentRowChanged.connect(self._picked)
        return strip

    def _picked(self, row: int) -> None:
        item = self.strip.item(row)
        if item is not None and item.data(_STEP) != self._shown and item.data(_STEP) in self._paths:
            self.choose(item.data(_STEP))


def _icon(image: QImage) -> QIcon:
    """The same picture whether or not it is chosen: Qt would tint it red."""
    made, picture = QIcon(), QPixmap.fromImage(image)
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        made.addPixmap(picture, mode)
    return made
