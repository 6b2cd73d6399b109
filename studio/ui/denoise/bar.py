"""The part below the canvas that shows a picture's steps, and the way to another picture from one of them."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.denoise.branching import BranchPanel
from studio.ui.denoise.film import FilmStrip
from studio.ui.denoise.way import Way
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import ElidedLabel, label


class DenoiseBar(QFrame):
    """A strip of film, the step in words, and the form of a branch while that is asked for."""

    moved = Signal()  # to another stop
    closed = Signal()
    branched = Signal(object)  # Branch

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "footer")
        self.way: Way | None = None
        self.film = FilmStrip()
        self.words = label("", "heading")
        self.hint = ElidedLabel("", "caption")
        self.branch_button = push_button(self.tr("Branch from here"), sign="git-branch")
        self.go_button = push_button(
            self.tr("Branch"),
            look="accent-small",
            hint=self.tr("Queue another picture that leaves the way after this step"),
        )
        self.close_button = tool_button("x", self.tr("Close"))
        self.branching = BranchPanel()
        self._low = False
        self.film.valueChanged.connect(self._moved)
        self.branch_button.clicked.connect(self._begin_branch)
        self.go_button.clicked.connect(lambda: self.branched.emit(self.branching.form.branch()))
        self.close_button.clicked.connect(self._close_one)
        self._arrange()
        self._open_branch(False)
        self.hide()

    @property
    def stop(self) -> int:
        """The stop that is chosen."""
        return self.film.value()

    @property
    def at_end(self) -> bool:
        """Is the last stop chosen, which is the finished picture where there is one?"""
        return self.film.value() == self.film.maximum()

    @property
    def step(self) -> int:
        """How many steps are done at the stop that is chosen."""
        if self.way is None or not self.way.kept:
            return 0
        return self.way.kept[self.stop].step if self.stop < len(self.way.kept) else self.way.total

    def show_way(self, way: Way, result: QImage, why_empty: str = "") -> None:
        """Another way, at its end; or why there is none."""
        self.way = way
        self.film.show_way(way, result)
        self._open_branch(False)
        self._describe(why_empty)
        self.show()

    def set_low(self, low: bool) -> None:
        """Is there little room above?"""
        if low != self._low:
            self._low = low
            self._show_film()

    def back(self) -> None:
        """To the finished picture; from there, away."""
        if self.at_end:
            self.closed.emit()
        else:
            self.film.setValue(self.film.maximum())

    def event(self, event: QEvent) -> bool:
        """Escape belongs to what is open here, before it cancels a job."""
        if event.type() == QEvent.Type.ShortcutOverride and is_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes one thing back: the form, the step, the steps."""
        if not is_escape(event):
            super().keyPressEvent(event)
        elif self.branching.isHidden():
            self.back()
        else:
            self._close_one()

    def image(self) -> QImage:
        """The picture of the stop that is chosen."""
        return self.film.image(self.stop)

    def _moved(self) -> None:
        self._describe()
        if self.way is not None and not self.branching.isHidden() and self.way.may_branch(self.step):
            self.branching.form.offer(self.way.recipe, self.step)
        self.moved.emit()

    def _describe(self, why_empty: str = "") -> None:
        way = self.way
        if way is None or not way.kept:
            self.words.setText(self.tr("No steps to show"))
            self.hint.set_text(why_empty)
            return
        step = self.tr("Step {step} of {total}").format(step=self.step, total=way.total)
        result = self.stop >= len(way.kept)
        self.words.setText(self.tr("The finished picture") if result else step)
        self.film.setAccessibleDescription(self.words.text())
        fits = way.may_branch(self.step)
        self.branch_button.setEnabled(fits)
        self.go_button.setEnabled(fits)
        self.hint.set_text(self._hint(result, fits))

    def _hint(self, result: bool, fits: bool) -> str:
        if result:
            return self.tr("Drag along the film or press ← to see how it came about.")
        if not fits:
            return self.tr("Nothing follows this step; choose an earlier one to branch.")
        if not self.branching.isHidden():
            return self.tr("Another way from here:")
        return self.tr("The picture as it was guessed then. Esc goes back to the end.")

    def _begin_branch(self) -> None:
        if self.way is None:
            return
        form = self.branching.form
        form.begin(self.way.recipe, self.step)
        self._open_branch(True)
        self._describe()
        form.prompt.setFocus()
        form.prompt.selectAll()

    def _close_one(self) -> None:
        """The form, or else the steps."""
        if self.branching.isHidden():
            self.closed.emit()
            return
        self._open_branch(False)
        self._describe()
        self.film.setFocus()

    def _open_branch(self, opened: bool) -> None:
        kept = self.way is not None and bool(self.way.kept)
        self.branching.setVisible(opened)
        self.go_button.setVisible(opened)
        self.branch_button.setVisible(kept and not opened)
        self._show_film()

    def _show_film(self) -> None:
        """In a low window the form takes its place; the arrows still walk on the canvas."""
        kept = self.way is not None and bool(self.way.kept)
        self.film.setVisible(kept and not (self._low and not self.branching.isHidden()))

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACE.medium)
        row.addWidget(self.words)
        row.addWidget(self.hint, 1)
        row.addWidget(self.branch_button)
        row.addWidget(self.go_button)
        row.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.large, SPACE.small, SPACE.small, SPACE.small)
        layout.setSpacing(SPACE.hair)
        layout.addWidget(self.film)
        layout.addLayout(row)
        layout.addWidget(self.branching)


def is_escape(event: QEvent) -> bool:
    """Is it the Escape key alone?"""
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and not event.modifiers()
