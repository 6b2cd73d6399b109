"""Starting, closing, crashing, starting twice."""

import gc
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPointF
from PySide6.QtGui import QImage
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.messages import Died
from studio.ui.display import require_display
from studio.ui.instance import SingleInstance
from tests.ui.desk import Desk, Desks

ROOT = Path(__file__).parents[2]


def test_the_engine_is_told_of(desk: Desk) -> None:
    assert desk.window.status.engine[1].text() == "CPU · bfloat16 · 1 thread"
    desk.worker.post(Died(-9))
    desk.bot.waitUntil(lambda: "Restarting" in desk.window.status.engine[1].text())


def test_the_memory_is_told(desk: Desk) -> None:
    desk.bot.waitUntil(lambda: "GB" in desk.window.status.memory[1].text())


def test_closing_hides_at_once_and_ends_the_worker_behind(desks: Desks, tmp_path: Path) -> None:
    desk = desks.open(tmp_path)
    desk.generate()
    desk.worker.begin()
    hidden_when_closed: list[bool] = []
    window, worker = desk.window, desk.worker
    window.closed.connect(lambda: hidden_when_closed.append(not window.isVisible() and worker.closed))
    start = time.thread_time()
    window.close()
    assert time.thread_time() - start < 0.05
    assert not window.isVisible()
    assert not worker.closed, "the worker is ended after the window has vanished"
    desk.bot.waitUntil(lambda: worker.closed)
    desk.bot.waitUntil(lambda: hidden_when_closed == [True])
    desks._open.remove(desk)
    window.deleteLater()


def test_problems_stack_up_newest_first_with_a_count(desk: Desk) -> None:
    banner = desk.window.area.banner
    for number in range(3):
        desk.studio.problem.emit(Problem(ErrorKind.DISK, f"Problem {number}.", "Do this."))
    assert banner.message.text() == "Problem 2."
    assert "2 earlier messages" in banner.hint.text()
    banner.close_button.click()
    desk.studio.problem.emit(Problem(ErrorKind.DISK, "Another.", "Do that."))
    assert banner.hint.text() == "Do that."


def test_an_uncaught_exception_is_logged_and_told_in_a_sentence(desk: Desk) -> None:
    with capture_exceptions() as caught:  # pytest-qt's hook is in place of ours; give ours the exception
        hook = desk.window.crashes
        try:
            raise KeyError("lost")
        except KeyError as error:
            hook._handle(type(error), error, error.__traceback__)
    assert not caught
    banner = desk.window.area.banner
    assert banner.isVisible() and "Traceback" not in banner.message.text() + banner.hint.text()
    log = hook.path.read_text()
    assert "KeyError" in log and "Traceback" in log
    banner.copy_button.click()
    assert "KeyError" in QApplication.clipboard().text()


def test_painting_keeps_the_references_to_none(desk: Desk) -> None:
    desk.make()
    view = desk.window.area.view

    def paint(times: int) -> None:
        for _ in range(times):
            view.repaint()
            desk.window.strip.viewport().repaint()

    paint(20)
    before = sys.getrefcount(None)
    paint(300)
    assert sys.getrefcount(None) > before - 100, "a binding loses a reference to None with each call"


def test_zoom_and_fit(desk: Desk) -> None:
    desk.make()
    view, status = desk.window.area.view, desk.window.status
    fitted = view.viewport_.rect()
    desk.window.commands["full-size"].trigger()
    assert status.zoom[1].text() == "100 %"
    assert view.viewport_.rect().width() * view.devicePixelRatioF() == 256
    desk.window.commands["zoom-in"].trigger()
    assert status.zoom[1].text() == "120 %"
    desk.window.commands["fit"].trigger()
    assert view.viewport_.rect() == fitted


def test_the_zoom_shown_is_that_of_the_workspace_in_sight(desk: Desk) -> None:
    desk.make()
    view, status, workspaces = desk.window.area.view, desk.window.status, desk.window.workspaces
    workspaces.show_page("paint")
    shown = status.zoom[1].text()
    view.zoom_to(3.17)  # as when a finished picture arrives behind the canvas
    assert status.zoom[1].text() == shown
    workspaces.show_page("generate")
    assert status.zoom[1].text() == f"{view.zoom:.0%}".replace("%", " %")


def test_a_picture_zooms_at_its_corner_too(desk: Desk) -> None:
    desk.make()
    view = desk.window.area.view
    view.zoom_to(8.0)
    before = view.viewport_.rect().topLeft()
    view.zoom_to(16.0, QPointF(0, 0))
    assert view.viewport_.rect().topLeft() == QPointF(before.x() * 2, before.y() * 2)


def test_a_large_picture_can_be_panned_but_not_lost(desk: Desk, tmp_path: Path) -> None:
    desk.make()
    view = desk.window.area.view
    view.show_result(QImage(2000, 1000, QImage.Format.Format_RGB32))
    view.zoom_to(2.0)
    view.viewport_.pan(QPointF(1e6, 1e6))
    assert view.viewport_.rect().intersects(view.rect().toRectF())


