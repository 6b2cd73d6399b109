"""How large a new canvas is to be, or the canvas there is."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.domain.document.document import MAX_SIDE
from studio.domain.geometry import Size
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.wheel import Choice, WholeNumber

_SHAPES = (
    (512, 512),
    (768, 768),
    (1024, 1024),
    (1216, 832),
    (832, 1216),
    (1920, 1080),
    (2048, 2048),
    (3840, 2160),
    (4096, 4096),
)


class SizeDialog(QDialog):
    """Width and height, with sizes to choose from; `chosen` tells the size and whether the paper is white."""

    chosen = Signal(object, bool)

    def __init__(self, title: str, action: str, size: Size, *, paper: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.shape = Choice()
        self.shape.setAccessibleName(self.tr("Usual sizes"))
        self.shape.setToolTip(self.tr("Usual sizes"))
        self.shape.addItem(self.tr("Custom"), None)
        for width, height in _SHAPES:
            self.shape.addItem(f"{width} × {height}", (width, height))
        self.width_box, self.height_box = self._side(self.tr("Width")), self._side(self.tr("Height"))
        self.width_box.setValue(size.width)
        self.height_box.setValue(size.height)
        self.paper = QCheckBox(self.tr("White paper"))
        self.paper.setToolTip(self.tr("Else the canvas is transparent"))
        self.paper.setChecked(True)
        self.paper.setVisible(paper)
        self.ok = push_button(action, look="accent-small")
        self.ok.setDefault(True)
        self.cancel_button = push_button(self.tr("Cancel"))
        self._arrange()
        self.shape.activated.connect(self._use_shape)
        for box in (self.width_box, self.height_box):
            box.valueChanged.connect(self._match_shape)
        self.ok.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)
        self.accepted.connect(lambda: self.chosen.emit(self.size_, self.paper.isChecked()))
        self._match_shape()

    @property
    def size_(self) -> Size:
        """What is set."""
        return Size(self.width_box.value(), self.height_box.value())

    def _side(self, name: str) -> WholeNumber:
        box = WholeNumber()
        box.setRange(1, MAX_SIDE)
        box.setAccessibleName(name)
        box.setToolTip(self.tr("{name} in pixels, up to {most:,}").format(name=name, most=MAX_SIDE))
        return box

    def _use_shape(self) -> None:
        if (size := self.shape.currentData()) is not None:
            self.width_box.setValue(size[0])
            self.height_box.setValue(size[1])

    def _match_shape(self) -> None:
        size = (self.width_box.value(), self.height_box.value())
        found = next((row for row in range(self.shape.count()) if self.shape.itemData(row) == size), 0)
        self.shape.setCurrentIndex(found)

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(SPACE.large)
        form.setVerticalSpacing(SPACE.small)
        form.addRow(label(self.tr("Size"), "caption", buddy=self.shape), self.shape)
        form.addRow(label(self.tr("Width"), "caption", buddy=self.width_box), self.width_box)
        form.addRow(label(self.tr("Height"), "caption", buddy=self.height_box), self.height_box)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE.small)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.ok)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.huge, SPACE.huge, SPACE.huge, SPACE.large)
        layout.setSpacing(SPACE.large)
        layout.addLayout(form)
        layout.addWidget(self.paper)
        layout.addLayout(buttons)
        self.setMinimumWidth(320)


class NumberDialog(QDialog):
    """Asks for one number of pixels."""

    chosen = Signal(float)

    def __init__(self, title: str, name: str, value: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.box = WholeNumber()
        self.box.setRange(1, 1000)
        self.box.setValue(value)
        self.box.selectAll()
        self.box.setAccessibleName(name)
        self.box.setToolTip(name)
        self.ok = push_button(title, look="accent-small")
        self.ok.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.huge, SPACE.large, SPACE.huge, SPACE.large)
        layout.setSpacing(SPACE.medium)
        layout.addWidget(label(name, "caption", buddy=self.box))
        layout.addWidget(self.box)
        layout.addWidget(self.ok)
        self.ok.clicked.connect(self.accept)
        self.accepted.connect(lambda: self.chosen.emit(float(self.box.value())))
