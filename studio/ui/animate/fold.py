"""A part of a form that can be folded away."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.train.rows import Row, place_rows
from studio.ui.widgets.buttons import push_button


class Fold(QWidget):
    """A title that shows and hides the rows below it."""

    def __init__(self, title: str, hint: str, rows: tuple[Row, ...] = (), *, unfolded: bool = False) -> None:
        super().__init__()
        self.button = push_button(title, look="quiet", hint=hint)
        self.button.setCheckable(True)
        self.body = QWidget()
        self.column = QVBoxLayout(self.body)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(SPACE.small)
        self.add(rows)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE.hair)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.body)
        self.button.toggled.connect(self._turn)
        self.button.setChecked(unfolded)
        self._turn(unfolded)

    def add(self, rows: tuple[Row, ...]) -> None:
        """Rows with their names at the left."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE.small)
        grid.setVerticalSpacing(SPACE.hair)
        grid.setColumnStretch(1, 1)
        place_rows(grid, list(rows))
        self.column.addLayout(grid)

    def _turn(self, shown: bool) -> None:
        self.button.setIcon(icon("chevron-down" if shown else "chevron-right", COLOURS.muted, COLOURS.text, 4))
        self.body.setVisible(shown)
