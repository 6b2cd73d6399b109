"""The numbers of an adjustment layer, beside the tool's."""

import dataclasses
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from studio.domain.document.adjustments import (
    Adjustment,
    Balance,
    Blur,
    ColorBalance,
    Curves,
    HueSaturation,
    Levels,
    Sharpen,
)
from studio.domain.document.layers import AdjustmentLayer
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.layer_edits import LayerEdits
from studio.ui.paint.panels.curves_form import CurvesForm
from studio.ui.paint.panels.tones import Tones
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.labels import row_label
from studio.ui.widgets.slider_field import SliderField


class Knob(NamedTuple):
    """A number of an adjustment: its path of fields, its name, its range on the slider, and what one unit is worth."""

    path: str
    title: str
    low: float
    high: float
    share: float


class Switch(NamedTuple):
    """What is on or off in an adjustment: its field, its name, and what it does."""

    field: str
    title: str
    hint: str


def _tones() -> tuple[Knob, ...]:
    found = []
    for tone, title in (("shadows", _tr("Shadows")), ("midtones", _tr("Midtones")), ("highlights", _tr("Highlights"))):
        for axis, name in (("red", _tr("red")), ("green", _tr("green")), ("blue", _tr("blue"))):
            found.append(Knob(f"{tone}.{axis}", f"{title}: {name}", -100, 100, 0.01))
    return tuple(found)


def knobs(adjustment: Adjustment) -> tuple[Knob, ...]:
    """The numbers of an adjustment; none for one that is bent by its points."""
    match adjustment:
        case Levels():
            return (
                Knob("black", _tr("Black"), 0, 99, 0.01),
                Knob("white", _tr("White"), 1, 100, 0.01),
                Knob("gamma", _tr("Midtones"), 10, 300, 0.01),
                Knob("out_black", _tr("Darkest"), 0, 100, 0.01),
                Knob("out_white", _tr("Lightest"), 0, 100, 0.01),
            )
        case HueSaturation():
            return (
                Knob("hue", _tr("Hue"), -180, 180, 1.0),
                Knob("saturation", _tr("Saturation"), -100, 100, 0.01),
                Knob("lightness", _tr("Lightness"), -100, 100, 0.01),
            )
        case ColorBalance():
            return _tones()
        case Blur():
            return (Knob("radius", _tr("Radius"), 0, 100, 1.0),)
        case Sharpen():
            return (
                Knob("radius", _tr("Radius"), 0, 20, 1.0),
                Knob("amount", _tr("Amount"), 0, 300, 0.01),
                Knob("threshold", _tr("Threshold"), 0, 100, 0.01),
            )
    return ()


def switches(adjustment: Adjustment) -> tuple[Switch, ...]:
    """What can be turned on and off in an adjustment."""
    match adjustment:
        case HueSaturation():
            return (Switch("colorize", _tr("Colourize"), _tr("Give everything the one hue that is set")),)
        case ColorBalance():
            hint = _tr("Change the colours but not how light they are")
            return (Switch("preserve_luminosity", _tr("Keep the lightness"), hint),)
    return ()


def kinds() -> tuple[tuple[str, str, Adjustment], ...]:
    """The adjustments that can be added: command, title, and what they begin with."""
    return (
        ("levels", _tr("Levels"), Levels()),
        ("curves", _tr("Curves"), Curves()),
        ("hue", _tr("Hue and saturation"), HueSaturation()),
        ("balance", _tr("Colour balance"), ColorBalance()),
        ("blur", _tr("Blur"), Blur()),
        ("sharpen", _tr("Sharpen"), Sharpen()),
    )


def value_at(adjustment: Adjustment, path: str) -> float:
    """A number of an adjustment."""
    found: object = adjustment
    for name in path.split("."):
        found = getattr(found, name)
    assert isinstance(found, int | float)
    return float(found)


def with_value(adjustment: Adjustment, path: str, value: float) -> Adjustment:
    """The adjustment with another number."""
    first, _, rest = path.partition(".")
    if not rest:
        return dataclasses.replace(adjustment, **{first: value})  # type: ignore[arg-type]
    inner: Balance = getattr(adjustment, first)
    return dataclasses.replace(adjustment, **{first: dataclasses.replace(inner, **{rest: value})})  # type: ignore[arg-type]


