"""How pictures are made on the canvas: how much of what is there stays, and what a selection is wanted for."""

import dataclasses

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QWidget

from studio.domain.inpainting import INTENTS, Infill, Intent
from studio.ui.paint.desk import Options, PaintDesk
from studio.ui.paint.panels.form import Form
from studio.ui.paint.panels.infill_preview import InfillPreview
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.slider_field import SliderField
from studio.ui.widgets.wheel import Choice


class GenerateForm(Form):
    """Intent, strength and seam; the words above say what Generate will do."""

    def __init__(self, desk: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.words = label("", "small", wrap=True)
        self.add_wide(self.words)
        self.strength = SliderField(1, 100)
        self.strength.default = 100
        self.strength.name(
            self.tr("Strength"),
            self.tr("How much is made anew, in percent: 100 begins from nothing, less from what is there"),
        )
        self.strength.changed.connect(self._set_strength)
        self.add_row(self.tr("Strength"), self.strength)
        self._strength_row = self._grid.rowCount() - 1
        self.intent = self._choice(
            self.tr("Intent"), self.tr("What the selected part is wanted for; it sets what follows"), self._intents()
        )
        self.infill = self._choice(
            self.tr("Infill"), self.tr("What stands in the selected part before the model begins"), self._infills()
        )
        self.shown = push_button(
            self.tr("Show the infill"),
            look="toggle",
            sign="eye",
            hint=self.tr("See on the canvas what the model will begin with in the selected part"),
        )
        self.shown.setCheckable(True)
        self._infill_preview = InfillPreview(desk, self.shown)
        self.add_wide(self.shown)
        self.feather = self._number(self.tr("Feather"), self.tr("How softly the seam fades out, in pixels"), "feather")
        self.grow = self._number(self.tr("Grow"), self.tr("By how much the selection is widened, in pixels"), "grow")
        self.intent.activated.connect(self._set_intent)
        self.infill.activated.connect(lambda _: self._set(infill=Infill(self.infill.currentData())))
        self._showing.append(self._show_all)
        desk.changed.connect(lambda *_: self._show_all(desk.options))

    def hideEvent(self, event: QHideEvent) -> None:
        """With another tool, the canvas is seen as it is."""
        self.shown.setChecked(False)

    def _intents(self) -> dict[str, str]:
        return {
            Intent.FILL: self.tr("Fill"),
            Intent.EXPAND: self.tr("Expand"),
            Intent.ADD: self.tr("Add something"),
            Intent.REMOVE: self.tr("Remove something"),
            Intent.REPLACE_BACKGROUND: self.tr("Replace the background"),
        }

    def _infills(self) -> dict[str, str]:
        return {
            Infill.NONE: self.tr("What is there"),
            Infill.BLUR: self.tr("Blurred surroundings"),
            Infill.EDGE_EXTEND: self.tr("Extended edges"),
            Infill.NOISE: self.tr("Noise"),
            Infill.TELEA: self.tr("Continued lines"),
            Infill.CONTENT: self.tr("Texture from elsewhere"),
        }

    def _choice(self, text: str, hint: str, titles: dict[str, str]) -> Choice:
        box = Choice()
        box.setAccessibleName(text)
        box.setToolTip(hint)
        for value, title in titles.items():
            box.addItem(title, str(value))
        self.add_row(text, box)
        return box

    def _number(self, text: str, hint: str, name: str) -> SliderField:
        field = SliderField(0, 64, most=1024)
        field.default = getattr(INTENTS[Intent.FILL], name)
        field.name(text, hint)
        field.changed.connect(lambda value: self._set(**{name: round(value)}))
        self.add_row(text, field)
        return field

    def _selected(self) -> bool:
        return self._desk.document.selection is not None

    def _set(self, **fields: object) -> None:
        inpaint = dataclasses.replace(self._desk.options.inpaint, **fields)  # type: ignore[arg-type]
        self._desk.set_options(inpaint=inpaint)

    def _set_intent(self) -> None:
        self._desk.set_options(inpaint=INTENTS[Intent(self.intent.currentData())])

    def _set_strength(self, percent: float) -> None:
        if self._selected():
            self._set(strength=percent / 100)
        else:
            self._desk.set_options(strength=percent / 100)

    def _show_all(self, options: Options) -> None:
        selected = self._selected()
        inpaint = options.inpaint
        strength = inpaint.strength if selected else options.strength
        with QSignalBlocker(self.strength), QSignalBlocker(self.feather), QSignalBlocker(self.grow):
            self.strength.set_value(round(strength * 100))
            self.feather.set_value(inpaint.feather)
            self.grow.set_value(inpaint.grow)
        self.intent.setCurrentIndex(self.intent.findData(str(inpaint.intent)))
        self.infill.setCurrentIndex(self.infill.findData(str(inpaint.infill)))
        for row in range(self._grid.rowCount()):
            for column in (0, 1):
                item = self._grid.itemAtPosition(row, column)
                widget = item.widget() if item is not None else None
                if widget is not None and row > self._strength_row:
                    widget.setVisible(selected)
        if selected:
            words = self.tr("Generate makes what is selected anew and touches nothing else.")
        elif options.strength < 1:
            words = self.tr("Generate begins with what is seen in the frame.")
        else:
            words = self.tr("Generate makes a new picture in the frame. Drag the frame or its handles to place it.")
        self.words.setText(words)
