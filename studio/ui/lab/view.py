"""A picture with its name, its formula, its numbers and one sentence that explains it."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.lab.images import heat_colours
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE
from studio.ui.widgets.labels import ElidedLabel, label

_LEAST = 120
_BAR = 10  # height of the heat scale


class PictureBox(QWidget):
    """One picture as large as fits, or words in its place. `squares` shows its pixels as squares."""

    def __init__(self, name: str, squares: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = QImage()
        self.words = ""
        self._squares, self._faded = squares, False
        self.setAccessibleName(name)
        self.setMinimumSize(_LEAST, _LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_image(self, image: QImage) -> None:
        """Another picture."""
        self.image, self.words, self._faded = image, "", False
        self.update()

    def say(self, words: str) -> None:
        """Words over the picture, which fades: it is not that of the present moment."""
        self.words, self._faded = words, True
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        """A handy square."""
        return QSize(176, 176)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture in the middle."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(COLOURS.window))
        if not self.image.isNull():
            painter.setOpacity(0.2 if self._faded else 1.0)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not self._squares)
            painter.drawImage(self._place(), self.image)
            painter.setOpacity(1.0)
        if self.words:
            painter.setPen(QColor(COLOURS.muted))
            painter.setFont(font(TYPE.body))
            inside = self.rect().adjusted(SPACE.large, SPACE.large, -SPACE.large, -SPACE.large)
            painter.drawText(inside, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.words)
        painter.end()

    def _place(self) -> QRect:
        size = self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRect((self.width() - size.width()) // 2, (self.height() - size.height()) // 2, *size.toTuple())


class HeatScale(QWidget):
    """From low to high: the colours, and the numbers at their ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._low = self._high = ""
        self.setFixedHeight(_BAR + 2)
        self.hide()

    def show_range(self, low: float, high: float) -> None:
        """The numbers that the ends stand for."""
        self._low, self._high = f"{low:.3g}", f"{high:.3g}"
        self.setAccessibleName(self.tr("Scale from {low} to {high}").format(low=self._low, high=self._high))
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Number, colours, number."""
        painter = QPainter(self)
        painter.setFont(font(TYPE.caption))
        painter.setPen(QColor(COLOURS.muted))
        metrics = painter.fontMetrics()
        left = metrics.horizontalAdvance(self._low) + SPACE.small
        right = self.width() - metrics.horizontalAdvance(self._high) - SPACE.small
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._low)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._high)
        bar = QImage(256, 1, QImage.Format.Format_RGB32)
        for x, colour in enumerate(heat_colours()):
            bar.setPixel(x, 0, colour)
        painter.drawImage(QRect(left, 1, max(1, right - left), _BAR), bar)
        painter.end()


class View(QFrame):
    """Heading and formula, picture, numbers, sentence."""

    def __init__(
        self, title: str, formula: str, sentence: str, squares: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.box = PictureBox(title, squares)
        self.formula = ElidedLabel(formula, "small")
        self.formula.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.numbers = ElidedLabel("", "caption")
        self.sentence = label(sentence, "small", wrap=True)
        self.scale = HeatScale()
        self.box.setToolTip(sentence)
        self._arrange(title)

    def show_picture(self, image: QImage, numbers: str) -> None:
        """Another picture with what is to be said of it."""
        self.box.show_image(image)
        self.tell(numbers)

    def tell(self, numbers: str) -> None:
        """Other numbers."""
        self.numbers.set_text(numbers)
        self.box.setAccessibleDescription(numbers)

    def _arrange(self, title: str) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACE.small)
        head.addWidget(label(title, "heading"))
        head.addWidget(self.formula, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.small)
        layout.setSpacing(SPACE.hair)
        layout.addLayout(head)
        layout.addWidget(self.box, 1)
        layout.addWidget(self.scale)
        layout.addWidget(self.numbers)
        layout.addWidget(self.sentence)
