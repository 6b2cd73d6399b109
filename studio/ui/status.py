"""The line at the bottom: the engine, the machine, the time left, the zoom."""

from PySide6.QtCore import QObject, Qt, QThreadPool, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStatusBar, QWidget

from studio.domain.messages import Ready
from studio.ui.machine import Memory, read_memory
from studio.ui.phases import duration, rough
from studio.ui.plurals import counted
from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.labels import label

MEMORY_EVERY = 2000  # milliseconds


class MemoryWatch(QObject):
    """Reads the memory in use from time to time, away from the window's thread."""

    read = Signal(Memory)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._timer = QTimer(self, interval=MEMORY_EVERY)
        self._timer.timeout.connect(self._ask)

    def start(self) -> None:
        """Read now and from now on."""
        self._ask()
        self._timer.start()

    def close(self) -> None:
        """Stop, and wait for the reading under way."""
        self._timer.stop()
        self._pool.clear()
        self._pool.waitForDone()

    def _ask(self) -> None:
        self._pool.start(lambda: self.read.emit(read_memory()))


class StatusLine(QStatusBar):
    """Small words; each says one thing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.engine = self._part("cpu", self.tr("The engine and the device it computes on"))
        self.memory = self._part("memory-stick", self.tr("Memory in use by Safelight, of what this machine has"))
        self.eta = self._part("clock", self.tr("Time until the queue is empty"))
        self.zoom = self._part("zoom-in", self.tr("Zoom: screen pixels per picture pixel"))
        self.addWidget(self.engine[0], 1)
        for part in (self.eta, self.memory, self.zoom):
            self.addPermanentWidget(part[0])
        self.show_engine(None)
        self.show_eta(0, None)
        self.zoom[0].hide()
        self.memory[0].hide()

    def show_engine(self, ready: Ready | None, text: str = "") -> None:
        """The device when it is known, or what the engine is about."""
        if ready is not None:
            threads = (
                counted(self.tr("%n thread(s)", "", ready.threads), ready.threads) if ready.device == "cpu" else ""
            )
            parts = (ready.device.upper(), ready.dtype, threads)
            text = " · ".join(part for part in parts if part)
            versions = "\n".join(f"{name} {version}" for name, version in sorted(ready.versions.items()))
            self.engine[0].setToolTip(f"{ready.device_name}\n{versions}".strip())
        self.engine[1].setText(text or self.tr("Starting engine…"))

    def show_memory(self, memory: Memory) -> None:
        """Memory in gigabytes."""
        ours, free, total = (size / 2**30 for size in (memory.ours, memory.free, memory.total))
        self.memory[1].setText(self.tr("{ours:.1f} of {total:.0f} GB").format(ours=ours, total=total))
        text = self.tr("Safelight uses {ours:.1f} GB; {free:.1f} GB of {total:.1f} GB are free")
        self.memory[0].setToolTip(text.format(ours=ours, free=free, total=total))
        self.memory[0].show()

    def show_eta(self, jobs: int, seconds: float | None, *, held: bool = False) -> None:
        """How much is left to do, and how long that will take; `held`: not before the queue goes on."""
        text = counted(self.tr("%n job(s)", "", jobs), jobs)
        if held:
            text += " · " + self.tr("paused")
        elif seconds is not None:
            text += " · " + self.tr("{time} left").format(time=duration(seconds) if seconds < 60 else rough(seconds))
        self.eta[1].setText(text)
        self.eta[0].setVisible(jobs > 0)

    def show_zoom(self, zoom: float) -> None:
        """The zoom in percent."""
        self.zoom[1].setText(f"{zoom * 100:.0f} %")

    def _part(self, sign: str, name: str) -> tuple[QWidget, QLabel]:
        part, text, picture = QWidget(), label(""), QLabel()
        picture.setPixmap(pixmap(sign, COLOURS.faint, 14, self.devicePixelRatioF()))
        part.setToolTip(name)
        text.setAccessibleDescription(name)
        row = QHBoxLayout(part)
        row.setContentsMargins(SPACE.medium, SPACE.hair, SPACE.small, SPACE.hair)
        row.setSpacing(6)
        row.addWidget(picture)
        row.addWidget(text)
        row.setAlignment(Qt.AlignmentFlag.AlignLeft)
        return part, text
