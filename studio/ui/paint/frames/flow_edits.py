"""What the flow brush's panel does with the document: what stands still, and a clip of the canvas as it flows."""

from PySide6.QtCore import QCoreApplication, QObject, Signal

from studio.domain.document.document import Document
from studio.domain.document.edits import remove, with_active
from studio.domain.document.flow import freeze_of, with_freeze
from studio.domain.document.layers import NOTHING, Mask
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.timeline.model import new_id
from studio.imaging.selections import Combination, joined
from studio.session.clips.takes import TakeStore
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.frames.flow_clip import with_loop


class FlowEdits(QObject):
    """Carries out what `freeze_wanted` and `loop_wanted` of a desk ask for. `made` tells the id of a clip that was put
    on the timeline, and whose frames are to be made now.
    """

    made = Signal(str)

    def __init__(self, desk: PaintDesk, takes: TakeStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._takes = desk, takes
        self._awaited = ""  # a clip that is being put down
        desk.freeze_wanted.connect(self.freeze)
        desk.loop_wanted.connect(self.make_loop)
        desk.changed.connect(self._changed)

    def freeze(self, what: str) -> None:
        """Let what is selected stand still ("selection"), paint what does ("paint"), or let nothing do ("none")."""
        match what:
            case "selection":
                self._desk.later(_tr("Freeze the selection"), self._frozen)
            case "paint":
                self._paint()
            case "none" if (layer := freeze_of(self._desk.document)) is not None:
                self._desk.edit(_tr("Freeze nothing"), lambda document: remove(document, layer.id))

    def make_loop(self) -> None:
        """A clip of the canvas as it is; it comes as soon as edits before it are done."""
        desk, takes, options = self._desk, self._takes, self._desk.options
        self._awaited = clip = new_id()

        def change(document: Document) -> Document:
            return with_loop(desk, takes, document, options, clip)

        desk.set_options(flow_preview=False)
        desk.later(_tr("Flow loop"), change)

    def _paint(self) -> None:
        """The layer is the active one, shown, and the brush in hand."""
        desk = self._desk
        layer = freeze_of(desk.document)
        if layer is None or not layer.visible:
            content = NOTHING if layer is None else layer.content
            if not desk.edit(_tr("Freeze"), lambda document: with_freeze(document, content)):
                return
            layer = freeze_of(desk.document)
        if layer is not None:
            desk.choose(layer.id)
            desk.tool_wanted.emit("brush")

    def _frozen(self, document: Document) -> Document:
        if document.selection is None:
            raise StudioError(ErrorKind.INPUT, _tr("Nothing is selected."), _tr("Select what shall stand still."))
        layer = freeze_of(document)
        content = joined(self._desk.store, layer.content if layer else None, document.selection, Combination.ADD)
        after = with_freeze(document, content or Mask())
        known = document.find(document.active) is not None
        return with_active(after, document.active) if known else after

    def _changed(self, document: Document, _previous: Document) -> None:
        if self._awaited and document.timeline.clip(self._awaited) is not None:
            clip, self._awaited = self._awaited, ""
            self.made.emit(clip)


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintEdits", text)
