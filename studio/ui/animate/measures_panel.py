"""What was measured of the take that the chosen clip shows: the light, why, and the numbers."""

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.imaging.verdict import Light
from studio.ui.animate.measuring import Found
from studio.ui.animate.words import measure_rows
from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.scroll import ScrollColumn

SIGNS = {  # a shape for each light, for those who see no colours
    Light.GREEN: ("circle-check", COLOURS.success),
    Light.AMBER: ("triangle-alert", COLOURS.warning),
    Light.RED: ("octagon-alert", COLOURS.lamp),
}


def light_name(light: Light) -> str:
    """A light in a word."""
    names = {Light.GREEN: "Good", Light.AMBER: "Fair", Light.RED: "Poor"}
    return QCoreApplication.translate("Clips", names[light])


class VerdictView(QWidget):
    """A light with its reasons."""

    def __init__(self) -> None:
        super().__init__()
        self.sign, self.words = QLabel(), label("", "heading", wrap=True)
        self.more = label("", "caption", wrap=True)
        texts = QVBoxLayout()
        texts.setSpacing(SPACE.hair)
        texts.addWidget(self.words)
        texts.addWidget(self.more)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.small)
        row.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)

    def show_light(self, light: Light, reasons: tuple[str, ...]) -> None:
        """Green, amber or red, the worst reason first."""
        name, colour = SIGNS[light]
        self.sign.setPixmap(pixmap(name, colour, 20, self.devicePixelRatioF()))
        self.sign.setAccessibleName(light_name(light))
        first, *others = reasons or ("",)
        self.words.setText(f"{light_name(light)}: {first}" if first else light_name(light))
        self.more.setText("\n".join(f"{other[:1].upper()}{other[1:]}." for other in others))
        self.more.setVisible(bool(others))


class MeasuresPanel(QWidget):
    """Follows what it is told. `lane_wanted` asks for the values of each frame, below the clip."""

    lane_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: object = None
        self.verdict = VerdictView()
        self.note = label("", "caption", wrap=True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(SPACE.small)
        self._grid.setVerticalSpacing(SPACE.hair)
        self._grid.setColumnStretch(0, 1)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.large)
        column.setSpacing(SPACE.medium)
        column.addWidget(self.verdict)
        column.addWidget(self.note)
        column.addLayout(self._grid)
        self.lane_button = push_button(
            self.tr("Frame by frame"), sign="activity",
            hint=self.tr("Warp error, flicker and drift of each frame, in a lane below the clip"),
        )  # fmt: skip
        self.lane_button.clicked.connect(self.lane_wanted)
        column.addWidget(self.lane_button)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(ScrollColumn(body))
        self.show_found(None, why=self.tr("Choose a clip that was made here."))

    def show_found(self, found: Found | None, *, why: str = "") -> None:
        """What was found, or why nothing is known."""
        self.verdict.setVisible(found is not None)
        self.note.setVisible(found is None)
        self.note.setText(why)
        self.lane_button.setVisible(found is not None)
        if found is self._shown:
            return
        self._shown = found
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        if found is None:
            return
        self.verdict.show_light(found.verdict.light, found.verdict.reasons)
        for row, (name, value, meaning) in enumerate(measure_rows(found.measures)):
            title, number = label(name, "caption"), label(value)
            number.setAlignment(Qt.AlignmentFlag.AlignRight)
            number.setAccessibleName(f"{name}: {value}")
            for column, part in enumerate((title, number)):
                part.setToolTip(meaning)
                self._grid.addWidget(part, row, column)
