"""The strip above the canvas while a frame of a clip is repaired there."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from studio.ui.paint.frames.frame_desk import FrameDesk
from studio.ui.paint.frames.frame_overlay import FrameOverlay
from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import ElidedLabel, label

_SIGN = 16


class FrameBar(QFrame):
    """Which frame lies on the canvas, and what can be done with it."""

    def __init__(self, frames: FrameDesk, overlay: FrameOverlay, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frames = frames
        self.setProperty("look", "title")
        self.setAccessibleName(self.tr("Frame on the canvas"))
        self.sign = label("")
        self.sign.setPixmap(pixmap("film", COLOURS.lamp, _SIGN, self.devicePixelRatioF()))
        self.words = ElidedLabel("", "caption")
        self.words.setMinimumWidth(64)
        self.onion_button = push_button(
            self.tr("Onion skin"),
            look="toggle",
            sign="layers-2",
            hint=self.tr("See the frames before (red) and after (blue) where they differ; on a loop across its seam"),
        )
        self.onion_button.setCheckable(True)
        self.onion_button.setChecked(overlay.onion)
        self.discard_button = push_button(
            self.tr("Discard"), hint=self.tr("Take the frame off the canvas; the clip stays as it was")
        )
        self.back_button = push_button(
            self.tr("Bring it back"),
            look="accent-small",
            sign="check",
            hint=self.tr("Make a new take of the clip with this frame as it is now, and take it off the canvas"),
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.medium, SPACE.hair, SPACE.small, SPACE.hair)
        row.setSpacing(SPACE.small)
        row.addWidget(self.sign)
        row.addWidget(self.words, 1)
        for button in (self.onion_button, self.discard_button, self.back_button):
            row.addWidget(button)
        self.onion_button.toggled.connect(overlay.show_onion)
        self.discard_button.clicked.connect(frames.discard)
        self.back_button.clicked.connect(frames.bring_back)
        frames.changed.connect(self._show)
        frames.desk.changed.connect(self._show_name)
        self._show()

    def _show(self) -> None:
        self.setVisible(self._frames.repair is not None)
        self._show_name()

    def _show_name(self) -> None:
        """A clip may be renamed, or go, while its frame lies here."""
        if self._frames.repair is None:
            return
        title, there = self._frames.title, self._frames.clip is not None
        lost = self.tr("{title} · its clip is not on the timeline any more").format(title=title)
        self.words.set_text(title if there else lost)
        self.back_button.setEnabled(there and not self._frames.desk.read_only)
        self.discard_button.setEnabled(not self._frames.desk.read_only)
