"""The pictures in the documentation, taken from the program itself: `python packaging/screenshots.py --home FOLDER`.

Opens the window on a home of its own, makes pictures through the real queue and grabs the window into `docs/`. Without
a screen, set QT_QPA_PLATFORM=offscreen.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from PySide6.QtCore import QTimer  # noqa: E402  # the project must be on the path first
from PySide6.QtWidgets import QApplication  # noqa: E402

from studio.session.paths import Paths  # noqa: E402
from studio.session.studio import Studio  # noqa: E402
from studio.session.workers import worker_factory  # noqa: E402
from studio.ui.application import create_application  # noqa: E402
from studio.ui.bridge import Bridge  # noqa: E402
from studio.ui.window import MainWindow  # noqa: E402

PATIENCE = 600.0  # seconds for one wait
SIZES = {"window": (1440, 900), "narrow": (1024, 700)}


class Photographer:
    """Drives the window as a user does, and photographs it."""

    def __init__(self, application: QApplication, window: MainWindow, studio: Studio, folder: Path) -> None:
        self._application, self._window, self._studio, self._folder = application, window, studio, folder

    def session(self, prompts: Sequence[str]) -> None:
        """All pictures of the documentation, in the order of a user's first minutes."""
        panel = self._window.panel
        self._until(lambda: self._studio.engine is not None)
        self._shoot("empty")
        for number, prompt in enumerate(prompts):
            panel.prompt.show_text(prompt)
            panel.seed.set_value(1000 + number, locked=True)
            self._window.requests.generate()
        self._until(lambda: self._denoised() >= 0.4)
        self._shoot("generating")
        self._until(lambda: not self._studio.queue.open_jobs and self._window.stage.entry is not None)
        self._shoot("done")
        self._window.resize(*SIZES["narrow"])
        self._shoot("narrow")

    def _denoised(self) -> float:
        jobs = self._studio.queue.open_jobs[:1]
        return jobs[0].step / jobs[0].total if jobs and jobs[0].total and self._window.area.view.image else 0.0

    def _until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not done():
            self._wait(0.02)
            if time.monotonic() > end:
                raise SystemExit(f"Nothing happened for {PATIENCE:.0f} seconds.")

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._application.processEvents()
            time.sleep(0.005)

    def _shoot(self, name: str) -> None:
        self._wait(0.4)  # what fades has faded, what is read in the background is there
        path = self._folder / f"{name}.png"
        self._window.grab().save(str(path))
        print(path)


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the folder of this session's data, made if need be")
    parser.add_argument("--out", type=Path, default=PROJECT / "docs", help="where the pictures go")
    parser.add_argument("--prompt", action="append", default=[], help="instead of the model's examples; repeatable")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    application = create_application(["safelight"])
    bridge = Bridge()
    paths = Paths(options.home / "data", options.home / "config", options.home / "pictures")
    studio = Studio(paths, worker_factory(), bridge.post)
    window = MainWindow(studio, bridge)
    window.resize(*SIZES["window"])
    window.closed.connect(application.quit)
    model = window.panel.model.model
    if model is None:
        raise SystemExit("There is no model to make pictures with.")
    window.show()
    prompts = options.prompt or model.examples or ("a red lighthouse at dusk",)
    Photographer(application, window, studio, options.out).session(prompts[:6])
    QTimer.singleShot(0, window.close)
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
