"""Everything the bootstrap touches outside its own process, in one value, so that tests can pass another."""

import ctypes
import os
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

TAIL_LINES = 400


class SetupError(Exception):
    """A failure the user can act on; its text is a whole paragraph that says how."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended: exit code and the end of what it printed (stdout and stderr together)."""

    code: int
    output: str = ""


class Run(Protocol):
    """Runs a command to its end."""

    def __call__(self, argv: Sequence[str], *, log: Path | None = None) -> Finished:
        """With `log`, also append everything the command prints to that file."""


@dataclass(frozen=True, slots=True)
class Host:
    """The machine as the bootstrap sees it."""

    platform: str
    environ: Mapping[str, str]
    python: Path
    is_root: bool
    run: Run
    which: Callable[[str], str | None]
    loadable: Callable[[str], bool]
    has_module: Callable[[str], bool]
    has_font: Callable[[], bool]
    free_bytes: Callable[[Path], int]
    say: Callable[[str], None]

    @property
    def has_display(self) -> bool:
        """Whether a window can be shown. Only Linux can be without a display in a way we can see."""
        return self.platform != "linux" or bool(self.environ.get("DISPLAY") or self.environ.get("WAYLAND_DISPLAY"))


def say(text: str) -> None:
    """Tell the user; on stderr, because stdout belongs to the program that is started."""
    print(text, file=sys.stderr, flush=True)


def run(argv: Sequence[str], *, log: Path | None = None) -> Finished:
    """Run a command for real, showing its newest line while it works when a person watches."""
    # A user-wide "install for the user" setting makes pip refuse to install into an environment.
    environ = {**os.environ, "PIP_USER": "0", "LC_ALL": "C.UTF-8"}
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    watched = log is not None and sys.stderr.isatty()
    try:
        process = subprocess.Popen(
            argv,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            close_fds=False,  # hands the setup's lock on; nothing else of ours can be inherited
        )
    except OSError as error:
        return Finished(127, str(error))
    with ExitStack() as files:
        lines = files.enter_context(process)
        book = files.enter_context(log.open("a", encoding="utf-8")) if log else None
        for line in lines.stdout or ():
            tail.append(line)
            if book:
                book.write(line)
            if watched:
                print("\r\x1b[K  " + line.strip()[: shutil.get_terminal_size().columns - 3], end="", file=sys.stderr)
    if watched:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return Finished(process.returncode, "".join(tail))


def loadable(soname: str) -> bool:
    """Ask the dynamic loader itself: it also knows LD_LIBRARY_PATH and systems without a cache."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def has_font() -> bool:
    """Whether any outline font is installed; Qt draws boxes without one."""
    home = Path.home()
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".fonts", home / ".local/share/fonts")
    return any(
        name.endswith((".ttf", ".otf", ".ttc", ".pfb"))
        for folder in folders
        for _, _, names in os.walk(folder)
        for name in names
    )


def has_module(name: str) -> bool:
    """Whether this interpreter can import a module (Debian splits ensurepip off)."""
    from importlib.util import find_spec

    return find_spec(name) is not None


def this_host() -> Host:
    """The machine we really run on."""
    return Host(
        platform=sys.platform,
        environ=os.environ,
        # Inside an environment, this is the interpreter it was made from: an environment cannot rebuild itself.
        python=Path(getattr(sys, "_base_executable", None) or sys.executable),
        is_root=hasattr(os, "geteuid") and os.geteuid() == 0,
        run=run,
        which=shutil.which,
        loadable=loadable,
        has_module=has_module,
        has_font=has_font,
        free_bytes=lambda folder: shutil.disk_usage(folder).free,
        say=say,
    )
