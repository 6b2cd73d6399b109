"""Width and height, with shapes to choose and a swap."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QToolButton, QWidget

from studio.domain.geometry import Size
from studio.domain.recipe import MAX_SIDE
from studio.ui.panels.aspects import ASPECTS, Aspect, allowed, shaped
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import tool_button
from studio.ui.widgets.wheel import WholeNumber


class SizeField(QWidget):
    """The size of the picture in the model's multiple."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._multiple, self._area = 8, 512 * 512
        self.width_box = self._box(self.tr("Width"))
        self.height_box = self._box(self.tr("Height"))
        self.swap_button = tool_button("arrow-left-right", self.tr("Swap width and height"), look="field")
        self.swap_button.clicked.connect(self.swap)
        self.shapes = {aspect: self._shape(aspect) for aspect in ASPECTS}
        self._arrange()
        self.setFocusProxy(self.width_box)

    @property
    def value(self) -> Size:
        """The size shown, as typed."""
        return Size(self.width_box.value(), self.height_box.value())

    def set_value(self, size: Size) -> None:
        """Show another size; it is rounded to what the model can make."""
        size = allowed(size, self._multiple)
        with QSignalBlocker(self.width_box), QSignalBlocker(self.height_box):
            self.width_box.setValue(size.width)
            self.height_box.setValue(size.height)
        self._mark_shape()
        self.changed.emit()

    def set_model(self, multiple: int, default: Size) -> None:
        """Sizes of another model: their multiple, and the area that the shapes keep."""
        self._multiple, self._area = multiple, default.pixels
        for box in (self.width_box, self.height_box):
            box.setSingleStep(multiple)
            box.setMinimum(multiple)
            box.setToolTip(self.tr("In steps of {multiple} pixels").format(multiple=multiple))
        self.set_value(self.value)

    def swap(self) -> None:
        """Upright becomes wide."""
        self.set_value(Size(self.value.height, self.value.width))

    def _choose(self, aspect: Aspect) -> None:
        upright = self.value.height > self.value.width
        self.set_value(shaped(aspect, self._area, self._multiple, upright=upright))

    def _typed(self) -> None:
        self.set_value(self.value)

    def _mark_shape(self) -> None:
        sides = sorted((self.value.width, self.value.height), reverse=True)
        for aspect, button in self.shapes.items():
            fitting = shaped(aspect, self.value.pixels, self._multiple)
            button.setChecked([fitting.width, fitting.height] == sides)

    def _box(self, name: str) -> WholeNumber:
        box = WholeNumber()
        box.setRange(8, MAX_SIDE)
        box.setAccessibleName(name)
        box.setKeyboardTracking(False)
        box.editingFinished.connect(self._typed)
        box.valueChanged.connect(self._typed)
        return box

    def _shape(self, aspect: Aspect) -> QToolButton:
        button = QToolButton()
        button.setText(str(aspect))
        button.setCheckable(True)
        button.setProperty("look", "shape")
        button.setFixedHeight(SPACE.huge)
        button.setSizePolicy(self.sizePolicy().Policy.Expanding, self.sizePolicy().Policy.Fixed)
        button.setAccessibleName(self.tr("Shape {aspect}").format(aspect=aspect))
        button.setToolTip(self.tr("{aspect} at the model's own area").format(aspect=aspect))
        button.clicked.connect(lambda: self._choose(aspect))
        return button

    def _arrange(self) -> None:
        sides = QHBoxLayout()
        sides.setSpacing(SPACE.hair)
        sides.addWidget(self.width_box, 1)
        sides.addWidget(self.swap_button)
        sides.addWidget(self.height_box, 1)
        shapes = QHBoxLayout()
        shapes.setSpacing(SPACE.hair)
        for button in self.shapes.values():
            shapes.addWidget(button)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(SPACE.hair)
        layout.addLayout(sides, 0, 0)
        layout.addLayout(shapes, 1, 0)
