"""The picture that an image-to-image run starts from."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.domain.recipe import SourceImage
from studio.ui.dropping import PICTURES
from studio.ui.loader import PictureLoader
from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import ElidedLabel, label
from studio.ui.widgets.slider_field import SliderField

_THUMBNAIL = 56
_STRENGTH = 0.6


class SourceField(QWidget):
    """A button while there is none; then its thumbnail, the strength and a way to remove it.

    `title_of` names pictures that are no file yet; it gives "" for files.
    """

    changed = Signal()
    chosen = Signal(str)

    def __init__(self, loader: PictureLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path, self._loader = "", loader
        self.title_of: Callable[[str], str] = lambda _path: ""
        loader.loaded.connect(self._show_picture)
        self.pick_button = push_button(
            self.tr("Start from a picture…"),
            sign="image-plus",
            shortcut="Ctrl+O",
            hint=self.tr("Change a picture instead of making one from noise"),
        )
        self.pick_button.clicked.connect(self.pick)
        self.card = QFrame()
        self.card.setProperty("look", "card")
        self.picture = QLabel()
        self.picture.setFixedSize(_THUMBNAIL, _THUMBNAIL)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.file_name = ElidedLabel()
        self.remove_button = tool_button("x", self.tr("Remove the starting picture"))
        self.remove_button.clicked.connect(self.clear)
        self.strength = SliderField(0.05, 1.0, step=0.05, decimals=2, least=0.01)
        self.strength.default = _STRENGTH
        self.strength.set_value(_STRENGTH)
        self.strength.name(self.tr("Strength"), self.tr("How far to move from the picture: 0 keeps it, 1 ignores it"))
        self.strength.changed.connect(self.changed)
        self._arrange()
        self.clear()

    @property
    def value(self) -> SourceImage | None:
        """The starting picture, or None."""
        return SourceImage(self._path, self.strength.value) if self._path else None

    def set_value(self, source: SourceImage | None) -> None:
        """Show another starting picture."""
        if source is None:
            self.clear()
            return
        self._path = source.path
        self.strength.set_value(source.strength)
        to_come = self.title_of(source.path)
        name = to_come or Path(source.path).name
        self.file_name.set_text(name)
        if to_come:
            self.picture.setPixmap(pixmap("image-up", COLOURS.faint, 20, self.devicePixelRatioF()))
        else:
            self.picture.clear()
            self._loader.request(source.path, self._pixels())
        self.picture.setAccessibleName(self.tr("Starting picture {name}").format(name=name))
        self._show_card(True)

    def start_from(self, path: str) -> None:
        """Take a file as the starting picture, with the strength as it stands."""
        self.set_value(SourceImage(path, self.strength.value))

    def clear(self) -> None:
        """Make pictures from noise again."""
        self._path = ""
        self._show_card(False)

    def pick(self) -> None:
        """Ask for a file."""
        pattern = " ".join(f"*{suffix}" for suffix in PICTURES)
        path, _ = QFileDialog.getOpenFileName(
            self.window(), self.tr("Start from a picture"), "", self.tr("Pictures ({pattern})").format(pattern=pattern)
        )
        if path:
            self.chosen.emit(path)

    def _pixels(self) -> int:
        return round(_THUMBNAIL * self.devicePixelRatioF())

    def _show_picture(self, path: str, limit: int, image: QImage) -> None:
        if path == self._path and limit == self._pixels():
            pixmap = QPixmap.fromImage(image)
            pixmap.setDevicePixelRatio(self.devicePixelRatioF())
            self.picture.setPixmap(pixmap)

    def _show_card(self, shown: bool) -> None:
        self.card.setVisible(shown)
        self.pick_button.setVisible(not shown)
        self.changed.emit()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE.hair)
        top.addWidget(self.file_name, 1)
        top.addWidget(self.remove_button)
        bottom = QHBoxLayout()
        bottom.setSpacing(SPACE.small)
        bottom.addWidget(label(self.tr("Strength"), "caption", buddy=self.strength))
        bottom.addWidget(self.strength, 1)
        grid = QGridLayout(self.card)
        grid.setContentsMargins(SPACE.small, SPACE.small, SPACE.small, SPACE.small)
        grid.setHorizontalSpacing(SPACE.medium)
        grid.setVerticalSpacing(0)
        grid.addWidget(self.picture, 0, 0, 2, 1)
        grid.addLayout(top, 0, 1)
        grid.addLayout(bottom, 1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pick_button)
        layout.addWidget(self.card)
