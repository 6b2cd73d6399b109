"""How the tool in hand works: one small form for each kind of tool."""

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.domain.document.brushes import PRESETS, Brush, Symmetry
from studio.imaging.gradients import GradientKind
from studio.ui.paint.desk import Options, PaintDesk
from studio.ui.paint.keys import TOOLS
from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import label, row_label
from studio.ui.widgets.slider_field import SliderField
from studio.ui.widgets.wheel import Choice

_LARGE = 400  # pixels: as far as the slider of sizes goes; more can be typed


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

    def add_slider(self, text: str, hint: str, field: SliderField, default: float, name: str, share: float = 1) -> None:
        """A number of the options; `share` is what one unit of the slider is worth in them."""
        field.default = default
        field.name(text, hint)
        field.changed.connect(lambda value: self._desk.set_options(**{name: type(default)(value * share)}))
        self._showing.append(lambda options: _show(field, getattr(options, name) / share))
        self.add_row(text, field)

    def add_check(self, text: str, hint: str, name: str) -> None:
        """Something that is on or off."""
        box = QCheckBox(text)
        box.setProperty("look", "caption")
        box.setToolTip(hint)
        box.toggled.connect(lambda on: self._desk.set_options(**{name: on}))
        self._showing.append(lambda options: _check(box, bool(getattr(options, name))))
        self.add_wide(box)


