"""A layout that breaks its widgets into lines, as words are."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from studio.ui.theme.tokens import SPACE


class FlowLayout(QLayout):
    """Widgets beside each other while there is room, then on the next line; each line in the middle, or at the left."""

    def __init__(
        self, parent: QWidget | None = None, gap: int = SPACE.small, most: int = 560, *, centred: bool = True
    ) -> None:
        super().__init__(parent)
        self._centred = centred
        self._items: list[QLayoutItem] = []
        self._gap, self._most = gap, most
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Take an item in."""
        self._items.append(item)

    def count(self) -> int:
        """How many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """One item, or None beyond the end."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove one item."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Wants no more than it needs."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Narrower is taller."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of all lines."""
        return sum(height for _, height in self._lines(width)) + self._gap * max(0, len(self._lines(width)) - 1)

    def sizeHint(self) -> QSize:
        """The widest item in one column."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """The largest item."""
        size = QSize()
        for item in self._items:
            if item.isEmpty():
                continue
            size = size.expandedTo(item.minimumSize())
        return size

    def setGeometry(self, rect: QRect) -> None:
        """Place the lines in `rect`."""
        super().setGeometry(rect)
        top = rect.top()
        for line, height in self._lines(rect.width()):
            used = sum(self._width(item, rect.width()) for item in line) + self._gap * (len(line) - 1)
            left = rect.left() + ((rect.width() - used) // 2 if self._centred else 0)
            for item in line:
                width = self._width(item, rect.width())
                item.setGeometry(QRect(left, top, width, height))
                left += width + self._gap
            top += height + self._gap

    def _width(self, item: QLayoutItem, most: int) -> int:
        return min(item.sizeHint().width(), most)

    def _lines(self, width: int) -> list[tuple[list[QLayoutItem], int]]:
        lines: list[tuple[list[QLayoutItem], int]] = []
        used, width = 0, min(width, self._most)
        for item in self._items:
            if item.isEmpty():  # hidden
                continue
            need = self._width(item, width)
            if not lines or used + self._gap + need > width:
                lines.append(([item], item.sizeHint().height()))
                used = need
            else:
                line, height = lines[-1]
                line.append(item)
                lines[-1] = (line, max(height, item.sizeHint().height()))
                used += self._gap + need
        return lines
