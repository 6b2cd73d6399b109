"""Writing clips and timelines away from the window's thread, with progress; it can be stopped at any frame."""

import dataclasses
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from threading import Event

from PySide6.QtCore import QObject, Qt, Signal, Slot

from studio.domain.document.document import Document
from studio.domain.errors import StudioError
from studio.domain.geometry import Size
from studio.session.cutting import Cut
from studio.session.interchange.files import Exported, export_timeline
from studio.session.montage import Montage
from studio.session.rendering import Report, Stage, render

_EVERY = 0.1  # seconds between two reports of progress
_SHARE = {Stage.WRITING: (0.0, 0.8), Stage.CHECKING: (0.8, 0.2)}  # where each begins, and how much it is


class _Stopped(Exception):
    """The user has had enough."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is written: a cut to a file in a preset's format. `rate` and `size` are None for those of the cut."""

    cut: Cut
    path: Path
    preset: str
    turns: int = 1
    size: Size | None = None
    rate: Fraction | None = None


class Exporting(QObject):
    """One file at a time. `progressed` brings the share that is done, what is being done, and the seconds that are left
    (below 0 while they are not known). `ended` brings a Report or an Exported, `failed` a Problem, `stopped` nothing.
    """

    progressed = Signal(float, str, float)
    ended = Signal(object)
    failed = Signal(object)
    stopped = Signal()
    _done = Signal(object)

    def __init__(self, montage: Montage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._montage = montage
        self._thread = ThreadPoolExecutor(1, "export")
        self._stop = Event()
        self._closed = False
        self.busy = False
        self._began = self._told = 0.0
        self._done.connect(self._finish, Qt.ConnectionType.QueuedConnection)

    def render(self, order: Order) -> None:
        """Begin to write a file; what is there of its name is replaced, since the user was asked."""
        self._begin(lambda: self._render(order))

    def hand_over(self, path: Path, document: Document, name: str, **options: object) -> None:
        """Begin to write the timeline for another editor."""
        timeline = document.timeline
        self._begin(lambda: export_timeline(path, timeline, name, replace=True, **options))  # type: ignore[arg-type]

    def stop(self) -> None:
        """End it at the next frame; what was written is removed."""
        self._stop.set()

    def poll(self) -> None:
        """Raise when the user has had enough; for work that is given to this thread."""
        if self._stop.is_set():
            raise _Stopped

    def close_work(self) -> None:
        """End what is under way, and tell nobody."""
        self._closed = True
        self._stop.set()
        self._thread.shutdown(wait=True)

    def _begin(self, work: Callable[[], Report | Exported]) -> None:
        self._stop.clear()
        self.busy = True
        self._began, self._told = time.monotonic(), 0.0
        self._thread.submit(work).add_done_callback(self._tell_done)

    def _render(self, order: Order) -> Report:
        """In the thread."""
        cut = order.cut if order.rate is None else order.cut.at_rate(order.rate)
        if order.size is not None:
            cut = _sized(cut, order.size)
        return render(
            self._montage, cut, order.path, order.preset, turns=order.turns, replace=True,
            progress=self._progress, poll=self.poll,
        )  # fmt: skip

    def _progress(self, stage: Stage, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told < _EVERY or self._closed:
            return
        self._told = now
        first, part = _SHARE[stage]
        share = first + part * done / max(1, total)
        left = (now - self._began) * (1 - share) / share if share > 0.02 else -1.0
        self.progressed.emit(share, stage.value, left)

    def _tell_done(self, future: "Future[Report | Exported]") -> None:
        if not self._closed:
            self._done.emit(future)

    @Slot(object)
    def _finish(self, future: "Future[Report | Exported]") -> None:
        if self._closed:
            return
        self.busy = False
        error = future.exception()
        if error is None:
            self.ended.emit(future.result())
        elif isinstance(error, _Stopped):
            self.stopped.emit()
        elif isinstance(error, StudioError):
            self.failed.emit(error.problem)
        else:
            sys.excepthook(type(error), error, error.__traceback__)


def _sized(cut: Cut, size: Size) -> Cut:
    return dataclasses.replace(cut, size=size)
