"""One project on the table: surface, tools and panels around one session."""

import dataclasses

from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from studio.domain.document.brushes import Brush
from studio.domain.document.document import Document
from studio.domain.errors import Problem
from studio.domain.geometry import Rect
from studio.imaging.tiles import Pixels
from studio.session.canvas import CanvasSession
from studio.ui.paint.composition import Composition
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.differing import Differing
from studio.ui.paint.frames.flow_edits import FlowEdits
from studio.ui.paint.frames.frame_bar import FrameBar
from studio.ui.paint.frames.frame_desk import FrameDesk
from studio.ui.paint.frames.frame_overlay import FrameOverlay
from studio.ui.paint.image_edits import ImageEdits
from studio.ui.paint.layer_edits import LayerEdits
from studio.ui.paint.live import Live
from studio.ui.paint.live_bar import LiveBar
from studio.ui.paint.live_view import LivePane
from studio.ui.paint.panels.adjustments import AdjustmentForm, kinds
from studio.ui.paint.panels.colour import ColourPanel
from studio.ui.paint.panels.history import HistoryPanel
from studio.ui.paint.panels.layers import LayersPanel
from studio.ui.paint.panels.navigator import Navigator
from studio.ui.paint.panels.options import OptionsPanel
from studio.ui.paint.panels.strip import ToolStrip
from studio.ui.paint.rulers import Ruler
from studio.ui.paint.selection_edits import SelectionEdits
from studio.ui.paint.staging import Staging
from studio.ui.paint.surface import Surface
from studio.ui.paint.tabs import OnePage, Tabs
from studio.ui.paint.thumbnails import Thumbnails
from studio.ui.paint.toast import Toast
from studio.ui.paint.tools.table import tools
from studio.ui.paint.version_pictures import VersionPictures
from studio.ui.theme.tokens import COLOURS
from studio.ui.widgets.scroll import FittingColumn

_LEAST = 204  # logical pixels of height that a tool's or an adjustment's settings have: five numbers
_LAYERS = 230  # the layers below them: two of them, and what is done with them
_SLOW = 600  # milliseconds from which on an edit is told of
_AGAIN = 5000  # milliseconds until saving is tried again after it failed
COLUMN = 276  # logical pixels of the panels at the right