def test_torch_is_not_loaded_with_the_window() -> None:
    code = f"""
import sys, tempfile
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from tests.ui import fakes
from studio.ui.application import create_application
from studio.ui.bridge import Bridge
from studio.ui.window import MainWindow
application = create_application(["safelight"])
bridge = Bridge()
studio, worker = fakes.make_studio(Path(tempfile.mkdtemp()), bridge)
window = MainWindow(studio, bridge)
window.closed.connect(application.quit)
window.show()
while not worker.started:
    application.processEvents()
heavy = {{"torch", "diffusers", "transformers", "cv2", "scipy", "studio.engine"}} & set(sys.modules)
window.close()
application.exec()
sys.exit(f"loaded: {{heavy}}" if heavy else 0)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr


def test_garbage_is_collected_in_the_window_thread_only(desk: Desk) -> None:
    class Cycle(QObject):
        def __init__(self) -> None:
            super().__init__()
            self.itself = self

    assert not gc.isenabled()
    dead: list[bool] = []
    weakref.finalize(Cycle(), lambda: dead.append(threading.current_thread() is threading.main_thread()))
    thread = threading.Thread(target=lambda: [[] for _ in range(100_000)])
    thread.start()
    thread.join()
    keep = [[object()] for _ in range(gc.get_threshold()[0] + 1)]
    desk.bot.waitUntil(lambda: dead == [True], timeout=3000)
    assert keep


# ---------------------------------------------------------------------------------------------- a second start


def test_a_second_start_hands_its_files_over(qtbot: QtBot, tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert not first.hand_over(["early.png"]), "there is nobody yet"
    assert first.listen()
    done: list[bool] = []
    thread = threading.Thread(target=lambda: done.append(_hand_over(tmp_path, ["a b.png"])))
    with qtbot.waitSignal(first.opened) as opened:
        thread.start()
    thread.join()
    assert done == [True]
    assert opened.args == [[str(Path("a b.png").absolute())]]
    first.close()
    second.close()


def _hand_over(data: Path, files: list[str]) -> bool:
    """In a process of its own, as a second start is."""
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from PySide6.QtCore import QCoreApplication
from studio.ui.instance import SingleInstance
application = QCoreApplication([])
sys.exit(0 if SingleInstance(Path({str(data)!r})).hand_over({files!r}) else 1)
"""
    return subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_a_socket_left_by_a_crash_is_taken_over(qtbot: QtBot, tmp_path: Path) -> None:
    instance = SingleInstance(tmp_path)
    code = f"""
import os
from PySide6.QtCore import QCoreApplication
from PySide6.QtNetwork import QLocalServer, QLocalSocket
application = QCoreApplication([])
server = QLocalServer()
assert server.listen({instance.name!r})
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 9
    assert not instance.hand_over([])
    assert instance.listen()
    instance.close()


def test_homes_do_not_share_a_window(tmp_path: Path) -> None:
    assert SingleInstance(tmp_path / "a").name != SingleInstance(tmp_path / "b").name


def test_nonsense_on_the_socket_is_ignored(qtbot: QtBot, tmp_path: Path) -> None:
    instance = SingleInstance(tmp_path)
    instance.listen()
    opened: list[list[str]] = []
    instance.opened.connect(opened.append)
    socket = QLocalSocket()
    socket.connectToServer(instance.name)
    socket.write(b"}{ nonsense\n")
    qtbot.waitUntil(lambda: socket.state() == QLocalSocket.LocalSocketState.UnconnectedState)
    assert not opened
    instance.close()
    QLocalServer.removeServer(instance.name)


@pytest.mark.qt_log_ignore("does not support raise")
def test_files_of_a_later_start_become_the_source(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    assert QImage(32, 32, QImage.Format.Format_RGB888).save(str(path))
    desk.window.open_files([str(path)])
    source = desk.window.panel.recipe().source
    assert source is not None and source.path == str(path)


# ---------------------------------------------------------------------------------------------- no screen


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there is a screen asked for")
@pytest.mark.parametrize("environment", [{}, {"DISPLAY": ":4711"}, {"DISPLAY": "nowhere.invalid:0"}])
def test_no_screen_is_said_before_qt_ends_the_process(environment: dict[str, str]) -> None:
    with pytest.raises(StudioError) as caught:
        require_display(environment)
    assert caught.value.problem.kind is ErrorKind.ENVIRONMENT
    assert "safelight generate" in caught.value.problem.hint


@pytest.mark.parametrize("environment", [{"QT_QPA_PLATFORM": "offscreen"}, {"WAYLAND_DISPLAY": "wayland-0"}])
def test_other_platforms_need_no_x_server(environment: dict[str, str]) -> None:
    require_display(environment)
