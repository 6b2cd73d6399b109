"""How the brush and the eraser paint."""

import dataclasses
from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QPushButton, QWidget

from studio.domain.document.adjustments import LINE, CurvePoint
from studio.domain.document.brushes import PRESETS, Brush, BrushKind, Symmetry, Texture, response
from studio.ui.paint.desk import Options, PaintDesk
from studio.ui.paint.panels.curve_editor import CurveField
from studio.ui.paint.panels.curve_points import Points
from studio.ui.paint.panels.form import Form, show_check, show_number
from studio.ui.widgets.slider_field import SliderField
from studio.ui.widgets.wheel import Choice

_LARGE = 400  # pixels: as far as the slider of sizes goes; more can be typed
_PERCENT = 100
SOFT: Points = (CurvePoint(0.0, 0.0), CurvePoint(0.3, 0.6), CurvePoint(1.0, 1.0))
FIRM: Points = (CurvePoint(0.0, 0.0), CurvePoint(0.7, 0.4), CurvePoint(1.0, 1.0))


class BrushForm(Form):
    """Preset, size, opacity and hardness; folded away the tip, the pen's pressure, and how the stroke runs."""

    def __init__(self, desk: PaintDesk, field: str, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._field = field
        self._folds: list[QPushButton] = []
        self.preset = self._choice(self.tr("Brush"), self.tr("A brush to begin with; everything below can be changed"))
        self.preset.setPlaceholderText(self.tr("Plain"))  # the eraser's own, until one is chosen
        for preset in PRESETS:
            self.preset.addItem(preset.name, preset)
        self.preset.activated.connect(lambda _: self._set(**_values(self.preset.currentData())))
        self._showing.append(self._show_preset)
        self.diameter = self._add(self.tr("Size"), self.tr("Diameter in pixels ([ and ])"), "size", _LARGE, 1, 1000)
        self.opacity = self._add(
            self.tr("Opacity"), self.tr("Of a whole stroke, in percent (1 to 9, and 0 for all)"), "opacity", 100, 0.01
        )
        hard = self.tr("Where the edge begins to fall off, in percent of the radius (Shift+[ and Shift+])")
        self._add(self.tr("Hardness"), hard, "hardness", 100, 0.01)
        self._add_tip()
        self._add_pen()
        self._add_run()

    # ------------------------------------------------------------------------------------------ what is folded

    def _add_tip(self) -> None:
        self.tip_fold = self._fold(self.tr("Tip"), self.tr("Shape, spacing, grain, scatter"))
        self.tip = self._choice(self.tr("Shape"), self.tr("A disc, or a tip with a grain of its own"))
        self.tip.addItem(self.tr("Round"), None)
        names = (self.tr("Chalk"), self.tr("Charcoal"), self.tr("Bristle"), self.tr("Sponge"), self.tr("Spatter"))
        for texture, title in zip(Texture, names, strict=True):
            self.tip.addItem(title, texture.value)
        self.tip.activated.connect(self._set_tip)
        self._showing.append(self._show_tip)
        spacing = self.tr("From one dab to the next, in percent of the size")
        self._add(self.tr("Spacing"), spacing, "spacing", 100, 0.01, 1000, low=1)
        flat = self.tr("The short axis in percent of the long one")
        self._add(self.tr("Roundness"), flat, "roundness", 100, 0.01, low=2)
        self._add(self.tr("Angle"), self.tr("The turn of the tip in degrees, clockwise"), "angle", 180, 1.0, low=-180)
        grain = self.tr("How much the grain of the paper takes away, in percent")
        self._add(self.tr("Grain"), grain, "grain", 100, 0.01)
        scatter = self.tr("How far chance carries a dab from the path, in percent of the size")
        self._add(self.tr("Scatter"), scatter, "scatter", 200, 0.01, 1000)
        self.end_fold()

    def _add_pen(self) -> None:
        self.pen_fold = self._fold(self.tr("Pen pressure and tilt"), self.tr("What the pen's pressure and tilt do"))
        for text, name, hint in (
            (self.tr("On size"), "size_by_pressure", self.tr("How much of the size a light hand takes away")),
            (self.tr("On opacity"), "opacity_by_pressure", self.tr("How much opacity a light hand takes away")),
            (self.tr("On flow"), "flow_by_pressure", self.tr("How much of the flow a light hand takes away")),
        ):
            self._add(text, self.tr("{what}, in percent").format(what=hint), name, 100, 0.01)
        self.feel = self._choice(self.tr("Feel"), self.tr("How hard the pen must be pressed; the curve can be bent"))
        for title, points in ((self.tr("Soft"), SOFT), (self.tr("Linear"), LINE), (self.tr("Firm"), FIRM)):
            self.feel.addItem(title, points)
        self.feel.addItem(self.tr("Own curve"), None)
        self.feel.activated.connect(lambda _: self._set_feel(self.feel.currentData()))
        hint = self.tr("The pen's pressure from left to right, and from below what the brush takes it for. "
                       "Click to add a point, drag it far out to remove it; arrow keys move it.")  # fmt: skip
        self.pressure = CurveField(_evaluate, _PERCENT, self.tr("Pressure curve"), hint)
        self.pressure.changed.connect(lambda points: self._set(pressure_curve=points))
        self.add_wide(self.pressure)
        self._showing.append(self._show_pressure)
        lying = self.tr("How much flatter the tip gets the flatter the pen is held, in percent")
        self.tilt = self._add(self.tr("Tilt flattens"), lying, "tilt_flattens", 100, 0.01)
        self.turning = self._switch(
            self.tr("Tilt turns the tip"), self.tr("The tip points to where the pen leans"), "tilt_turns"
        )
        self.end_fold()

    def _add_run(self) -> None:
        self.more = self._fold(self.tr("More"), self.tr("Flow, steadiness, symmetry"))
        flow = self.tr("How much each dab adds, in percent")
        self._add(self.tr("Flow"), flow, "flow", 100, 0.01, low=1)
        steady = self.tr("How far the brush follows behind the pen, in percent: steadies the hand")
        self._add(self.tr("Steady"), steady, "smoothing", 95, 0.01)
        string = self.tr("Length in pixels of a string on which the pen pulls the brush: for long, calm lines")
        self._add(self.tr("String"), string, "string", 200, 1.0, 1000)
        self._add_symmetry()
        if self._field == "brush":
            self.add_check(
                self.tr("Keep transparency"), self.tr("Paint only where the layer has pixels already"), "lock_alpha"
            )
        self.end_fold()

    def _fold(self, text: str, hint: str) -> QPushButton:
        """One is open at a time: the panel below needs room too."""
        button = self.begin_fold(text, hint)
        button.clicked.connect(lambda: self._close_folds(button))
        self._folds.append(button)
        return button

    def _close_folds(self, opened: QPushButton) -> None:
        for button in self._folds:
            if button is not opened:
                button.setChecked(False)

    def _add_symmetry(self) -> None:
        box = self.symmetry = self._choice(
            self.tr("Symmetry"), self.tr("Each dab is repeated about the middle of the canvas")
        )
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
            now = (options.symmetry.mirror_x, options.symmetry.mirror_y, options.symmetry.radial)
            kinds = [tuple(box.itemData(row)) for row in range(box.count())]  # findData compares no tuples
            with QSignalBlocker(box):
                box.setCurrentIndex(kinds.index(now) if now in kinds else 0)

        self._showing.append(show)

    # ------------------------------------------------------------------------------------------ rows

    def _choice(self, text: str, hint: str) -> Choice:
        box = Choice()
        box.setAccessibleName(text)
        box.setToolTip(hint)
        self.add_row(text, box)
        return box

    def _add(
        self, text: str, hint: str, name: str, high: float, share: float, most: float | None = None, low: float = 0
    ) -> SliderField:
        field = SliderField(max(low, 1.0) if name == "size" else low, high, most=most)
        field.default = getattr(PRESETS[0], name) / share
        field.name(text, hint)
        field.changed.connect(lambda value: self._set(**{name: value * share}))
        self._showing.append(lambda options: show_number(field, getattr(self._brush(options), name) / share))
        self.add_row(text, field)
        return field

    def _switch(self, text: str, hint: str, name: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setProperty("look", "caption")
        box.setToolTip(hint)
        box.toggled.connect(lambda on: self._set(**{name: on}))
        self._showing.append(lambda options: show_check(box, bool(getattr(self._brush(options), name))))
        self.add_wide(box)
        return box

    # ------------------------------------------------------------------------------------------ setting and showing

    def _brush(self, options: Options) -> Brush:
        brush: Brush = getattr(options, self._field)
        return brush

    def _set(self, **fields: object) -> None:
        brush = dataclasses.replace(self._brush(self._desk.options), **fields)  # type: ignore[arg-type]
        self._desk.set_options(**{self._field: brush})

    def _set_tip(self) -> None:
        texture = self.tip.currentData()
        if texture is None:
            self._set(kind=BrushKind.ROUND)
        else:
            self._set(kind=BrushKind.TEXTURED, texture=Texture(texture))

    def _set_feel(self, points: Points | None) -> None:
        if points is None:
            self.pressure.setFocus()  # it is theirs to bend
            self.show_options()
        else:
            self._set(pressure_curve=points)

    def _set_symmetry(self, mirror_x: bool, mirror_y: bool, radial: int) -> None:
        self._desk.set_options(symmetry=Symmetry(0, 0, mirror_x, mirror_y, radial))

    def _show_preset(self, options: Options) -> None:
        with QSignalBlocker(self.preset):
            self.preset.setCurrentIndex(self.preset.findText(self._brush(options).name))

    def _show_tip(self, options: Options) -> None:
        brush = self._brush(options)
        with QSignalBlocker(self.tip):
            plain = brush.kind is BrushKind.ROUND
            self.tip.setCurrentIndex(0 if plain else self.tip.findData(brush.texture.value))

    def _show_pressure(self, options: Options) -> None:
        points = self._brush(options).pressure_curve
        self.pressure.show_points(points)
        known = (SOFT, LINE, FIRM)
        with QSignalBlocker(self.feel):
            self.feel.setCurrentIndex(known.index(points) if points in known else len(known))


def _values(brush: Brush) -> dict[str, object]:
    return {field.name: getattr(brush, field.name) for field in dataclasses.fields(brush)}


def _evaluate(points: Points, xs: Sequence[float]) -> list[float]:
    value = response(points)
    return [value(x) for x in xs]
