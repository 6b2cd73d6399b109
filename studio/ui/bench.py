"""How quick the window is: `python -m studio.ui.bench --json`.

Measured without a screen (Qt's offscreen platform): the time from the start of a process to its window being shown, and
the longest stall of the event loop while the worker starts, loads a model and makes a picture.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from studio.domain.jobs import Job, JobState
from studio.domain.messages import Ready
from studio.session.paths import Paths
from studio.session.studio import Studio
from studio.session.workers import worker_factory
from studio.ui.application import create_application
from studio.ui.bridge import Bridge
from studio.ui.window import MainWindow

STARTS = 5
TICK = 5  # milliseconds
PATIENCE = 300  # seconds for a job
SHOWN_LIMIT = 1.0  # seconds, when the files are in the disk cache
STALL_LIMIT = 0.05
_BORN = "SAFELIGHT_BENCH_BORN"


@dataclass(frozen=True, slots=True)
class Child:
    """What one process measured, in seconds.

    A stall is the time by which a 5 ms timer came late at most; `busy` is the most that the window's thread itself
    computed between two ticks: the difference is other programs' doing.
    """

    shown: float
    stalls: dict[str, float]
    busy: dict[str, float]
    job: str
    problem: str = ""


class StallWatch(QObject):
    """A timer that notes how late it comes, by what was going on."""

    def __init__(self) -> None:
        super().__init__()
        self.phase = "start"
        self.stalls: dict[str, float] = {}
        self.busy: dict[str, float] = {}
        self._last, self._computed = time.perf_counter(), time.thread_time()
        self._timer = QTimer(self, interval=TICK)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def stop(self) -> None:
        """Note what was since the last tick, and no more."""
        self._tick()
        self._timer.stop()

    def _tick(self) -> None:
        now, computed = time.perf_counter(), time.thread_time()
        late, busy = now - self._last - TICK / 1000, computed - self._computed
        self.stalls[self.phase] = max(self.stalls.get(self.phase, 0.0), late)
        self.busy[self.phase] = max(self.busy.get(self.phase, 0.0), busy)
        self._last, self._computed = now, computed


class Trial:
    """One window from its start to its end, with a picture between them if `work`."""

    def __init__(self, home: Path, born: float, work: bool) -> None:
        self._application = create_application(["safelight"])
        bridge = Bridge()
        paths = Paths(home / "data", home / "config", home / "pictures")
        self._studio = Studio(paths, worker_factory(), bridge.post)
        self._window = MainWindow(self._studio, bridge)
        self._born, self._work = born, work
        self._shown, self._state, self._problem = 0.0, "", ""
        self._watch: StallWatch | None = None
        self._window.closed.connect(self._application.quit)
        self._studio.ready.connect(self._ready)
        self._studio.queue.changed.connect(self._changed)
        QTimer.singleShot(PATIENCE * 1000, self._window.close)

    def run(self) -> Child:
        """Show the window, wait for the end."""
        self._window.show()
        self._application.processEvents()
        self._shown = time.time() - self._born
        self._watch = StallWatch()
        if not self._work:
            self._window.close()
        self._application.exec()
        return Child(self._shown, self._watch.stalls, self._watch.busy, self._state, self._problem)

    def _ready(self, _ready: Ready) -> None:
        if self._watch is not None:
            self._watch.phase = "load"
        self._window.requests.generate()
        if not self._studio.queue.jobs:
            self._problem = self._window.area.banner.message.text()
            self._window.close()

    def _changed(self, job: Job) -> None:
        if self._watch is not None and job.state is JobState.RUNNING:
            self._watch.phase = "generate"
        if job.state.final:
            self._state, self._problem = job.state, str(job.problem or "")
            QTimer.singleShot(500, self._close)  # the result still fades in and is read into the strip

    def _close(self) -> None:
        """From here on the window is hidden and may wait for its worker."""
        if self._watch is not None:
            self._watch.stop()
        self._window.close()


def measure(model: str = "", starts: int = STARTS) -> dict[str, object]:
    """Run the children and put their figures together; `model` is a model's folder, "" the first of the library."""
    shown = [_child(model, work=False).shown for _ in range(starts)]
    worked = _child(model, work=True)
    return {
        "window_shown_s": {"first": shown[0], "median": statistics.median(shown), "limit": SHOWN_LIMIT},
        "event_loop_stall_s": {
            **worked.stalls,
            "worst": max(worked.stalls.values(), default=0.0),
            "limit": STALL_LIMIT,
        },
        "event_loop_busy_s": {**worked.busy, "worst": max(worked.busy.values(), default=0.0)},
        "job": worked.job,
        "problem": worked.problem,
    }


def _child(model: str, *, work: bool) -> Child:
    with tempfile.TemporaryDirectory() as home:
        if model:
            models = Path(home) / "data" / "models"
            models.mkdir(parents=True)
            (models / Path(model).name).symlink_to(Path(model).absolute())
        command = [sys.executable, "-m", "studio.ui.bench", "--child", home, *(["--work"] if work else [])]
        born = time.time()
        environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, _BORN: repr(born)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return Child(**json.loads(done.stdout.splitlines()[-1]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the limits stand beside the figures, a busy machine passes them without our doing."""
    parser = argparse.ArgumentParser(prog="python -m studio.ui.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print figures for programs")
    parser.add_argument("--model", default="", help="the folder of the model to use instead of the starter")
    parser.add_argument("--child", metavar="HOME", help=argparse.SUPPRESS)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        print(json.dumps(asdict(Trial(Path(options.child), float(os.environ[_BORN]), options.work).run())))
        return 0
    figures = measure(options.model)
    print(json.dumps(figures, indent=2) if options.json else _text(figures))
    return 0


def _text(figures: dict[str, object]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in figures.items())


if __name__ == "__main__":
    sys.exit(main())
