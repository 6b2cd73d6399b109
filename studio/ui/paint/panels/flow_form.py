"""How the canvas flows along its arrows, and the loop that is made of it."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from studio.domain.document.flow import freeze_of
from studio.ui.paint.desk import Options, PaintDesk
from studio.ui.paint.panels.form import Form
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.slider_field import SliderField


class FlowForm(Form):
    """Numbers of the motion, what stands still, the preview on the canvas, and Make loop."""

    def __init__(self, desk: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.words = label("", "small", wrap=True)
        self.add_wide(self.words)
        self._add_verbs()
        self._add_freeze()
        reach = self.tr("How far an arrow is felt, in percent of the canvas's diagonal")
        self.add_slider(self.tr("Reach"), reach, SliderField(2, 60, least=1, most=100), 0.15, "flow_reach", 0.01)
        speed = self.tr("How strong all arrows are, in percent")
        self.add_slider(self.tr("Speed"), speed, SliderField(10, 300, least=1, most=1000), 1.0, "flow_speed", 0.01)
        frames = self.tr("How many frames the loop has")
        self.add_slider(self.tr("Frames"), frames, SliderField(12, 120, least=2, most=2000), 48, "flow_frames")
        rate = self.tr("Frames a second")
        self.add_slider(self.tr("Rate"), rate, SliderField(6, 30, least=1, most=60), 24, "flow_rate")
        layer = self.tr("Only the active layer flows, with its transparency; else all that is seen")
        self.add_check(self.tr("Only the active layer"), layer, "flow_layer")
        self._showing.append(self._show_all)
        desk.changed.connect(lambda *_: self._show_all(desk.options))

    def _add_freeze(self) -> None:
        """What stands still: painted on a layer, or what is selected."""
        self.freeze_paint = tool_button(
            "brush",
            self.tr("Paint what stands still"),
            hint=self.tr("Paint what stands still with the brush, on the layer “Freeze”; the eraser takes away"),
            look="field",
        )
        self.freeze_selection = tool_button(
            "square-plus",
            self.tr("Freeze the selection"),
            hint=self.tr("What is selected stands still, besides what does already"),
            look="field",
        )
        self.freeze_none = tool_button("x", self.tr("Nothing stands still any more"), look="field")
        for button, what in (
            (self.freeze_paint, "paint"),
            (self.freeze_selection, "selection"),
            (self.freeze_none, "none"),
        ):
            button.clicked.connect(lambda _checked=False, what=what: self._desk.freeze_wanted.emit(what))
        self.add_row(self.tr("Freeze"), _row(self.freeze_paint, self.freeze_selection, self.freeze_none))

    def _add_verbs(self) -> None:
        self.preview = push_button(
            self.tr("Preview"),
            look="toggle",
            sign="play",
            hint=self.tr("Let the canvas flow in its place, small and quick; Esc ends it"),
        )
        self.preview.setCheckable(True)
        self.preview.toggled.connect(lambda on: self._desk.set_options(flow_preview=on))
        self.loop = push_button(
            self.tr("Make loop"),
            look="accent-small",
            sign="repeat",
            hint=self.tr("Make a clip of the canvas as it flows, and go to it on the timeline"),
        )
        self.loop.clicked.connect(self._desk.loop_wanted)
        self.add_wide(_row(self.preview, self.loop))

    def _show_all(self, options: Options) -> None:
        desk = self._desk
        document = desk.document
        count = len(document.flow)
        freeze = freeze_of(document)
        flows = bool(count) and not desk.read_only
        self.preview.setEnabled(bool(count))
        self.loop.setEnabled(flows)
        with QSignalBlocker(self.preview):
            self.preview.setChecked(options.flow_preview)
        self.freeze_selection.setEnabled(document.selection is not None and not desk.read_only)
        self.freeze_paint.setEnabled(not desk.read_only)
        self.freeze_none.setEnabled(freeze is not None and not desk.read_only)
        seconds = options.flow_frames / options.flow_rate
        if not count:
            words = self.tr("Drag on the canvas to draw where it flows. Alt or the right button erases.")
        else:
            words = self.tr("Arrows: {count} · a loop of {seconds:.1f} s").format(count=count, seconds=seconds)
        self.words.setText(words)


def _row(*buttons: QWidget) -> QWidget:
    """Buttons side by side; those with words share the room."""
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, SPACE.hair, 0, 0)
    line.setSpacing(SPACE.hair)
    for button in buttons:
        line.addWidget(button, 1 if isinstance(button, QPushButton) else 0)
    if not isinstance(buttons[-1], QPushButton):
        line.addStretch(1)
    return row
