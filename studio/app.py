"""The window's composition root: the one module that knows every room it joins."""

import argparse
import os
import signal
from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from studio.session.paths import Paths
from studio.session.studio import Studio
from studio.session.workers import HOSTS, worker_factory
from studio.ui.application import create_application
from studio.ui.bridge import Bridge
from studio.ui.instance import SingleInstance
from studio.ui.window import MainWindow

_SIGNALS_EVERY = 200  # milliseconds; Python acts on a signal only when Qt lets it run


def main(argv: Sequence[str]) -> int:
    """Open the window with the files named in `argv`, or hand them to the window that is open already.

    Returns the exit code when the window was closed and the worker has ended.
    """
    options = _options(argv)
    paths = Paths.of_user()
    application = create_application(["safelight"])
    instance = SingleInstance(paths.data)
    if instance.hand_over(options.files):
        return 0
    instance.listen()
    bridge = Bridge()
    studio = Studio(paths, worker_factory(options.worker), bridge.post, journal=paths.queue)
    window = MainWindow(studio, bridge)
    window.closed.connect(application.quit)
    instance.opened.connect(window.open_files)
    window.show()
    if options.files:
        window.open_files(options.files)
    _quit_on_signals(application, window)
    code = application.exec()
    instance.close()
    return code


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("safelight", description="Open the studio's window.")
    parser.add_argument("files", nargs="*", type=os.path.abspath, help="pictures to open")
    parser.add_argument("--worker", choices=tuple(HOSTS), default="process", help="where pictures are computed")
    return parser.parse_args(argv)


def _quit_on_signals(application: QApplication, window: MainWindow) -> None:
    """Ctrl-C in the terminal and a polite kill close the window as its user would."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.close())
    pulse = QTimer(application, interval=_SIGNALS_EVERY)
    pulse.timeout.connect(lambda: None)
    pulse.start()
