"""What is noised: a picture from a file, the one on the canvas, or a sample of the model."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.dropping import PICTURES, dropped_files
from studio.ui.lab.view import PictureBox
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import ElidedLabel, label

_SIDE = 144


class SubjectField(QFrame):
    """A drop zone that shows x0; `changed` tells that it is another one."""

    changed = Signal()
    canvas_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self.setAcceptDrops(True)
        self.path = ""  # of the picture, "" for a sample
        self.sample_seed = 0
        self.box = PictureBox(self.tr("The clean picture x₀"))
        self.box.setFixedHeight(_SIDE)
        self.caption = ElidedLabel("", "caption")
        self.pick_button = push_button(
            self.tr("Choose…"), sign="image-plus", hint=self.tr("Look at a picture of yours; or drop one here")
        )
        self.canvas_button = push_button(
            self.tr("From canvas"), sign="image-up", hint=self.tr("Look at the picture on the canvas of Generate")
        )
        self.sample_button = push_button(
            self.tr("Draw a sample"), sign="dices", hint=self.tr("Let the model draw a clean picture from the prompt")
        )
        self.clear_button = tool_button("x", self.tr("Put the picture away and go on with a sample"))
        self.pick_button.clicked.connect(self.pick)
        self.canvas_button.clicked.connect(self.canvas_wanted)
        self.sample_button.clicked.connect(self.draw_another)
        self.clear_button.clicked.connect(lambda: self.take(""))
        self._arrange()
        self._describe()

    def take(self, path: str) -> None:
        """Look at the picture in a file; "" at a sample."""
        self.path = path
        self._describe()
        self.changed.emit()

    def draw_another(self) -> None:
        """A sample, another one than before."""
        self.sample_seed += 0 if self.path else 1
        self.take("")

    def show_clean(self, image: QImage) -> None:
        """What x0 looks like."""
        self.box.show_image(image)

    def pick(self) -> None:
        """Ask for a file."""
        pattern = " ".join(f"*{suffix}" for suffix in PICTURES)
        path, _ = QFileDialog.getOpenFileName(
            self.window(), self.tr("Look at a picture"), "", self.tr("Pictures ({pattern})").format(pattern=pattern)
        )
        if path:
            self.take(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Pictures are welcome."""
        if dropped_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Look at the first one."""
        event.acceptProposedAction()
        self.take(dropped_files(event.mimeData())[0])

    def _describe(self) -> None:
        name = Path(self.path).name
        sample = self.tr("x₀: a sample of the model")
        self.caption.set_text(self.tr("x₀: {name}").format(name=name) if name else sample)
        self.clear_button.setVisible(bool(name))

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.caption, 1)
        top.addWidget(self.clear_button)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE.small)
        buttons.addWidget(self.pick_button, 1)
        buttons.addWidget(self.canvas_button, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.small, SPACE.small, SPACE.small, SPACE.small)
        layout.setSpacing(SPACE.small)
        layout.addWidget(self.box)
        layout.addLayout(top)
        layout.addLayout(buttons)
        layout.addWidget(self.sample_button)
        layout.addWidget(label(self.tr("Or drop a picture here."), "small"))