class Editor(QFrame):
    """Everything that belongs to one session; it ends with `close_work`, and another project gets another editor."""

    saved_changed = Signal(bool)
    problem = Signal(object)  # Problem
    abilities_changed = Signal()
    menu_wanted = Signal(QPointF)
    tool_changed = Signal(str)
    _saved = Signal(bool)
    _trouble = Signal(object)

    def __init__(self, session: CanvasSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(f"Editor {{ background: {COLOURS.canvas}; }}")
        self.session = session
        self._label = ""
        self.desk = PaintDesk(session, self)
        self.composition = Composition(self._render, self)
        self.desk.screen_busy = lambda: self.composition.busy
        self.live = Live(self.desk, self.composition, self)
        self.surface = Surface(self.desk, self.composition)
        self.edits = LayerEdits(self.desk, self)
        self.selection = SelectionEdits(self.desk, self)
        self.image = ImageEdits(self.desk, self)
        self.pictures = Thumbnails(self.desk, self.devicePixelRatioF(), self)
        self.tools = tools(self.desk, self.live)
        self.tool = ""
        self.strip = ToolStrip()
        self.options = OptionsPanel(self.desk)
        self.colour = ColourPanel(self.desk)
        self.layers = LayersPanel(self.desk, self.edits, self.pictures)
        self.past = VersionPictures(self.desk, self)
        self.history = HistoryPanel(self.desk, self.past)
        self.navigator = Navigator(self.desk, self.surface)
        self.rulers = tuple(Ruler(self.surface, upright=upright) for upright in (False, True))
        self.staging = Staging(self.surface)
        self.differing = Differing(self.desk, self.staging, self)
        self.live_bar, self.live_pane = LiveBar(self.desk), LivePane()
        self.flow = FlowEdits(self.desk, session.takes, self)
        self.frames = FrameDesk(self.desk, session.takes, self)
        self.frame_overlay = FrameOverlay(self.frames, self)
        self.frame_bar = FrameBar(self.frames, self.frame_overlay, self)  # has a parent: it may be shown at once
        self.toast = Toast(self.surface)
        self.adjustment = AdjustmentForm(self.desk, self.edits)
        self._again = QTimer(self, interval=_AGAIN)
        self._again.timeout.connect(session.retry)
        self._slow = QTimer(self, singleShot=True, interval=_SLOW)
        self._slow.timeout.connect(self._tell_busy)
        self._arrange()
        self._connect()
        self.take_up("brush")
        self._show_adjustment(self.desk.document, Document())

    def take_up(self, name: str) -> None:
        """Another tool."""
        if name != self.tool:
            self.tool = name
            self.surface.set_tool(self.tools[name])
            self.strip.show_tool(name)
            self.options.show_tool(name)
            self.surface.overlays.bold_frame = name == "frame"
            self.tool_tab.setText(self.strip.buttons[name].accessibleName())
            self.tool_changed.emit(name)

    def set_quick_mask(self, on: bool) -> None:
        """Paint the selection itself, shown as a red film over what is not selected."""
        self.desk.quick_mask = on
        self.surface.overlays.refresh()
        self.abilities_changed.emit()

    def toggle_panels(self) -> None:
        """All of the room for the canvas, and back."""
        shown = self.side.isVisible()
        self.side.setVisible(not shown)
        self.strip.setVisible(not shown)

    def show_live_pane(self, shown: bool) -> None:
        """Half of the room for the live picture, or all of it for the canvas."""
        if shown != self.live_pane.isVisibleTo(self):
            self.live_pane.setVisible(shown)
            self._halves.setSizes([self._halves.width() // 2] * 2)

    def toggle_overlay(self, name: str) -> None:
        """Show or hide the grid, the guides and the like."""
        overlays = self.surface.overlays
        setattr(overlays, name, not getattr(overlays, name))
        self.surface.update()

    def close_work(self) -> None:
        """End all threads; the session is closed by whoever opened it."""
        self._again.stop()
        self._slow.stop()
        self.surface.finish()
        self.desk.close()
        self.surface.close_work()
        self.composition.close()
        self.pictures.close()
        self.history.close_work()
        self.past.close_work()
        self.differing.close_work()
        self.frame_overlay.close_work()
        self.navigator.close_work()
        self.adjustment.close_work()
        self.session.saved.disconnect(self._saved.emit)
        self.session.problem.disconnect(self._trouble.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no panel had use for are the canvas's."""
        self.surface.keyPressEvent(event)

    def _render(self, document: Document, rect: Rect, level: int) -> Pixels:
        return self.desk.compositor.render(document, rect, level)

    def _arrange(self) -> None:
        top, bottom = Tabs(), Tabs()
        top.add(self.tr("Colour"), self.colour)
        top.add(self.tr("Navigator"), self.navigator)
        middle = Tabs(OnePage())
        self.tool_tab = middle.add(self.tr("Tool"), FittingColumn(self.options, _LEAST))
        self.adjustment_tab = middle.add(self.tr("Adjustment"), FittingColumn(self.adjustment, _LEAST))
        self.adjustment_tab.hide()
        bottom.add(self.tr("Layers"), self.layers)
        bottom.add(self.tr("History"), self.history)
        bottom.setMinimumHeight(_LAYERS)
        stack = QVBoxLayout()
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(2)
        stack.addWidget(top)
        stack.addWidget(middle)
        stack.addWidget(bottom, 1)
        side = QFrame()
        side.setFixedWidth(COLUMN)
        side.setLayout(stack)
        self.side = side
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.strip)
        layout.addLayout(self._middle(), 1)
        layout.addWidget(side)
        self.setFocusProxy(self.surface)

    def _middle(self) -> QVBoxLayout:
        """The canvas; while live painting is on, with its strip above and maybe its picture beside."""
        halves = self._halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self._table())
        halves.addWidget(self.live_pane)
        for half in (0, 1):
            halves.setStretchFactor(half, 1)
        self.live_pane.hide()
        middle = QVBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.frame_bar)
        middle.addWidget(self.live_bar)
        middle.addWidget(halves, 1)
        return middle

    def _table(self) -> QWidget:
        """The surface with its rulers, which are hidden at first."""
        table = QWidget()
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self.rulers[0], 0, 1)
        grid.addWidget(self.rulers[1], 1, 0)
        grid.addWidget(self.surface, 1, 1)
        for ruler in self.rulers:
            ruler.hide()
        return table

    def add_adjustment(self, kind: str) -> None:
        """An adjustment layer above the active one, of one of the `kinds`."""
        title, adjustment = next((title, plain) for name, title, plain in kinds() if name == kind)
        self.edits.add_adjustment(adjustment, title)

    def toggle_rulers(self) -> None:
        """Show or hide the rulers."""
        shown = self.rulers[0].isHidden()
        for ruler in self.rulers:
            ruler.setVisible(shown)

    def _connect(self) -> None:
        desk, surface = self.desk, self.surface
        surface.alternate, surface.other_end = self.tools["pick"], self.tools["eraser"]
        self.strip.chosen.connect(self.take_up)
        desk.tool_wanted.connect(self.take_up)
        desk.noted.connect(self.toast.say)
        desk.problem.connect(self.problem)
        desk.crop_wanted.connect(self.image.crop)
        desk.busy_changed.connect(self._busy)
        desk.changed.connect(lambda *_: self.abilities_changed.emit())
        desk.changed.connect(self._show_adjustment)
        surface.panels_wanted.connect(self.toggle_panels)
        self.composition.problem.connect(self.problem)
        self.live.redrawn.connect(surface.redraw)
        self.live.tinted.connect(surface.overlays.tinted)
        surface.view_changed.connect(self._view_changed)
        surface.staging, surface.frame_overlay = self.staging, self.frame_overlay
        self.frame_overlay.changed.connect(surface.update)
        self.frames.opened.connect(self._show_frame)
        self.staging.changed.connect(surface.update)
        surface.opacity_wanted.connect(self._set_opacity)
        self.layers.menu_wanted.connect(self.menu_wanted)
        self._saved.connect(self._tell_saved)
        self._trouble.connect(self._tell_trouble)
        self.session.saved.connect(self._saved.emit)
        self.saved = self.session.unsaved == 0  # asked now: what was told before this was not heard
        self.session.problem.connect(self._trouble.emit)
        self._view_changed()

    def _view_changed(self) -> None:
        self.live.level = self.surface.level

    def _show_frame(self) -> None:
        """All of the frame that was put onto the canvas, and as large as there is room."""
        if (repair := self.frames.repair) is not None:
            rect = repair.rect
            view = self.surface.view.fitted(rect.size)
            view = dataclasses.replace(view, x=rect.x + rect.width / 2, y=rect.y + rect.height / 2)
            self.surface.set_view(view, fitted=rect == self.desk.document.rect)

    def _set_opacity(self, share: float) -> None:
        self.change_brush(opacity=share)

    @property
    def brush(self) -> Brush:
        """The brush in hand, or the eraser's."""
        options = self.desk.options
        return options.eraser if self.tool == "eraser" else options.brush

    def change_brush(self, **fields: float) -> None:
        """Other numbers of the brush in hand, or of the eraser."""
        name = "eraser" if self.tool == "eraser" else "brush"
        self.desk.set_options(**{name: dataclasses.replace(self.brush, **fields)})  # type: ignore[arg-type]

    def _show_adjustment(self, document: Document, previous: Document) -> None:
        """An adjustment layer that becomes active brings its numbers to the front."""
        has_any = self.adjustment.show_layer()
        self.adjustment_tab.setVisible(has_any)
        if has_any and document.active != previous.active:
            self.adjustment_tab.click()
        elif not has_any and self.adjustment_tab.isChecked():
            self.tool_tab.click()

    def _busy(self, label: str) -> None:
        """Work that takes long is told of; what is done at once is not."""
        self._label = label
        if not label:
            self._slow.stop()
        elif not self._slow.isActive():
            self._slow.start()

    def _tell_busy(self) -> None:
        self.toast.say(f"{self._label}…")

    def _tell_saved(self, saved: bool) -> None:
        self.saved = saved
        if saved:
            self._again.stop()
        self.saved_changed.emit(saved)

    def _tell_trouble(self, problem: Problem) -> None:
        self._again.start()
        self.problem.emit(problem)
