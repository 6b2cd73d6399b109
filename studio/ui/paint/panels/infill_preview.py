"""What stands in the selected part before the model begins, shown on the canvas."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QPushButton

from studio.domain.document.document import Document
from studio.domain.document.edits import insert
from studio.domain.document.layers import PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.domain.errors import StudioError
from studio.domain.inpainting import Infill
from studio.session.in_place import removed
from studio.ui.paint.desk import PaintDesk


class InfillPreview(QObject):
    """Shows the infill while a button is pressed, as the settings change. An edit of the document releases it."""

    def __init__(self, desk: PaintDesk, button: QPushButton) -> None:
        super().__init__(button)
        self._desk, self._button = desk, button
        self._asked = self._outdated = False
        button.toggled.connect(self._toggled)
        desk.options_changed.connect(self._ask)
        desk.changed.connect(lambda *_: button.setChecked(False))

    def _toggled(self, on: bool) -> None:
        if on:
            self._ask()
        else:
            self._desk.preview(None)

    def _ask(self) -> None:
        """One at a time, and the newest settings at last."""
        if not self._button.isChecked():
            return
        self._outdated = self._asked
        if self._asked:
            return
        self._asked = True
        desk, how = self._desk, self._desk.options.inpaint

        def filled(document: Document) -> Document | StudioError:
            if document.selection is None or how.infill is Infill.NONE:
                return document
            try:
                patch = removed(desk.compositor, desk.store, document, how)
            except StudioError as error:
                return error
            return insert(document, PaintLayer(tiles=desk.store.painted(EMPTY, patch.rect, patch.pixels)))

        desk.aside(self.tr("Show the infill"), filled, self._show)

    def _show(self, found: Document | StudioError) -> None:
        self._asked = False
        if isinstance(found, StudioError):
            self._button.setChecked(False)
            self._desk.noted.emit(f"{found.problem.message} {found.problem.hint}".strip())
        elif self._button.isChecked():
            self._desk.preview(found)
            if self._outdated:
                self._ask()