class BrushForm(Form):
    """Preset, size, hardness, opacity, flow, smoothing, symmetry; for the brush or for the eraser."""

    def __init__(self, desk: PaintDesk, field: str, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._field = field
        self.preset = Choice()
        self.preset.setAccessibleName(self.tr("Brush"))
        self.preset.setToolTip(self.tr("A brush to begin with; everything below can be changed"))
        for preset in PRESETS:
            self.preset.addItem(preset.name, preset)
        self.preset.activated.connect(lambda _: self._set(**_values(self.preset.currentData())))
        self._showing.append(self._show_preset)
        self.add_row(self.tr("Brush"), self.preset)
        self.diameter = self._add(self.tr("Size"), self.tr("Diameter in pixels ([ and ])"), "size", _LARGE, 1, 1000)
        self.opacity = self._add(
            self.tr("Opacity"), self.tr("Of a whole stroke, in percent (1 to 9, and 0 for all)"), "opacity", 100, 0.01
        )
        hard = self.tr("Where the edge begins to fall off, in percent of the radius (Shift+[ and Shift+])")
        self._add(self.tr("Hardness"), hard, "hardness", 100, 0.01)
        self.more = self._begin_fold()
        flow = self.tr("How much each dab adds, in percent")
        self._add(self.tr("Flow"), flow, "flow", 100, 0.01, low=1)
        steady = self.tr("How far the brush follows behind the pen, in percent: steadies the hand")
        self._add(self.tr("Steady"), steady, "smoothing", 95, 0.01)
        self._add_symmetry()
        if field == "brush":
            self.add_check(
                self.tr("Keep transparency"), self.tr("Paint only where the layer has pixels already"), "lock_alpha"
            )
        self._fold(False)

    def _begin_fold(self) -> QPushButton:
        """From here on, rows are hidden until they are asked for."""
        button = push_button(self.tr("More"), look="quiet", hint=self.tr("Flow, steadiness, symmetry"))
        button.setCheckable(True)
        button.toggled.connect(self._fold)
        self.add_wide(button)
        self._folded_from = self._grid.rowCount()
        return button

    def _fold(self, shown: bool) -> None:
        self.more.setIcon(icon("chevron-down" if shown else "chevron-right", COLOURS.muted, COLOURS.text, 4))
        for row in range(self._folded_from, self._grid.rowCount()):
            for column in (0, 1):
                item = self._grid.itemAtPosition(row, column)
                if item is not None and (widget := item.widget()) is not None:
                    widget.setVisible(shown)

    def _add(
        self, text: str, hint: str, name: str, high: float, share: float, most: float | None = None, low: float = 0
    ) -> SliderField:
        field = SliderField(max(low, 1.0 if name == "size" else 0.0), high, most=most)
        field.default = getattr(PRESETS[0], name) / share
        field.name(text, hint)
        field.changed.connect(lambda value: self._set(**{name: value * share}))
        self._showing.append(lambda options: _show(field, getattr(getattr(options, self._field), name) / share))
        self.add_row(text, field)
        return field

    def _add_symmetry(self) -> None:
        box = Choice()
        box.setAccessibleName(self.tr("Symmetry"))
        box.setToolTip(self.tr("Each dab is repeated about the middle of the canvas"))
        for title, value in (
            (self.tr("None"), (False, False, 1)),
            (self.tr("Left and right"), (True, False, 1)),
            (self.tr("Above and below"), (False, True, 1)),
            (self.tr("Both ways"), (True, True, 1)),
            *((self.tr("{n} times around").format(n=n), (False, False, n)) for n in (3, 4, 5, 6, 8, 12)),
        ):
            box.addItem(title, value)
        box.activated.connect(lambda _: self._set_symmetry(*box.currentData()))

        def show(options: Options) -> None:
            now = options.symmetry
            with QSignalBlocker(box):
                box.setCurrentIndex(max(0, box.findData((now.mirror_x, now.mirror_y, now.radial))))

        self._showing.append(show)
        self.add_row(self.tr("Symmetry"), box)

    def _set_symmetry(self, mirror_x: bool, mirror_y: bool, radial: int) -> None:
        size = self._desk.document.size
        self._desk.set_options(symmetry=Symmetry(size.width / 2, size.height / 2, mirror_x, mirror_y, radial))

    def _set(self, **fields: object) -> None:
        brush: Brush = getattr(self._desk.options, self._field)
        self._desk.set_options(**{self._field: dataclasses.replace(brush, **fields)})  # type: ignore[arg-type]

    def _show_preset(self, options: Options) -> None:
        brush: Brush = getattr(options, self._field)
        with QSignalBlocker(self.preset):
            self.preset.setCurrentIndex(self.preset.findText(brush.name))


class AreaForm(Form):
    """How a selection meets the one before, and its edge; for those by colour also what counts as alike."""

    def __init__(self, desk: PaintDesk, *, alike: str = "", parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.how = QButtonGroup(self)
        self.add_row(self.tr("Mode"), self._combinations())
        feather = self.tr("How softly the edge fades out, in pixels")
        self.add_slider(self.tr("Feather"), feather, SliderField(0, 50, most=1000), 0.0, "feather")
        if alike:
            add_tolerance(self)
        if alike == "wand":
            add_contiguous(self)
        if alike:
            add_sampling(self)

    def _combinations(self) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        for value, sign, hint in (
            ("replace", "square-dashed", self.tr("A new selection")),
            ("add", "square-plus", self.tr("Add to the selection (Shift)")),
            ("subtract", "square-minus", self.tr("Take away from the selection (Alt)")),
            ("intersect", "squares-intersect", self.tr("Keep what both have (Shift+Alt)")),
        ):
            button = tool_button(sign, hint, checkable=True, look="field")
            button.clicked.connect(lambda _checked=False, value=value: self._desk.set_options(how=value))
            self._showing.append(_checking(button, value))
            self.how.addButton(button)
            line.addWidget(button)
        line.addStretch(1)
        return row


def add_tolerance(form: Form) -> None:
    """How unlike a colour may be."""
    hint = form.tr("How unlike the clicked colour a pixel may be, of 255")
    form.add_slider(form.tr("Tolerance"), hint, SliderField(0, 128, most=255), 32, "tolerance")


def add_contiguous(form: Form) -> None:
    """Only what hangs together."""
    form.add_check(form.tr("Only what is joined"), form.tr("Else everything alike on the whole canvas"), "contiguous")


def add_sampling(form: Form) -> None:
    """Look at the picture, or at one layer."""
    form.add_check(form.tr("Look at all layers"), form.tr("Else only at the active layer"), "all_layers")


class FillForm(Form):
    """What the bucket fills."""

    def __init__(self, desk: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        add_tolerance(self)
        gap = self.tr("Openings of the outline up to so many pixels count as closed")
        self.add_slider(self.tr("Close gaps"), gap, SliderField(0, 32), 0, "gap")
        grow = self.tr("Pixels by which the filled area is larger, under the soft edge of a line")
        self.add_slider(self.tr("Grow"), grow, SliderField(0, 10, most=100), 0.0, "grow")
        add_contiguous(self)
        add_sampling(self)


class GradientForm(Form):
    """The gradient's shape."""

    def __init__(self, desk: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        kind = Choice()
        kind.setAccessibleName(self.tr("Shape of the gradient"))
        kind.setToolTip(self.tr("How the colours are laid out"))
        for value, title in (
            (GradientKind.LINEAR, self.tr("Linear")),
            (GradientKind.RADIAL, self.tr("Radial")),
            (GradientKind.CONICAL, self.tr("Conical")),
            (GradientKind.REFLECTED, self.tr("Reflected")),
        ):
            kind.addItem(title, value.value)
        kind.activated.connect(lambda _: desk.set_options(gradient=kind.currentData()))
        self._showing.append(lambda options: kind.setCurrentIndex(kind.findData(options.gradient)))
        self.add_row(self.tr("Shape"), kind)
        fade = self.tr("From the front colour to nothing, instead of to the back colour")
        self.add_check(self.tr("Fade to transparent"), fade, "to_transparent")


class PickForm(Form):
    """Where the pipette looks."""

    def __init__(self, desk: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        add_sampling(self)


class PlainForm(QWidget):
    """A sentence for tools that need no options."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.small)
        column.addWidget(label(words, "small", wrap=True))

    def show_options(self) -> None:
        """There are none."""


class OptionsPanel(QStackedWidget):
    """Shows the form of the tool in hand, made when it is first needed."""

    def __init__(self, desk: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._forms: dict[str, QWidget] = {}
        self._by_tool = {entry.id: entry.options for entry in TOOLS}
        self._makers: dict[str, Callable[[], QWidget]] = {
            "move": lambda: PlainForm(
                self.tr(
                    "Drag to move the layer, or what is selected of it. Arrow keys go by pixels, with Shift by ten."
                )
            ),
            "transform": lambda: PlainForm(
                self.tr(
                    "Drag a handle to scale (Shift keeps the shape, Alt the middle), outside to turn, inside to move. "
                    "With Ctrl, corners distort and sides skew. Enter applies, Esc takes it back."
                )
            ),
            "crop": lambda: PlainForm(self.tr("Drag a rectangle, adjust it, then press Enter. Esc leaves everything.")),
            "frame": self._generate_form,
            "text": self._text_form,
            "brush": lambda: BrushForm(desk, "brush"),
            "eraser": lambda: BrushForm(desk, "eraser"),
            "fill": lambda: FillForm(desk),
            "gradient": lambda: GradientForm(desk),
            "pick": lambda: PickForm(desk),
            "area": lambda: AreaForm(desk),
            "wand": lambda: AreaForm(desk, alike="wand"),
            "range": lambda: AreaForm(desk, alike="range"),
        }
        desk.options_changed.connect(self._show)

    def _generate_form(self) -> QWidget:
        from studio.ui.paint.panels.generate_form import GenerateForm  # it is a `Form` of this module

        return GenerateForm(self._desk)

    def _text_form(self) -> QWidget:
        from studio.ui.paint.panels.text_form import TextForm  # as above

        return TextForm(self._desk)

    def show_tool(self, name: str) -> None:
        """Another tool is in hand."""
        kind = self._by_tool[name]
        if kind not in self._forms:
            holder = QWidget()
            column = QVBoxLayout(holder)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(self._makers[kind](), 0, Qt.AlignmentFlag.AlignTop)
            self._forms[kind] = holder
            self.addWidget(holder)
        self.setCurrentWidget(self._forms[kind])
        self._show()

    def _show(self) -> None:
        current = self.currentWidget()
        for form in current.findChildren(Form) if current is not None else ():
            form.show_options()


def _checking(button: QToolButton, value: str) -> Callable[[Options], None]:
    return lambda options: button.setChecked(options.how == value)


def _values(brush: Brush) -> dict[str, object]:
    return {field.name: getattr(brush, field.name) for field in dataclasses.fields(brush)}


def _show(field: SliderField, value: float) -> None:
    if abs(field.value - value) > 1e-6:
        with QSignalBlocker(field):
            field.set_value(value)


def _check(box: QCheckBox, on: bool) -> None:
    with QSignalBlocker(box):
        box.setChecked(on)
