"""How the tool in hand works: one small form for each kind of tool."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from studio.imaging.gradients import GradientKind
from studio.ui.paint.desk import Options, PaintDesk
from studio.ui.paint.keys import TOOLS
from studio.ui.paint.panels.brush_form import BrushForm
from studio.ui.paint.panels.flow_form import FlowForm
from studio.ui.paint.panels.form import Form
from studio.ui.paint.panels.generate_form import GenerateForm
from studio.ui.paint.panels.text_form import TextForm
from studio.ui.paint.tabs import OnePage
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import tool_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.slider_field import SliderField
from studio.ui.widgets.wheel import Choice


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


class OptionsPanel(OnePage):
    """Shows the form of the tool in hand, made when it is first needed."""

    def __init__(self, desk: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._forms: dict[str, QWidget] = {}
        self._by_tool = {entry.id: entry.options for entry in TOOLS}
        self._makers: dict[str, Callable[[], QWidget]] = {
            "move": lambda: PlainForm(
                self.tr(
                    "Drag to move the layer, or what is selected of it. Arrow keys go by pixels, with Shift by ten. "
                    "Guides move too, and go when dragged off the canvas."
                )
            ),
            "transform": lambda: PlainForm(
                self.tr(
                    "Drag a handle to scale (Shift keeps the shape, Alt the middle), outside to turn, inside to move. "
                    "With Ctrl, corners distort and sides skew. Enter applies, Esc takes it back."
                )
            ),
            "crop": lambda: PlainForm(self.tr("Drag a rectangle, adjust it, then press Enter. Esc leaves everything.")),
            "frame": lambda: GenerateForm(desk),
            "flow": lambda: FlowForm(desk),
            "text": lambda: TextForm(desk),
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
