"""The dialog in which a picture is made again: how far it is, and whether the same came out."""

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.domain.errors import Problem
from studio.session.reproduce import Comparison
from studio.ui.lab.view import PictureBox
from studio.ui.reproduction.outcome import Outcome
from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label

_WIDTH = 440
_PICTURE = 320  # logical pixels, the height of the pictures
_TICKS = 1000
_SIGN = 20
_REASONS = 4  # that are shown; all are in the tooltip


def _tr(text: str) -> str:
    return QCoreApplication.translate("ReproductionDialog", text)


class ReproductionDialog(QDialog):
    """`ended` is emitted once, when it is closed; `kept` when the new picture is wanted as well."""

    kept = Signal()
    ended = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Reproduce {name}").format(name=name))
        self.setMinimumWidth(_WIDTH)
        self._pictures: tuple[Outcome, ...] = ()
        self.sign, self.heading = QLabel(), label("", "heading", wrap=True)
        self.text = label("", "caption", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.box = PictureBox(self.tr("The picture"))
        self.box.setFixedHeight(_PICTURE)
        self.views = QButtonGroup(self)
        self.segments = self._segments()
        self.keep_button = push_button(self.tr("Keep the new picture"), sign="save")
        self.close_button = push_button(self.tr("Cancel"))
        self.keep_button.clicked.connect(self._keep)
        self.close_button.clicked.connect(self.reject)
        self.finished.connect(lambda _code: self.ended.emit())
        self.views.idToggled.connect(lambda view, on: self._view(view) if on else None)
        self._arrange()
        for part in (self.box, self.segments, self.keep_button):
            part.hide()
        self.show_progress(self.tr("Reading the picture"), -1.0)

    def show_progress(self, text: str, share: float) -> None:
        """What is being done, and how much of it is: 0 to 1, below 0 when it cannot be counted."""
        self._head("loader", COLOURS.lamp, self.tr("Making it again"))
        self.text.setText(text)
        self.bar.setRange(0, _TICKS if share >= 0 else 0)
        self.bar.setValue(round(max(0.0, share) * _TICKS))
        self.bar.show()

    def fail(self, problem: Problem) -> None:
        """It cannot be made again, or could not."""
        self._head("triangle-alert", COLOURS.warning, problem.message)
        self._end(problem.hint)

    def show_outcome(self, outcome: Outcome) -> None:
        """What came out."""
        comparison = outcome.comparison
        if comparison.equal:
            self._head("circle-check", COLOURS.success, headline(comparison))
        else:
            self._head("triangle-alert", COLOURS.warning, headline(comparison))
        self._end(explanation(comparison))
        self.text.setToolTip("\n".join(comparison.reasons))
        self._pictures = (outcome,)
        self.box.show()
        self.segments.setVisible(not comparison.equal)
        self.keep_button.setVisible(not comparison.equal)
        self.views.button(0 if comparison.equal else 2).setChecked(True)
        self.adjustSize()
        if (parent := self.parentWidget()) is not None:
            self.move(parent.frameGeometry().center() - self.rect().center())

    def _keep(self) -> None:
        self.kept.emit()
        self.keep_button.setEnabled(False)
        self.keep_button.setText(self.tr("Kept"))

    def _end(self, text: str) -> None:
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.bar.hide()
        self.close_button.setText(self.tr("Close"))

    def _head(self, sign: str, colour: str, text: str) -> None:
        self.sign.setPixmap(pixmap(sign, colour, _SIGN, self.devicePixelRatioF()))
        self.heading.setText(text)
        self.setAccessibleDescription(text)

    def _view(self, view: int) -> None:
        for outcome in self._pictures:
            self.box.show_image((outcome.original, outcome.again, outcome.apart)[view])

    def _segments(self) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.hair // 2)
        for view, text in enumerate((self.tr("The file"), self.tr("Made again"), self.tr("Difference"))):
            button = QToolButton()
            button.setText(text)
            button.setCheckable(True)
            button.setProperty("look", "segment")
            button.setFixedHeight(SPACE.row)
            self.views.addButton(button, view)
            row.addWidget(button)
        row.addStretch(1)
        return made

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACE.medium)
        head.addWidget(self.sign)
        head.addWidget(self.heading, 1)
        self.sign.setFixedSize(_SIGN, _SIGN)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE.small)
        buttons.addStretch(1)
        buttons.addWidget(self.keep_button)
        buttons.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.huge, SPACE.huge, SPACE.huge, SPACE.large)
        layout.setSpacing(SPACE.medium)
        layout.addLayout(head)
        layout.addWidget(self.text)
        layout.addWidget(self.bar)
        layout.addWidget(self.segments)
        layout.addWidget(self.box)
        layout.addStretch(1)
        layout.addLayout(buttons)


def headline(comparison: Comparison) -> str:
    """Whether the same came out, in one line."""
    found = comparison.difference
    count = found.size.width * found.size.height
    if comparison.equal and comparison.lossy:
        return _tr("Equal as far as its format keeps pixels")
    if comparison.equal:
        return _tr("Equal: all {count:,} pixels").format(count=count)
    if found.pixels == 1:
        return _tr("1 of {count:,} pixels differs, by {most} of 255").format(count=count, most=found.largest)
    text = _tr("{some:,} of {count:,} pixels differ, by at most {most} of 255")
    return text.format(some=found.pixels, count=count, most=found.largest)


def explanation(comparison: Comparison) -> str:
    """Why it may differ, the likeliest reasons first; or what equality means."""
    if comparison.equal:
        return _tr("Made again from the recipe in the file, the picture is the same.")
    reasons = comparison.reasons[:_REASONS]
    return "\n".join(f"• {reason}" for reason in reasons) if len(reasons) > 1 else "".join(reasons)
