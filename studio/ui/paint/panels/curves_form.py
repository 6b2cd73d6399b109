"""The curves of an adjustment layer: one for all channels, and one for each, over the tones of what lies below."""

import dataclasses

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio.domain.document.adjustments import Curves
from studio.imaging.adjust import curve
from studio.ui.paint.panels.curve_editor import CurveField
from studio.ui.paint.panels.curve_points import Points
from studio.ui.paint.panels.tones import ALL, Heights
from studio.ui.theme.tokens import COLOURS, SPACE

_FULL = 255  # what stands for 1 beside the curve


class CurvesForm(QWidget):
    """Shows and bends `Curves`; `began` tells that what follows is a step of its own."""

    changed = Signal(object)  # Curves
    began = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves = Curves()
        self._heights: dict[str, Heights] = {}
        self.channel = ALL
        self._inks = {ALL: COLOURS.text, "red": COLOURS.lamp, "green": COLOURS.success, "blue": COLOURS.sky}
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout()
        row.setSpacing(2)
        group = QButtonGroup(self)
        for name, title in (
            (ALL, self.tr("All")),
            ("red", self.tr("Red")),
            ("green", self.tr("Green")),
            ("blue", self.tr("Blue")),
        ):
            button = QToolButton()
            button.setText(title)
            button.setAccessibleName(self.tr("Curve: {channel}").format(channel=title))
            button.setCheckable(True)
            button.setChecked(name == ALL)
            button.setMinimumHeight(24)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setProperty("look", "shape")
            button.clicked.connect(lambda _checked=False, name=name: self.show_channel(name))
            group.addButton(button)
            row.addWidget(button, 1)
            self.buttons[name] = button
        hint = self.tr(
            "Click to add a point, drag it far out to remove it. Arrow keys move it, Ctrl+arrows choose another one."
        )
        self.field = CurveField(_evaluate, _FULL, self.tr("Curve"), hint)
        self.field.changed.connect(self._bent)
        self.field.began.connect(self.began)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.hair)
        column.addLayout(row)
        column.addWidget(self.field)
        self._show()

    def show_curves(self, curves: Curves) -> None:
        """Other curves, or another version of them."""
        self._curves = curves
        self._show()

    def show_heights(self, heights: dict[str, Heights]) -> None:
        """How often each tone occurs, by channel; none where it is not known."""
        self._heights = heights
        self._show()

    def show_channel(self, name: str) -> None:
        """Bend another channel's curve: value (all of them), red, green or blue."""
        self.channel = name
        self.buttons[name].setChecked(True)
        self._show()

    def _show(self) -> None:
        mine: Points = getattr(self._curves, self.channel)
        others = tuple(
            (points, ink)
            for name, ink in self._inks.items()
            if name != self.channel and len(points := getattr(self._curves, name)) and points != Curves().value
        )
        self.field.editor.set_ink(self._inks[self.channel], others)
        self.field.editor.set_heights(self._heights.get(self.channel, ()))
        self.field.show_points(mine)

    def _bent(self, points: Points) -> None:
        self._curves = dataclasses.replace(self._curves, **{self.channel: points})
        self.changed.emit(self._curves)


def _evaluate(points: Points, xs: object) -> list[float]:
    found: list[float] = curve(points, np.asarray(xs, np.float64)).tolist()
    return found
