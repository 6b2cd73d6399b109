"""Rows of controls that show and set the options of the tools."""

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QGridLayout, QPushButton, QWidget

from studio.ui.paint.desk import Options, PaintDesk
from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import row_label
from studio.ui.widgets.slider_field import SliderField


class Form(QWidget):
    """Rows of controls that show and set the options of a desk."""

    def __init__(self, desk: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._showing: list[Callable[[Options], None]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.small)
        self._grid.setHorizontalSpacing(SPACE.small)
        self._grid.setVerticalSpacing(SPACE.hair)
        self._grid.setColumnStretch(1, 1)

    def show_options(self) -> None:
        """As they are now."""
        for show in self._showing:
            show(self._desk.options)

    def add_row(self, text: str, control: QWidget) -> None:
        """A control with its name at the left."""
        row = self._grid.rowCount()
        self._grid.addWidget(row_label(text, control), row, 0)
        self._grid.addWidget(control, row, 1)

    def add_wide(self, control: QWidget) -> None:
        """A control over both columns."""
        self._grid.addWidget(control, self._grid.rowCount(), 0, 1, 2)

    def begin_fold(self, text: str, hint: str) -> QPushButton:
        """What is added from here on, until `end_fold`, is hidden until this button is pressed."""
        button = push_button(text, look="quiet", hint=hint)
        button.setCheckable(True)
        self.add_wide(button)
        self._folded = (button, self._grid.rowCount())
        return button

    def end_fold(self) -> None:
        """Close what `begin_fold` began."""
        button, first = self._folded
        rows = range(first, self._grid.rowCount())

        def fold(shown: bool) -> None:
            button.setIcon(icon("chevron-down" if shown else "chevron-right", COLOURS.muted, COLOURS.text, 4))
            for row in rows:
                for column in (0, 1):
                    item = self._grid.itemAtPosition(row, column)
                    if item is not None and (widget := item.widget()) is not None:
                        widget.setVisible(shown)

        button.toggled.connect(fold)
        fold(False)

    def add_slider(self, text: str, hint: str, field: SliderField, default: float, name: str, share: float = 1) -> None:
        """A number of the options; `share` is what one unit of the slider is worth in them."""
        field.default = default
        field.name(text, hint)
        field.changed.connect(lambda value: self._desk.set_options(**{name: type(default)(value * share)}))
        self._showing.append(lambda options: show_number(field, getattr(options, name) / share))
        self.add_row(text, field)

    def add_check(self, text: str, hint: str, name: str) -> None:
        """Something that is on or off."""
        box = QCheckBox(text)
        box.setProperty("look", "caption")
        box.setToolTip(hint)
        box.toggled.connect(lambda on: self._desk.set_options(**{name: on}))
        self._showing.append(lambda options: show_check(box, bool(getattr(options, name))))
        self.add_wide(box)


def show_number(field: SliderField, value: float) -> None:
    """Show another number, as if nobody had set it."""
    if abs(field.value - value) > 1e-6:
        with QSignalBlocker(field):
            field.set_value(value)


def show_check(box: QCheckBox, on: bool) -> None:
    """Show it on or off, as if nobody had clicked."""
    with QSignalBlocker(box):
        box.setChecked(on)
