"""What is on the painter's desk: the document, the tools' settings, the colours; and the way an edit goes.

An edit that takes longer than a moment is made by a thread, one after the other, each on what the one before it left.
"""

import dataclasses
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from studio.domain.document.brushes import PRESETS, Brush, Symmetry
from studio.domain.document.document import Document
from studio.domain.document.edits import with_active
from studio.domain.document.layers import Layer
from studio.domain.document.text import Text
from studio.domain.errors import StudioError
from studio.domain.inpainting import INTENTS, Inpaint, Intent
from studio.imaging.compose import Compositor
from studio.imaging.tiles import TileStore
from studio.session.canvas import CanvasSession
from studio.ui.paint.pictures import Colour

Change = Callable[[Document], Document]
Found = TypeVar("Found")
Offset = tuple[int, int]  # document pixels to the right and down
PATIENCE = 0.04  # seconds that an edit waits for the one before it
BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)
_RECENT = 12


@dataclass(frozen=True, slots=True)
class Inks:
    """The colour that is painted with, the one behind it, and those used before, the latest first."""

    front: Colour = BLACK
    back: Colour = WHITE
    recent: tuple[Colour, ...] = ()

    def used(self) -> "Inks":
        """After the front colour was painted with."""
        rest = tuple(colour for colour in self.recent if colour != self.front)
        return dataclasses.replace(self, recent=(self.front, *rest)[:_RECENT])

    def swapped(self) -> "Inks":
        """Front and back exchanged."""
        return dataclasses.replace(self, front=self.back, back=self.front)


@dataclass(frozen=True, slots=True)
class Options:
    """How the tools work; `how` is how a new selection meets the old one: replace, add, subtract or intersect."""

    brush: Brush = PRESETS[0]
    eraser: Brush = field(default_factory=lambda: dataclasses.replace(PRESETS[0], name="Eraser"))
    symmetry: Symmetry = field(default_factory=Symmetry)
    lock_alpha: bool = False
    tolerance: int = 32
    contiguous: bool = True
    all_layers: bool = True
    antialias: bool = True
    gap: int = 0
    grow: float = 0.0
    how: str = "replace"
    feather: float = 0.0
    gradient: str = "linear"
    to_transparent: bool = False
    strength: float = 1.0
    inpaint: Inpaint = INTENTS[Intent.FILL]
    text: Text = field(default_factory=lambda: Text("Text"))
    live_strength: float = 0.6
    live_opacity: float = 1.0
    live_beside: bool = True
    flow_reach: float = 0.15
    flow_speed: float = 1.0
    flow_frames: int = 48
    flow_rate: int = 24
    flow_layer: bool = False
    flow_preview: bool = False


@dataclass(slots=True)
class _Pending:
    """Work for the desk's thread, the document that it leaves, and what is done with the outcome."""

    label: str
    future: Future[Any]
    left: Future[Document]
    use: Callable[[Any], object]


