"""The form of clips that are made without a model: a still that flows, a clip that was made to loop, frames between."""

import dataclasses
from typing import Any

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.domain.sequence import MAX_FRAMES
from studio.domain.treatment import MAX_FACTOR, Deflicker, FlowLoop, Interpolation, Loopify, Treatment
from studio.ui.theme.tokens import SPACE
from studio.ui.train.rows import Row, check_row, place_rows, slider_row
from studio.ui.widgets.labels import label


def _tr(text: str) -> str:
    return QCoreApplication.translate("ClipForm", text)


def _rows() -> dict[str, Row]:
    return {
        "frames": slider_row(_tr("Frames"), _tr("How many frames the loop has"), 2, 96, least=2, most=MAX_FRAMES),
        "reach": slider_row(
            _tr("Reach"), _tr("How far an arrow is felt, as a share of the picture's diagonal"),
            0.02, 0.5, least=0.01, most=1, step=0.01, decimals=2,
        ),
        "least": slider_row(_tr("At least"), _tr("Frames of the shortest loop"), 2, 96, least=2, most=MAX_FRAMES),
        "most": slider_row(
            _tr("At most"), _tr("Frames of the longest loop; 0 for all of the clip"), 0, 240, least=0, most=MAX_FRAMES
        ),
        "blend": slider_row(
            _tr("Blend"), _tr("Frames that are blended along their motion at the cut; 0 chooses by the length"),
            0, 24, least=0, most=MAX_FRAMES,
        ),
        "factor": slider_row(
            _tr("Factor"), _tr("How many times as many frames"), 2, 8, least=2, most=MAX_FACTOR
        ),
        "strength": slider_row(
            _tr("Strength"), _tr("How much of the flicker is taken out"),
            0.1, 1, least=0.01, most=1, step=0.01, decimals=2,
        ),
        "closed": check_row(_tr("Loop"), _tr("Also between the last and the first; off: a clip with two ends")),
    }  # fmt: skip


_FIELDS: dict[type, tuple[str, ...]] = {
    FlowLoop: ("frames", "reach"),
    Loopify: ("least", "most", "blend"),
    Interpolation: ("factor", "closed"),
    Deflicker: ("strength", "closed"),
}


class TreatmentForm(QWidget):
    """`edited` names the field that the user changed."""

    edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.about = label("", "caption", wrap=True)
        self.rows = _rows()
        self._showing = False
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE.small)
        grid.setVerticalSpacing(SPACE.hair)
        grid.setColumnStretch(1, 1)
        place_rows(grid, list(self.rows.values()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.medium)
        column.addWidget(self.about)
        column.addLayout(grid)
        column.addStretch(1)
        for name, row in self.rows.items():
            row.changed.connect(lambda name=name: self._changed(name))

    def show_task(self, task: Treatment) -> None:
        """Show a request."""
        self.about.setText(_described(task))
        self._showing = True
        for name, row in self.rows.items():
            shown = name in _FIELDS[type(task)]
            row.set_shown(shown)
            if shown and row.read() != getattr(task, name):
                row.show_value(getattr(task, name))
        self._showing = False

    def task(self, base: Treatment) -> Treatment:
        """`base` with what is shown."""
        read: dict[str, Any] = {name: self.rows[name].read() for name in _FIELDS[type(base)]}
        return dataclasses.replace(base, **read)

    def _changed(self, name: str) -> None:
        if not self._showing:
            self.edited.emit(name)


def _described(task: Treatment) -> str:
    match task:
        case FlowLoop():
            words = _tr("A still picture flows along {n} arrows, which were drawn on the canvas with the Flow tool.")
            return words.format(n=len(task.arrows))
        case Loopify():
            return _tr(
                "The best place to cut is sought in a clip, and the frames there are blended along their motion."
            )
        case Interpolation():
            return _tr("New frames between those that there are, made of their motion.")
        case Deflicker():
            return _tr("Fast changes of brightness and colour from frame to frame are taken out; slow ones stay.")
