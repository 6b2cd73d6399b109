"""How quick the queue's panel is with thousands of jobs: `python -m studio.ui.queue.bench`.

Measured without a screen (Qt's offscreen platform), on a window with a journal and an engine that computes nothing.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication, QWidget

from studio.domain.jobs import Job, JobState
from studio.domain.messages import Event, Loaded, Phase, Progress, Ready, Run, Started, WorkerOptions
from studio.domain.recipe import Recipe
from studio.session.journal import Journal
from studio.session.paths import Paths
from studio.session.studio import Studio
from studio.ui.application import create_application
from studio.ui.bench import STALL_LIMIT, StallWatch
from studio.ui.bridge import Bridge
from studio.ui.loader import PictureLoader
from studio.ui.paint.bench.figures import Figure, Samples, text
from studio.ui.queue.control import QueueControl
from studio.ui.queue.panel import QueuePanel
from studio.ui.window import MainWindow

JOBS = 10_000
OPEN_LIMIT = 0.3  # seconds
REORDER_LIMIT = 0.05
_AGAIN = 5
_MOVES = 40
_WORDS = ("lighthouse", "fox", "snow", "watercolour", "pears", "glass", "city", "night", "dusk", "hills", "fog")
_PATIENCE = 60.0  # seconds


class Idle:
    """Takes jobs and never computes; `post` says what it is told to."""

    def __init__(self, post: Callable[[Event], None], _options: WorkerOptions) -> None:
        self.post = post
        self.runs: list[Run] = []

    def start(self) -> None:
        """It is there at once."""
        self.post(Ready("cpu", "nothing", "float32", 1, 2**30, {}))

    def close(self, timeout: float = 1.0) -> None:
        """Nothing to end."""

    def submit(self, run: Run) -> None:
        """Take it."""
        self.runs.append(run)

    def cancel(self, job_id: str) -> None:
        """Nothing runs."""

    def pause(self, job_id: str) -> None:
        """Nothing runs."""


def crowd(count: int) -> list[Job]:
    """Jobs that wait, and one in twenty that is over."""
    chance = random.Random(1)
    made = []
    for number in range(count):
        state = JobState.QUEUED if number % 20 else JobState.DONE
        recipe = Recipe(prompt=" ".join(chance.sample(_WORDS, 8)), seed=number)
        ended = float(number) if state.final else 0.0
        made.append(Job(f"job{number:06}", recipe, state, rank=float(number), made=float(number), ended=ended))
    return made


def measure(count: int = JOBS) -> list[Figure]:
    """The figures for a queue of `count` jobs."""
    application = create_application(["safelight"])
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with _taken_up(application, home, crowd(count)) as (window, stall):
            found = [stall, _opening(application, window), _reordering(application, window)]
            found += [_progress(application, window), _filtering(application, window), _cancelling(application, window)]
    return found


@contextmanager
def _taken_up(application: QApplication, home: Path, jobs: list[Job]) -> Iterator[tuple[MainWindow, Figure]]:
    """A window that took these jobs up from its journal, and how long it stood still for that."""
    path = home / "data" / "queue.safelight"
    path.parent.mkdir(parents=True)
    journal = Journal.open(path, create=True)
    journal.put(jobs)
    journal.flush()
    journal.close()
    bridge = Bridge()
    studio = Studio(Paths(home / "data", home / "config", home / "pictures"), Idle, bridge.post, journal=path)
    window = MainWindow(studio, bridge)
    window.show()
    application.processEvents()
    watch = StallWatch()
    try:
        _wait(application, lambda: window.queue.model.rowCount() > len(jobs) // 2)
        window.queue.repaint()
        watch.stop()
        worst = max(watch.stalls.values()), max(watch.busy.values())
        yield window, Figure("stands still while they are taken up", *worst, OPEN_LIMIT)
    finally:
        ended: list[bool] = []
        window.closed.connect(lambda: ended.append(True))
        window.close()
        _wait(application, lambda: bool(ended))


def _opening(application: QApplication, window: MainWindow) -> Figure:
    samples, loader = Samples(), PictureLoader()
    for _ in range(_AGAIN):
        with samples.one():
            around = QWidget()
            around.resize(272, 800)
            panel = QueuePanel(loader, around)
            control = QueueControl(panel, window.studio.queue)
            panel.resize(around.size())
            around.show()
            _draw(application, panel)
        control.close()
        around.close()
    loader.close()
    return samples.figure("panel opens", OPEN_LIMIT)


def _reordering(application: QApplication, window: MainWindow) -> Figure:
    samples, chance, panel = Samples(), random.Random(2), window.queue
    for _ in range(_MOVES):
        waiting = [job.id for job in window.studio.queue.open_jobs if job.state is JobState.QUEUED][1:]
        moved, before = chance.sample(waiting, 2)
        with samples.one():
            panel.moved.emit([moved], before)
            _draw(application, panel)
    return samples.figure("a job goes elsewhere", REORDER_LIMIT)


def _progress(application: QApplication, window: MainWindow) -> Figure:
    samples, studio = Samples(), window.studio
    job_id = studio.queue.open_jobs[0].id
    for event in (Started(job_id), Loaded(job_id, "0")):
        studio.handle(event)
    for step in range(200):
        with samples.one():
            studio.handle(Progress(job_id, Phase.DENOISE, step, 200))
            application.processEvents()
    return samples.figure("a step is shown", STALL_LIMIT)


def _filtering(application: QApplication, window: MainWindow) -> Figure:
    samples, field = Samples(), window.queue.filter
    for _ in range(_AGAIN):
        for typed in ("f", "fo", "fox", "fox s", ""):
            with samples.one():
                field.setText(typed)
                _draw(application, window.queue)
    return samples.figure("a letter of the filter", STALL_LIMIT)


def _cancelling(application: QApplication, window: MainWindow) -> Figure:
    samples = Samples()
    with samples.one():
        window.queue.cancelled_all.emit()
        _draw(application, window.queue)
    return samples.figure("all are cancelled", OPEN_LIMIT)


def _wait(application: QApplication, done: Callable[[], bool]) -> None:
    """Let the window live until something happened. Raises TimeoutError when it does not."""
    end = time.monotonic() + _PATIENCE
    while not done():
        application.processEvents()
        time.sleep(0.001)
        if time.monotonic() > end:
            raise TimeoutError("the window did not come so far")


def _draw(application: QApplication, panel: QueuePanel) -> None:
    """Until everything is at its place and on the screen."""
    application.processEvents()
    panel.model.settle()
    panel.repaint()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the limits stand beside the figures."""
    parser = argparse.ArgumentParser(prog="python -m studio.ui.queue.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print figures for programs")
    parser.add_argument("--jobs", type=int, default=JOBS, help="how many jobs wait")
    options = parser.parse_args(arguments)
    figures = measure(options.jobs)
    if options.json:
        print(json.dumps({"queue-panel": {figure.name: figure.as_json() for figure in figures}}, indent=2))
    else:
        print(text(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
