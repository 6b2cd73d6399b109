"""Brings the worker's events from the host's thread into the window's."""

import threading
import time
from collections import deque

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from studio.domain.messages import ClipPreview, Event, JobEvent, Preview, is_terminal
from studio.session.outside import Outside

SLICE = 0.006  # seconds of handling before the event loop gets its turn


class Bridge(QObject):
    """`post` may be called from any thread; `arrived` is emitted in the thread of this object.

    Of a job's previews only the newest unread one is kept, and none after its end. Nothing else is ever dropped. A
    burst is handled in slices, so that painting and input go on. All but `post` is for the thread of this object.
    """

    arrived = Signal(object)
    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._unread: deque[Event | Outside | str] = (
            deque()
        )  # a bare job id stands where its newest preview will be handled
        self._previews: dict[str, Preview | ClipPreview] = {}
        self._awake = False
        self._open = True
        self._held = False
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._drain)
        self._woken.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def post(self, event: Event | Outside) -> None:
        """Take an event in, from any thread; returns at once."""
        with self._lock:
            if not self._open:
                return
            self._store(event)
            wake, self._awake = not self._awake, True
        if wake:
            self._woken.emit()

    def hold(self) -> None:
        """Let everything wait, in its order, until `release`."""
        self._held = True
        self._next.stop()

    def release(self) -> None:
        """Go on with what waits."""
        self._held = False
        self._next.start()

    def close(self) -> tuple[Event | Outside, ...]:
        """Take nothing more; the program is about to end. Returns what is unread, without previews."""
        self._next.stop()
        with self._lock:
            self._open = False
            unread = tuple(item for item in self._unread if not isinstance(item, str))
            self._unread.clear()
            self._previews.clear()
            return unread

    def _store(self, event: Event | Outside) -> None:
        if isinstance(event, Preview | ClipPreview):
            if event.job_id not in self._previews:
                self._unread.append(event.job_id)
            self._previews[event.job_id] = event
            return
        if isinstance(event, JobEvent) and is_terminal(event):
            self._previews.pop(event.job_id, None)
        self._unread.append(event)

    def _take(self) -> Event | Outside | None:
        with self._lock:
            while self._unread:
                item = self._unread.popleft()
                if not isinstance(item, str):
                    return item
                if (preview := self._previews.pop(item, None)) is not None:
                    return preview
            self._awake = False
            return None

    @Slot()
    def _drain(self) -> None:
        end = time.perf_counter() + SLICE
        while not self._held and time.perf_counter() < end:
            event = self._take()
            if event is None:
                return
            self.arrived.emit(event)
        if not self._held:
            self._next.start()
