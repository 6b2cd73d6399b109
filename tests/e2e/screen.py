"""A virtual screen with a real window on it: Xvfb, driven by xdotool, read from its frame buffer."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import psutil
from numpy.typing import NDArray

WIDTH, HEIGHT = 1440, 900
XWD_HEADER = 25  # 32 bit words, big endian: header size first, number of colours at 19


@dataclass(frozen=True)
class Screen:
    """One X server; `folder` holds its memory-mapped frame buffer."""

    display: str
    folder: Path

    def environment(self, home: Path) -> dict[str, str]:
        """The environment of a program on this screen whose user folders lie under `home`."""
        kept = {k: v for k, v in os.environ.items() if k not in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
        return {**kept, "DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb", "SAFELIGHT_HOME": str(home)}

    def do(self, *words: str) -> str:
        """Run one xdotool command."""
        environment = {**os.environ, "DISPLAY": self.display}
        done = subprocess.run(
            ["xdotool", *words], env=environment, capture_output=True, text=True, timeout=30, check=True
        )
        return done.stdout.strip()

    def pixels(self) -> NDArray[np.uint8]:
        """What the screen shows: HEIGHT × WIDTH × 3, RGB."""
        raw = (self.folder / "Xvfb_screen0").read_bytes()
        header = np.frombuffer(raw, ">u4", XWD_HEADER)
        start = int(header[0]) + 12 * int(header[19])
        frame = np.frombuffer(raw, np.uint8, HEIGHT * WIDTH * 4, start).reshape(HEIGHT, WIDTH, 4)
        return frame[:, :, 2::-1]


@contextmanager
def virtual_screen(folder: Path) -> Iterator[Screen]:
    """An X server of its own, ended afterwards."""
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", str(folder)]
    # Without -noreset it begins anew when its only window is killed, and turns away who comes just then.
    server = subprocess.Popen([*command, "-nolisten", "tcp", "-noreset"], pass_fds=(writer,), stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        yield Screen(f":{number}", folder)
    finally:
        server.terminate()
        server.wait(10)


@dataclass
class Program:
    """The studio in its window on a screen."""

    screen: Screen
    process: subprocess.Popen[bytes]
    window: str

    def keys(self, *chords: str) -> None:
        """Press key chords in the window."""
        self.screen.do("key", "--clearmodifiers", *chords)

    def type(self, text: str) -> None:
        """Type text where the focus is."""
        self.screen.do("type", "--delay", "5", text)

    def children(self) -> list[psutil.Process]:
        """The live processes below the program: the worker."""
        return [p for p in psutil.Process(self.process.pid).children(recursive=True) if p.is_running()]


@contextmanager
def studio_window(screen: Screen, home: Path) -> Iterator[Program]:
    """The studio started on `screen`, with the keyboard in its window."""
    process = subprocess.Popen([sys.executable, "-m", "studio"], env=screen.environment(home))
    try:
        window = wait_for(lambda: _visible_window(screen), "the window to appear")
        screen.do("windowfocus", "--sync", window)
        yield Program(screen, process, window)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def _visible_window(screen: Screen) -> str:
    try:
        return screen.do("search", "--onlyvisible", "--name", "Safelight").split("\n")[0]
    except subprocess.CalledProcessError:
        return ""


T = TypeVar("T")


def wait_for(probe: Callable[[], T], what: str, seconds: float = 90) -> T:
    """The first true value of `probe`; fails the test when none comes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = probe()
        if value:
            return value
        time.sleep(0.03)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")
