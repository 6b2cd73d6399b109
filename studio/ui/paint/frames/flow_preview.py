"""The canvas as it will flow, small and in its place, made beside the window's thread and anew as arrows change."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter

from studio.domain.document.document import Document
from studio.domain.document.flow import faster, freeze_of
from studio.domain.errors import StudioError
from studio.imaging.looping.eulerian import flow_loop
from studio.imaging.looping.mixing import Made
from studio.imaging.placing import premultiplied
from studio.ui.paint.desk import Options, PaintDesk
from studio.ui.paint.frames.still import Motionless, still_of
from studio.ui.paint.pictures import image_of
from studio.ui.paint.view import View
from studio.ui.theme.tokens import COLOURS

SIDE = 256  # pixels of the preview's longer side at most
FRAMES = 24  # of it at most
_SETTLED = 120  # milliseconds without a change before it is made anew
_BAR = 3  # logical pixels

Key = tuple[object, ...]


class _Stale(Exception):
    """What is being made is not wanted any more."""


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything that a preview is made of."""

    desk: PaintDesk
    document: Document
    options: Options
    wanted: Callable[[], bool]
    tell: Callable[[float], None]

    def frames(self) -> tuple[QImage, ...]:
        """The pictures, in order. Raises _Stale."""
        options, desk = self.options, self.desk
        still = still_of(desk.compositor, desk.store, self.document, SIDE, alone=options.flow_layer)
        count = min(FRAMES, options.flow_frames)
        made: list[QImage] = []
        for frame in self._loop(still, count):
            made.append(image_of(premultiplied(frame.pixels)))
            self.tell(len(made) / count)
        return tuple(made)

    def _loop(self, still: Motionless, count: int) -> Iterator[Made]:
        options = self.options
        rate = options.flow_rate * count / options.flow_frames  # fewer frames in the same time
        arrows = faster(self.document.flow, options.flow_speed)
        return flow_loop(still.pixels, arrows, still.freeze, count, rate, options.flow_reach, self._poll)

    def _poll(self) -> None:
        if not self.wanted():
            raise _Stale


class FlowPreview(QObject):
    """Plays over the canvas while the option `flow_preview` of its desk is on, and there are arrows."""

    _made = Signal(int, object)  # number of the work, Future of a tuple of QImage
    _far = Signal(int, float)

    def __init__(self, desk: PaintDesk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._thread: ThreadPoolExecutor | None = None
        self._number = 0  # of the latest work; what is of another is stale
        self._lock = threading.Lock()
        self._key: Key = ()  # what the latest work was made of
        self._frames: tuple[QImage, ...] = ()
        self._index = 0
        self._share: float | None = None
        self._paused = False
        self._clock = QTimer(self, timerType=Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(self._step)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLED)
        self._settle.timeout.connect(self._begin)
        self._made.connect(self._show)
        self._far.connect(self._tell)
        desk.options_changed.connect(self._look)
        desk.changed.connect(self._look)

    @property
    def on(self) -> bool:
        """Is it wanted?"""
        return self._desk.options.flow_preview

    @property
    def playing(self) -> bool:
        """Is it seen?"""
        return bool(self._frames) and not self._paused

    def pause(self) -> None:
        """The canvas is seen as it is, until `go_on`: the pen is down."""
        self._paused = True
        if self._share is not None:  # the pen comes first; all of it is made again then
            self._cancel()
            self._key = ()

    def go_on(self) -> None:
        """Seen again, if it is wanted."""
        self._paused = False
        self._look()

    def paint(self, painter: QPainter, view: View) -> bool:
        """Draw the frame of now in the canvas's place, and how far the next ones are; whether there is one."""
        rect = self._desk.document.rect
        if self.playing:
            painter.save()
            painter.setTransform(view.transform(), True)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(0, 0, rect.width, rect.height), self._frames[self._index % len(self._frames)])
            painter.restore()
        if self._share is not None:
            area = view.screen_rect(rect)
            groove = QRectF(area.left(), area.bottom() + 4, area.width(), _BAR)
            painter.fillRect(groove, QColor(COLOURS.hover))
            groove.setWidth(groove.width() * max(0.04, self._share))
            painter.fillRect(groove, QColor(COLOURS.lamp))
        return self.playing

    # ------------------------------------------------------------------------------------------ making

    def _look(self) -> None:
        """Something may have changed."""
        if not self.on or not self._desk.document.flow:
            if self._thread is not None or self._settle.isActive():
                self._end()
        elif not self._paused and self._now() != self._key:
            self._cancel()
            self._settle.start()

    def _now(self) -> Key:
        """What the frames depend on."""
        document, options = self._desk.document, self._desk.options
        freeze = freeze_of(document)
        shown = freeze.content if freeze is not None and freeze.visible else None
        active = document.active if options.flow_layer else ""
        numbers = (options.flow_reach, options.flow_speed, options.flow_frames, options.flow_rate, options.flow_layer)
        return (document.layers, document.size, document.flow, shown, active, *numbers)

    def _begin(self) -> None:
        if not self.on:
            return
        self._key = self._now()
        with self._lock:
            self._number += 1
            number = self._number
        self._share = 0.0
        work = _Work(
            self._desk,
            self._desk.document,
            self._desk.options,
            lambda: number == self._number,
            lambda share: self._far.emit(number, share),
        )
        self._thread = self._thread or ThreadPoolExecutor(1, "flow")
        self._thread.submit(work.frames).add_done_callback(lambda done: self._made.emit(number, done))
        self._desk.overlay_changed.emit()

    def _cancel(self) -> None:
        with self._lock:
            self._number += 1
        self._share = None

    def _end(self) -> None:
        """Nothing is made or played any more."""
        self._settle.stop()
        self._clock.stop()
        self._cancel()
        if self._thread is not None:
            self._thread.shutdown(wait=True)  # it looks at each step whether it is wanted
            self._thread = None
        shown, self._frames, self._key, self._index = bool(self._frames), (), (), 0
        if shown:
            self._desk.overlay_changed.emit()

    # ------------------------------------------------------------------------------------------ playing

    def _tell(self, number: int, share: float) -> None:
        if number == self._number:
            self._share = share
            self._desk.overlay_changed.emit()

    def _show(self, number: int, done: "Future[tuple[QImage, ...]]") -> None:
        if number != self._number:
            return
        try:
            self._frames, self._share = done.result(), None
        except StudioError as error:
            self._desk.noted.emit(f"{error.problem.message} {error.problem.hint}")
            self._desk.set_options(flow_preview=False)
            return
        options = self._desk.options
        self._clock.start(round(1000 * options.flow_frames / options.flow_rate / len(self._frames)))
        self._desk.overlay_changed.emit()

    def _step(self) -> None:
        if self.playing:
            self._index = (self._index + 1) % len(self._frames)
            self._desk.overlay_changed.emit()
