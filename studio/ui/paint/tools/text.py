"""The text tool: a click writes, a click on a text takes it up again."""

from typing import ClassVar

from PySide6.QtCore import QCoreApplication, Qt

from studio.domain.document.document import Document
from studio.domain.document.edits import insert
from studio.domain.document.layers import TextLayer
from studio.domain.errors import StudioError
from studio.imaging.text import typed
from studio.imaging.transforms import bounds
from studio.ui.paint.tools.base import Pointer, Tool

_REACH = 8  # pixels beside a text that still count as on it


class TextTool(Tool):
    """Puts a text layer where it is clicked; its words are written in the tool's panel."""

    name: ClassVar[str] = "text"
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.IBeamCursor

    def press(self, at: Pointer) -> None:
        """A new text, or one that is there."""
        desk = self.desk
        if not desk.ready():
            return
        if desk.read_only:
            self.paintable()  # says so
            return
        if (layer := self._hit(at)) is not None:
            desk.choose(layer.id)
            desk.writing_wanted.emit()
            return
        text, store, above = desk.options.text, desk.store, desk.document.active

        def change(document: Document) -> Document:
            return insert(document, typed(store, text, (at.x, at.y)), above or None)

        desk.later(QCoreApplication.translate("PaintTools", "Text"), change)
        desk.writing_wanted.emit()

    def _hit(self, at: Pointer) -> TextLayer | None:
        """The uppermost text under the pen."""
        for layer in reversed(list(self.desk.document.walk())):
            if isinstance(layer, TextLayer) and layer.visible and not layer.locked:
                try:
                    box = bounds(layer).grown(_REACH)
                except StudioError:
                    continue  # squeezed flat: there is nothing to be hit
                if box.x <= at.x < box.right and box.y <= at.y < box.bottom:
                    return layer
        return None
