"""What a tool is told, and what it may answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from studio.domain.document.document import Document
from studio.domain.document.edits import changed, with_selection
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, ImageLayer, Mask, MaskLayer, PaintLayer
from studio.ui.paint.desk import Change, PaintDesk
from studio.ui.paint.view import View

SLOP = 4.0  # logical pixels that a hand may tremble before a click is a drag


@dataclass(frozen=True, slots=True)
class Pointer:
    """The pen or the mouse: document pixels, pressure 0 to 1, tilts in degrees, seconds, and the keys held.

    `scale` is the logical pixels of the screen per document pixel, for what has to be near enough to be hit.
    """

    x: float
    y: float
    pressure: float = 1.0
    tilt_x: float = 0.0
    tilt_y: float = 0.0
    time: float = 0.0
    shift: bool = False
    ctrl: bool = False
    alt: bool = False
    scale: float = 1.0

    def near(self, x: float, y: float, reach: float = 7.0) -> bool:
        """Whether a point of the document lies within so many logical pixels of the screen."""
        return ((self.x - x) ** 2 + (self.y - y) ** 2) * self.scale**2 <= reach * reach


class Tool:
    """Does nothing: a tool overrides what it cares for.

    A gesture is one `press`, any number of `move`s and a `release`, or a `cancel` in place of the release. `name` is
    the tool's id in the table of tools, `picks` tells that Alt picks a colour while the tool is held,
    `passing` that it is put down after Enter or Esc, `moves_guides` that it takes hold of guides too, `takes_away` that
    the right button and the pen's other end do what the left one does with Alt, `shows_freeze` that what stands still
    is seen as a film.
    """

    name: ClassVar[str]
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.CrossCursor
    picks: ClassVar[bool] = False
    passing: ClassVar[bool] = False
    moves_guides: ClassVar[bool] = False
    takes_away: ClassVar[bool] = False
    shows_freeze: ClassVar[bool] = False

    def __init__(self, desk: PaintDesk) -> None:
        self.desk = desk

    @property
    def active(self) -> bool:
        """Whether something is under way that Enter ends and Esc takes back."""
        return False

    def take_up(self) -> None:
        """The tool is in hand from now on."""

    def press(self, at: Pointer) -> None:
        """The pen went down."""

    def move(self, at: Pointer) -> None:
        """The pen moves while it is down."""

    def release(self, at: Pointer) -> None:
        """The pen went up."""

    def double_press(self, at: Pointer) -> None:
        """The pen went down twice at one place."""
        self.press(at)

    def hover(self, at: Pointer) -> None:
        """The pen moves above."""

    def key(self, key: Qt.Key, shift: bool) -> bool:
        """A key; True when the tool had use for it."""
        return False

    def accept(self) -> None:
        """Enter, or another tool is taken up: what is under way is done."""
        self.cancel()

    def cancel(self) -> None:
        """Esc: nothing happened."""

    def cursor_at(self, at: Pointer) -> Qt.CursorShape:
        """What the pointer looks like there."""
        return self.cursor

    def overlay(self, painter: QPainter, view: View) -> None:
        """Draw over the picture, in logical pixels of the screen."""

    def brush_size(self) -> float:
        """The diameter of the outline around the pointer, in document pixels; 0 for none."""
        return 0.0

    def _tell(self, words: str) -> None:
        self.desk.noted.emit(words)

    def mask(self) -> Mask | None:
        """The mask that is painted on instead of a layer's pixels: the quick mask, or the active layer's."""
        desk = self.desk
        if desk.quick_mask:
            return desk.document.selection or Mask(outside=255)
        return desk.active.mask if desk.on_mask and desk.active is not None else None

    def on_mask(self, make: Callable[[Document, Mask, Mask | None], Mask]) -> Change:
        """An edit of `mask`; `make` gets the document, the mask as it is then, and the selection that bounds it."""
        layer = None if self.desk.quick_mask else self.desk.active

        def change(document: Document) -> Document:
            if layer is None:
                return with_selection(document, make(document, document.selection or Mask(outside=255), None))
            now = document.find(layer.id)  # as it is when earlier edits are done
            if now is None or now.mask is None:
                return document
            return changed(document, layer.id, mask=make(document, now.mask, document.selection))

        return change

    def paintable(self) -> PaintLayer | None:
        """The active layer if its pixels can be painted on; else None, and a note says why."""
        desk = self.desk
        if desk.refused():
            return None
        match desk.active:
            case None:
                self._tell(desk.tr("No layer is chosen. Choose one in the list of layers, or add one."))
            case PaintLayer(visible=False) | MaskLayer(visible=False) as layer:
                self._tell(desk.tr("“{name}” is hidden. Show it to paint on it.").format(name=layer.name))
            case PaintLayer(locked=True) | MaskLayer(locked=True) as layer:
                self._tell(desk.tr("“{name}” is locked. Unlock it to paint on it.").format(name=layer.name))
            case PaintLayer() as layer:
                return layer
            case GroupLayer() as layer:
                self._tell(desk.tr("“{name}” is a group. Choose a layer inside it.").format(name=layer.name))
            case ImageLayer() as layer:
                words = desk.tr("“{name}” can be transformed, not painted on. Apply its transformation first.")
                self._tell(words.format(name=layer.name))
            case AdjustmentLayer() | MaskLayer() as layer:
                words = desk.tr("“{name}” has no pixels of its own. Choose a paint layer.")
                self._tell(words.format(name=layer.name))
            case layer:
                self._tell(desk.tr("“{name}” cannot be painted on.").format(name=layer.name))
        return None
