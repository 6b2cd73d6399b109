"""Live painting in the window: follows the sketch and the prompt, shows the picture, and lays it down as a layer."""

import dataclasses
import secrets
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import QObject, Qt, QTimer, Signal, SignalInstance, Slot
from PySide6.QtWidgets import QWidget

from studio.domain.document.document import Document
from studio.domain.document.tiles import places_in
from studio.domain.errors import StudioError
from studio.domain.messages import Preview
from studio.domain.recipe import Recipe
from studio.imaging.blobs import BlobStore
from studio.imaging.compose import changed_places
from studio.session.live_painting import LivePainting
from studio.session.live_requests import Painted, Request, Sketch, asked
from studio.session.live_state import LiveState
from studio.session.studio import Errand, Studio
from studio.ui.canvas.stage import to_image
from studio.ui.paint.editor import Editor
from studio.ui.paint.generating import accept, through
from studio.ui.paint.live_view import LiveView
from studio.ui.paint.staging import candidate

_SEEDS = 2**32
_SMALL = 0.5  # of the size at which it fills the surface


class LivePaint(QObject):
    """Live painting of one page. `switched` tells that it went on or off, `problem` why it could not go on; what comes
    with it is a traceback or empty.
    """

    switched = Signal(bool)
    problem = Signal(object, str)  # Problem
    _ended = Signal(object)  # Future

    def __init__(self, studio: Studio, page: QWidget) -> None:
        super().__init__(page)
        self._studio, self._page = studio, page
        self._recipe: Callable[[], Recipe] = Recipe
        self._editor: Editor | None = None
        self._seed = 0
        self._result: Painted | None = None  # that is shown
        self._layer = ""  # what an applied picture becomes
        self._decides: tuple[object, ...] = ()  # of the options, what decides the picture
        self._thread = ThreadPoolExecutor(1, "live painting")
        self._ended.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        self.view = LiveView(self)
        self.live = LivePainting(studio.worker, studio.queue, _Alarm(self), self._run)
        self.live.changed.connect(self._state_changed)
        self.live.progress.connect(self._progress)
        self.live.preview.connect(self._preview)
        self.live.shown.connect(self._shown)
        self.live.failed.connect(self.problem.emit)
        studio.takers.append(self.live.handle)

    def follow(self, recipe: Callable[[], Recipe], changed: SignalInstance) -> None:
        """Where the prompt and all that stands beside it comes from, and what tells of its changes."""
        self._recipe = recipe
        changed.connect(self.look)

    def look(self) -> None:
        """The prompt may be another, or the canvas is in sight again."""
        if self._page.isVisible():
            self.live.change()

    def toggle(self, editor: Editor) -> None:
        """On if it is off."""
        self.end() if self.live.on else self.begin(editor)

    def begin(self, editor: Editor) -> None:
        """Paint the frame of this editor from now on."""
        if self.live.on or editor.desk.read_only:
            return
        self._editor, self._seed, self._layer = editor, self._recipe().seed, ""
        self._decides = _deciding(editor)
        desk, bar = editor.desk, editor.live_bar
        desk.changed.connect(self._changed)
        desk.options_changed.connect(self._options_changed)
        desk.busy_changed.connect(self._hand_changed)
        editor.surface.pen_changed.connect(self._hand_changed)
        editor.surface.unused_key.connect(self._key)
        bar.applied.connect(self.apply)
        bar.resumed.connect(self.live.resume)
        bar.rolled.connect(self.roll)
        bar.closed.connect(self.end)
        self.view.changed.connect(editor.surface.update)
        self.view.set(frame=desk.document.frame)
        editor.surface.live_view = self.view
        editor.live_pane.show_view(self.view)
        self._options_changed()
        editor.live_bar.show()
        try:
            self.live.begin(self._sketch)
        except StudioError as error:
            self._let_go()
            self.problem.emit(error.problem, "")
            return
        self.switched.emit(True)
        QTimer.singleShot(0, self._approach)  # when the strip and the pane have their places

    def end(self) -> None:
        """No more."""
        if self.live.on:
            self.live.end()
            self._let_go()
            self.switched.emit(False)

    def close_work(self) -> None:
        """Nothing may come any more."""
        self.end()
        self.live.close()
        self._studio.takers.remove(self.live.handle)
        self._thread.shutdown(wait=True)
        self._ended.disconnect(self._tell)

    def roll(self) -> None:
        """Another seed."""
        self._seed = secrets.randbelow(_SEEDS)
        self.live.change()

    def apply(self) -> None:
        """Lay the picture down as a layer, just as it is seen; the sketch stays below it."""
        if self._editor is not None and self._result is not None and self._can_apply:
            result, self._result = self._result, None
            self._layer = accept(self._editor, candidate(result.patch, result.recipe.prompt))
            self._state_changed(self.live.state)

    @property
    def _can_apply(self) -> bool:
        return self._result is not None and self.live.state is LiveState.IDLE

    def _approach(self) -> None:
        """Bring the frame near, if it is too small to be painted in."""
        if self._editor is None:
            return
        surface, frame = self._editor.surface, self._editor.desk.document.frame
        near = surface.view.fitted(frame.size)
        if surface.view.zoom < _SMALL * near.zoom:
            middle = (frame.x + frame.width / 2, frame.y + frame.height / 2)
            surface.set_view(dataclasses.replace(near, x=middle[0], y=middle[1]))

    # ------------------------------------------------------------------------------------------ what is painted

    def _sketch(self, blobs: BlobStore) -> Callable[[], Request]:
        assert self._editor is not None
        desk = self._editor.desk
        recipe = dataclasses.replace(self._recipe(), seed=self._seed)
        options = desk.options
        held = Sketch(desk.compositor, desk.store, desk.document, recipe, options.live_strength, options.inpaint)
        return lambda: asked(self._studio, held, blobs)

    def _changed(self, document: Document, previous: Document) -> None:
        if self._layer and document.find(self._layer) is not None:
            self._layer = ""
            self.live.settle()
        elif self._matters(document, previous):
            self.live.change()

    def _matters(self, document: Document, previous: Document) -> bool:
        """May this edit be seen in the frame? What lies outside costs nothing."""
        newest = self.live.newest
        places = changed_places(previous, document)
        if newest is None or places is None or document.frame != previous.frame:
            return True
        return document.selection != previous.selection or not places.isdisjoint(places_in(newest.ready.rect))

    def _options_changed(self) -> None:
        if self._editor is None:
            return
        options = self._editor.desk.options
        self.view.set(opacity=options.live_opacity, beside=options.live_beside)
        self._editor.show_live_pane(options.live_beside)
        before, self._decides = self._decides, _deciding(self._editor)
        if before != self._decides:
            self.live.change()

    # ------------------------------------------------------------------------------------------ what is seen

    def _state_changed(self, state: LiveState) -> None:
        self.view.set(fresh=state is LiveState.IDLE)
        if state in (LiveState.IDLE, LiveState.PAUSED, LiveState.WAITING):
            self.view.set(share=None, preview=None)
        self._show_state()

    def _show_state(self) -> None:
        if self._editor is not None:
            begun = self.view.share is not None and self.view.share >= 0
            state, problem = self.live.state, self.live.problem
            self._editor.live_bar.show_state(state, problem, begun=begun, can_apply=self._can_apply)

    def _progress(self, share: float) -> None:
        self.view.set(share=share)
        self._show_state()

    def _preview(self, request: Request, preview: Preview) -> None:
        if (image := to_image(preview)) is not None:
            hole = request.ready.prepared.hole if request.ready.prepared is not None else None
            seen = image if hole is None else through(image, hole)
            self.view.set(preview=(seen, request.ready.rect), frame=request.sketch.document.frame)

    def _shown(self, result: Painted | None) -> None:
        if self._editor is not None:
            self._result = result
            self.view.show_result(result, self._editor.desk.document.frame)
            self._state_changed(self.live.state)

    def _hand_changed(self) -> None:
        """The pen came down or went up, or what it did is done."""
        if self._editor is not None:
            self.view.set(pen_down=self._editor.surface.drawing or self._editor.desk.is_busy)

    def _key(self, key: Qt.Key) -> None:
        """Enter takes the picture, unless a result of Generate waits for it."""
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._editor and self._editor.staging.current is None:
            self.apply()

    def _let_go(self) -> None:
        editor, self._editor, self._result = self._editor, None, None
        if editor is None:
            return
        editor.desk.changed.disconnect(self._changed)
        editor.desk.options_changed.disconnect(self._options_changed)
        editor.desk.busy_changed.disconnect(self._hand_changed)
        editor.surface.pen_changed.disconnect(self._hand_changed)
        editor.surface.unused_key.disconnect(self._key)
        bar = editor.live_bar
        for signal in (bar.applied, bar.resumed, bar.rolled, bar.closed):
            signal.disconnect()
        self.view.changed.disconnect(editor.surface.update)
        editor.surface.live_view = None
        editor.live_pane.show_view(None)
        editor.show_live_pane(False)
        editor.live_bar.hide()
        editor.surface.update()
        self.view.clear()

    # ------------------------------------------------------------------------------------------ slow work

    def _run(self, task: Errand) -> None:
        self._thread.submit(task).add_done_callback(self._ended.emit)

    @Slot(object)
    def _tell(self, done: "Future[Callable[[], None]]") -> None:
        error = done.exception()
        if error is None:
            done.result()()
        else:
            sys.excepthook(type(error), error, error.__traceback__)


class _Alarm(QTimer):
    """A clock of the window's thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent, singleShot=True)
        self._ring: Callable[[], None] | None = None
        self.timeout.connect(self._rings)

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def ring_in(self, seconds: float, ring: Callable[[], None]) -> None:
        """Call `ring` once; an alarm that was set before is forgotten."""
        self._ring = ring
        self.start(round(seconds * 1000))

    def _rings(self) -> None:
        if self._ring is not None:
            self._ring()


def _deciding(editor: Editor) -> tuple[object, ...]:
    options = editor.desk.options
    return options.live_strength, options.inpaint