class PaintDesk(QObject):
    """The state that surface, tools and panels share."""

    changed = Signal(object, object)  # Document, the one before
    noted = Signal(str)  # a sentence: why something was not done
    problem = Signal(object)  # Problem
    inks_changed = Signal()
    options_changed = Signal()
    tool_wanted = Signal(str)
    overlay_changed = Signal()
    previewed = Signal(object)  # Document that is only shown, or None for the one that is
    crop_wanted = Signal(object)  # Rect
    writing_wanted = Signal()  # a text is to be typed
    loop_wanted = Signal()  # a clip of the canvas as it flows
    freeze_wanted = Signal(str)  # what becomes of what stands still: "selection", "paint" or "none"
    busy_changed = Signal(str)  # what is being made, "" for nothing
    _ended = Signal()

    def __init__(self, session: CanvasSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.compositor = Compositor(session.store)
        self.inks, self.options = Inks(), Options()
        self.quick_mask = False
        self.on_mask = False  # paint on the mask of the active layer instead of its pixels
        self.screen_busy: Callable[[], bool] = bool  # is the screen still being drawn? Small pictures wait for it
        self.carried: Offset = (0, 0)  # how far a drag that is no edit yet has taken the selection
        self._document = session.document
        self._thread = ThreadPoolExecutor(1, "paint")
        self._pending: deque[_Pending] = deque()
        self._ended.connect(self._go_on, Qt.ConnectionType.QueuedConnection)
        session.changed.connect(self._changed)

    @property
    def document(self) -> Document:
        """The document as it is. Which layer is active is no step of the history: it goes with the next one."""
        return self._document

    def choose(self, layer_id: str) -> None:
        """Make another layer the active one."""
        if layer_id != self._document.active:
            previous, self._document = self._document, with_active(self._document, layer_id)
            self.changed.emit(self._document, previous)

    @property
    def store(self) -> TileStore:
        """Its pixels."""
        return self.session.store

    @property
    def active(self) -> Layer | None:
        """The layer that edits go to."""
        return self.document.find(self.document.active)

    @property
    def read_only(self) -> bool:
        """Whether the project can only be looked at."""
        return bool(self.session.why)

    def refused(self) -> bool:
        """Whether the project can only be looked at; a note says why."""
        if self.read_only:
            self.noted.emit(self.tr("{why} It can only be looked at here.").format(why=self.session.why))
        return self.read_only

    def look_again(self) -> None:
        """What can be done is another: panels and commands shall follow."""
        self.changed.emit(self._document, self._document)

    def set_inks(self, inks: Inks) -> None:
        """Other colours."""
        if inks != self.inks:
            self.inks = inks
            self.inks_changed.emit()

    def set_options(self, **changes: object) -> None:
        """Other settings of the tools."""
        options = dataclasses.replace(self.options, **changes)  # type: ignore[arg-type]
        if options != self.options:
            self.options = options
            self.options_changed.emit()

    def preview(self, document: Document | None) -> None:
        """Show a document that is no edit yet; None for the one that is."""
        self.previewed.emit(document or self._document)

    def carry(self, offset: Offset) -> None:
        """Show the selection elsewhere than it is."""
        if offset != self.carried:
            self.carried = offset
            self.overlay_changed.emit()

    def set_on_mask(self, on: bool) -> None:
        """Paint on the active layer's mask, or on its pixels."""
        if on != self.on_mask:
            self.on_mask = on
            self.overlay_changed.emit()

    # ------------------------------------------------------------------------------------------ edits

    def commit(self, label: str, document: Document, merge: str = "") -> bool:
        """Take over another version at once. False, with a note, when that cannot be."""
        if document == self.document:
            return False
        if self.refused():
            return False
        self.session.commit(label, document, merge)
        return True

    def edit(self, label: str, change: Change, merge: str = "") -> bool:
        """Change the document at once; what cannot be done is noted."""
        if not self.ready():
            return False
        try:
            return self.commit(label, change(self.document), merge)
        except StudioError as error:
            self.noted.emit(f"{error.problem.message} {error.problem.hint}".strip())
            return False

    def later(self, label: str, change: Change, merge: str = "") -> None:
        """Change the document by work that takes its time; edits come in the order they were asked for."""
        if self.refused():
            return
        left: Future[Document] = Future()
        asked = self.document.active
        made = self._thread.submit(_edited, change, self._last_left, self.document, asked, left)
        self._begin(_Pending(label, made, left, lambda document: self._finish(label, document, asked, merge)))

    def aside(self, label: str, work: Callable[[Document], Found], use: Callable[[Found], object]) -> None:
        """Find something out about the document without changing it, where that takes its time, and use it then."""
        left = self._last_left
        if left is None:
            left = Future()
            left.set_result(self.document)
        found = self._thread.submit(lambda: work(left.result()))
        self._begin(_Pending(label, found, left, use))

    @property
    def is_busy(self) -> bool:
        """Is an edit still being made?"""
        return bool(self._pending)

    @property
    def _last_left(self) -> Future[Document] | None:
        return self._pending[-1].left if self._pending else None

    def _finish(self, label: str, document: Document, asked: str, merge: str) -> None:
        """Take over what was made; a layer that was chosen meanwhile stays the active one."""
        if document.active == asked and document.find(self._document.active) is not None:
            document = with_active(document, self._document.active)
        self.commit(label, document, merge)

    def _begin(self, pending: _Pending) -> None:
        self._pending.append(pending)
        pending.future.add_done_callback(lambda _: self._ended.emit())
        self.busy_changed.emit(pending.label)

    def ready(self) -> bool:
        """Whether the document is as it was last asked for, after a moment of waiting; False, with a note, else."""
        if self._pending:
            wait([self._pending[-1].future], PATIENCE)
            self._go_on()
        if self._pending:
            self.noted.emit(self.tr("One moment: “{label}” is still being done.").format(label=self._pending[0].label))
        return not self._pending

    @property
    def can_undo(self) -> bool:
        """Is there a version before?"""
        return bool(self._pending) or self.session.history.current.parent is not None

    @property
    def can_redo(self) -> bool:
        """Is there a version after?"""
        return bool(self.session.history.undone)

    def undo(self) -> None:
        """The version before."""
        if self.can_undo and self.ready():
            self._travel(self.session.undo)

    def redo(self) -> None:
        """The version after."""
        if self.can_redo and self.ready():
            self._travel(self.session.redo)

    def jump(self, version_id: int) -> None:
        """Any version of the history."""
        if self.ready():
            self._travel(lambda: self.session.jump(version_id))

    def _travel(self, go: Callable[[], object]) -> None:
        try:
            go()
        except StudioError as error:
            self.problem.emit(error.problem)

    def close(self) -> None:
        """Finish what was begun, and what comes of it: a picture that was read is still to become a layer."""
        while self._pending:
            wait([self._pending[0].future])
            self._go_on()
        self._thread.shutdown()
        self.session.changed.disconnect(self._changed)

    @Slot()
    def _go_on(self) -> None:
        while self._pending and self._pending[0].future.done():
            ended = self._pending.popleft()
            error = ended.future.exception()
            if error is None:
                ended.use(ended.future.result())
            elif isinstance(error, StudioError):
                self.preview(None)  # nothing of what was shown comes
                self.carry((0, 0))
                self.noted.emit(f"{error.problem.message} {error.problem.hint}".strip())
            else:
                sys.excepthook(type(error), error, error.__traceback__)
        self.busy_changed.emit(self._pending[0].label if self._pending else "")

    def _changed(self, document: Document, _previous: Document) -> None:
        previous, self._document = self._document, document
        self.changed.emit(document, previous)


def _edited(
    change: Change, before: Future[Document] | None, document: Document, active: str, left: Future[Document]
) -> Document:
    """What comes of a change of what those before it left, or of `document`, with the layer that was active when it was
    asked for. `left` gets it, too, or where the change fails, what there was.
    """
    if before is not None:
        document = before.result()
    after = document
    try:
        after = change(with_active(document, active) if document.find(active) is not None else document)
    finally:
        left.set_result(after)
    return after