class AdjustmentForm(QWidget):
    """Sliders, switches and curves for the active adjustment layer; a drag is one step."""

    def __init__(self, desk: PaintDesk, edits: LayerEdits, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._edits = desk, edits
        self._kind: type[Adjustment] | None = None
        self._drag = 0
        self.fields: dict[str, SliderField] = {}
        self.boxes: dict[str, QCheckBox] = {}
        self.curves: CurvesForm | None = None
        self._tones = Tones(desk.compositor, self)
        self._tones.found.connect(self._show_heights)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.small)
        self._grid.setHorizontalSpacing(SPACE.small)
        self._grid.setVerticalSpacing(SPACE.hair)
        self._grid.setColumnStretch(1, 1)

    @property
    def layer(self) -> AdjustmentLayer | None:
        """What is set."""
        active = self._desk.active
        return active if isinstance(active, AdjustmentLayer) else None

    def show_layer(self) -> bool:
        """Show the active layer's settings; whether it has any."""
        layer = self.layer
        if layer is None:
            return False
        if type(layer.adjustment) is not self._kind:
            self._build(layer.adjustment)
        for knob in knobs(layer.adjustment):
            field = self.fields[knob.path]
            value = value_at(layer.adjustment, knob.path) / knob.share
            if abs(field.value - value) > 1e-6:
                with QSignalBlocker(field):
                    field.set_value(value)
        for switch in switches(layer.adjustment):
            with QSignalBlocker(self.boxes[switch.field]):
                self.boxes[switch.field].setChecked(getattr(layer.adjustment, switch.field))
        if self.curves is not None and isinstance(layer.adjustment, Curves):
            self.curves.show_curves(layer.adjustment)
            self._tones.look(self._desk.document, layer.id)
        self.setEnabled(not layer.locked and not self._desk.read_only)
        return True

    def close_work(self) -> None:
        """Wait for what is being counted."""
        self._tones.close_work()

    def _build(self, adjustment: Adjustment) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._kind, self.fields, self.boxes, self.curves = type(adjustment), {}, {}, None
        plain = type(adjustment)()
        for row, knob in enumerate(knobs(adjustment)):
            field = SliderField(knob.low, knob.high)
            field.default = value_at(plain, knob.path) / knob.share
            field.name(knob.title, knob.title)
            field.slider.sliderPressed.connect(self._next_drag)
            field.changed.connect(lambda value, knob=knob: self._set(knob, value))
            field.box.editingFinished.connect(self.show_layer)
            self.fields[knob.path] = field
            self._grid.addWidget(row_label(knob.title, field), row, 0)
            self._grid.addWidget(field, row, 1)
        for switch in switches(adjustment):
            box = QCheckBox(switch.title)
            box.setProperty("look", "caption")
            box.setToolTip(switch.hint)
            box.toggled.connect(lambda on, name=switch.field: self._turn(name, on))
            self.boxes[switch.field] = box
            self._grid.addWidget(box, self._grid.rowCount(), 0, 1, 2)
        if isinstance(adjustment, Curves):
            self.curves = CurvesForm()
            self.curves.began.connect(self._next_drag)
            self.curves.changed.connect(self._bend)
            self.curves.show_heights(self._tones.heights)
            self._grid.addWidget(self.curves, 0, 0, 1, 2)

    def _next_drag(self) -> None:
        self._drag += 1

    def _set(self, knob: Knob, value: float) -> None:
        layer = self.layer
        if layer is None:
            return
        changed = with_value(layer.adjustment, knob.path, value * knob.share)
        if isinstance(changed, Levels) and changed.white <= changed.black:
            if not self.fields[knob.path].box.hasFocus():  # who types 70 begins with 7
                self.show_layer()  # black must stay below white
            return
        self._edits.change(merge=f"adjust-{self._drag}-{layer.id}-{knob.path}", adjustment=changed)

    def _turn(self, field: str, on: bool) -> None:
        layer = self.layer
        if layer is not None:
            self._edits.change(adjustment=dataclasses.replace(layer.adjustment, **{field: on}))  # type: ignore[arg-type]

    def _bend(self, curves: Curves) -> None:
        layer = self.layer
        if layer is not None:
            self._edits.change(merge=f"adjust-{self._drag}-{layer.id}", adjustment=curves)

    def _show_heights(self, heights: object) -> None:
        if self.curves is not None:
            self.curves.show_heights(heights)  # type: ignore[arg-type]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Adjustments", text)
