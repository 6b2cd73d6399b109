"""The colour panel: square and hue bar, front and back colour, the colour as hexadecimal, and those used lately."""

import dataclasses

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from studio.ui.paint.desk import BLACK, WHITE, Inks, PaintDesk
from studio.ui.paint.panels.shades import HueBar, ShadeSquare
from studio.ui.paint.pictures import Colour
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import tool_button

_SWATCH = 18
_RECENT = 12


class Swatches(QWidget):
    """The front colour over the back one; a click on either exchanges them."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inks = Inks()
        self.setFixedSize(44, 36)
        self.setAccessibleName(self.tr("Front and back colour"))

    def show_inks(self, inks: Inks) -> None:
        """Other colours."""
        self.inks = inks
        words = self.tr("Front {front}, back {back}").format(front=hex_of(inks.front), back=hex_of(inks.back))
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Two squares."""
        painter = QPainter(self)
        for colour, (x, y) in ((self.inks.back, (18, 12)), (self.inks.front, (2, 1))):
            painter.setPen(QPen(QColor(COLOURS.panel), 1))
            painter.setBrush(QColor(*colour))
            painter.drawRect(x - 1, y - 1, 24, 24)
            painter.setPen(QPen(QColor(COLOURS.faint), 1))
            painter.drawRect(x, y, 22, 22)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Exchange."""
        self.clicked.emit()


class ColourPanel(QWidget):
    """Shows and sets the inks of a desk."""

    def __init__(self, desk: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._hue, self._saturation = 0.0, 0.0  # kept where a grey has none of its own
        self.square, self.bar = ShadeSquare(), HueBar()
        self.swatches = Swatches()
        self.swap_button = tool_button("arrow-left-right", self.tr("Exchange front and back colour"), shortcut="X")
        self.default_button = tool_button("contrast", self.tr("Black in front, white behind"), shortcut="D")
        self.hex = QLineEdit()
        self.hex.setMaxLength(7)
        self.hex.setAccessibleName(self.tr("Colour as hexadecimal"))
        self.hex.setToolTip(self.tr("Red, green and blue as six hexadecimal digits"))
        self.recent = [self._recent_button(n) for n in range(_RECENT)]
        self._connect()
        self._arrange()
        self._show()

    def swap(self) -> None:
        """Exchange front and back."""
        self._desk.set_inks(self._desk.inks.swapped())

    def use_default(self) -> None:
        """Black on white."""
        self._desk.set_inks(dataclasses.replace(self._desk.inks, front=BLACK, back=WHITE))

    def _connect(self) -> None:
        self._desk.inks_changed.connect(self._show)
        self.square.changed.connect(self._shaded)
        self.bar.changed.connect(self._hued)
        self.swatches.clicked.connect(self.swap)
        self.swap_button.clicked.connect(self.swap)
        self.default_button.clicked.connect(self.use_default)
        self.hex.editingFinished.connect(self._typed)

    def _arrange(self) -> None:
        shades = QHBoxLayout()
        shades.setSpacing(SPACE.small)
        shades.addWidget(self.square, 1)
        shades.addWidget(self.bar)
        row = QHBoxLayout()
        row.setSpacing(SPACE.hair)
        row.addWidget(self.swatches)
        row.addWidget(self.swap_button)
        row.addWidget(self.default_button)
        row.addSpacing(SPACE.hair)
        row.addWidget(self.hex, 1)
        recent = QHBoxLayout()
        recent.setSpacing(2)
        for button in self.recent:
            recent.addWidget(button)
        recent.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.medium, SPACE.hair, SPACE.medium, SPACE.small)
        layout.setSpacing(SPACE.small)
        layout.addLayout(shades)
        layout.addLayout(row)
        layout.addLayout(recent)

    def _recent_button(self, number: int) -> QToolButton:
        button = QToolButton()
        button.setFixedSize(QSize(_SWATCH, _SWATCH))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._take_recent(number))
        return button

    def _take_recent(self, number: int) -> None:
        recent = self._desk.inks.recent
        if number < len(recent):
            self._desk.set_inks(dataclasses.replace(self._desk.inks, front=recent[number]))

    def _hued(self, hue: float) -> None:
        self._hue = hue
        self._set(QColor.fromHsvF(hue, self.square.saturation, self.square.value))
        self.square.show_shade(hue, self.square.saturation, self.square.value)

    def _shaded(self, saturation: float, value: float) -> None:
        self._saturation = saturation
        self._set(QColor.fromHsvF(self._hue, saturation, value))

    def _typed(self) -> None:
        colour = QColor("#" + self.hex.text().strip().removeprefix("#"))
        if colour.isValid():
            self._set(colour)
        self._show()

    def _set(self, colour: QColor) -> None:
        front = (colour.red(), colour.green(), colour.blue())
        self._desk.set_inks(dataclasses.replace(self._desk.inks, front=front))

    def _show(self) -> None:
        inks = self._desk.inks
        colour = QColor(*inks.front)
        shown = QColor.fromHsvF(self._hue, self.square.saturation, self.square.value)
        if (shown.red(), shown.green(), shown.blue()) != inks.front:
            if colour.hsvHueF() >= 0:
                self._hue = min(0.9999, colour.hsvHueF())
            self.square.show_shade(self._hue, colour.hsvSaturationF(), colour.valueF())
            self.bar.show_hue(self._hue)
        self.swatches.show_inks(inks)
        if not self.hex.hasFocus():
            self.hex.setText(hex_of(inks.front))
        for button, recent in zip(self.recent, (*inks.recent, *(None,) * _RECENT), strict=False):
            _dress(button, recent)


def hex_of(colour: Colour) -> str:
    """The colour as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _dress(button: QToolButton, colour: Colour | None) -> None:
    button.setEnabled(colour is not None)
    if colour is None:
        button.setStyleSheet(f"background: transparent; border: 1px dashed {COLOURS.line}; border-radius: 3px;")
        button.setAccessibleName(_tr("No colour yet"))
        button.setToolTip(_tr("Colours that were painted with appear here"))
    else:
        text = hex_of(colour)
        button.setStyleSheet(f"background: {text}; border: 1px solid {COLOURS.edge}; border-radius: 3px;")
        button.setAccessibleName(_tr("Use {colour} again").format(colour=text))
        button.setToolTip(button.accessibleName())


def _tr(text: str) -> str:
    return QCoreApplication.translate("ColourPanel", text)
