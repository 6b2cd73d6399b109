"""FFmpeg as a process of its own: frames go in through its standard input, a file comes out."""

import contextlib
import errno
import os
import re
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import IO, Any

from studio.domain.errors import ErrorKind, StudioError
from studio.imaging.pixels import Pixels
from studio.imaging.video.presets import ffmpeg

Poll = Callable[[], None]

_LINES = 40  # of what FFmpeg says that are kept
_PATIENCE = 0.1  # seconds between two looks at whether the user has cancelled
_PIPE = 2**20  # bytes between us and FFmpeg, where the system lets us choose
_ADDRESS = re.compile(r" @ 0x[0-9a-f]+")  # of FFmpeg's objects in memory
_FULL = ("No space left on device", "Disk quota exceeded", "File too large", "Input/output error", "Read-only file")


class Encoder:
    """One run of FFmpeg. Use it as a context manager: whatever ends the body early ends the process."""

    def __init__(self, arguments: Sequence[str], target: str) -> None:
        """`arguments` follow the program's name; `target` is the file's name as the user knows it."""
        self._target = target
        self._said: deque[str] = deque(maxlen=_LINES)
        command = [ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostats", "-y", *arguments]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **_apart()
            )
        except OSError as error:
            message = f"FFmpeg, which writes videos, could not be started: {error.strerror}."
            raise StudioError(ErrorKind.ENVIRONMENT, message, "Install the package imageio-ffmpeg anew.") from error
        stdin, stderr = self._process.stdin, self._process.stderr
        assert stdin is not None
        assert stderr is not None
        self._stdin = stdin
        _widen(stdin)
        # Nobody else reads what FFmpeg says; a pipe that fills up would stop it for ever.
        self._listener = threading.Thread(target=self._listen, args=(stderr,), name="ffmpeg-stderr", daemon=True)
        self._listener.start()

    def __enter__(self) -> "Encoder":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._listener.join()
        with contextlib.suppress(OSError):  # what is buffered has nowhere to go
            self._stdin.close()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def write(self, frame: Pixels) -> None:
        """Hand over one frame; waits while FFmpeg is busy. Raises StudioError when it has given up."""
        try:
            self._stdin.write(frame.data)
        except OSError as error:
            self._process.wait()
            raise self._failure() from error

    def finish(self, poll: Poll) -> None:
        """Wait until the file is complete. Raises StudioError when it is not, and what `poll` raises."""
        with contextlib.suppress(OSError):  # FFmpeg has ended; its status says why
            self._stdin.close()
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE)
                break
            poll()
        if self._process.returncode != 0:
            raise self._failure()

    def _listen(self, stderr: IO[bytes]) -> None:
        for line in stderr:
            self._said.append(line.decode("utf-8", "replace").strip())

    def _failure(self) -> StudioError:
        self._listener.join()
        status, said = self._process.returncode, [line for line in self._said if line]
        full = next((why for why in _FULL if any(why in line for line in said)), "")
        hint = "Free some space, or choose another folder."
        if full:
            return StudioError(ErrorKind.DISK, f"{self._target} could not be written: {full.lower()}.", hint)
        if status < 0:
            if status == -getattr(signal, "SIGXFSZ", 0):
                why = os.strerror(errno.EFBIG).lower()
                return StudioError(ErrorKind.DISK, f"{self._target} could not be written: {why}.", hint)
            message = f"{self._target} could not be written: FFmpeg was ended from outside (signal {-status})."
            return StudioError(ErrorKind.DISK, message, "Look for what ended it: often memory ran out. Try again.")
        cause = _ADDRESS.sub("", said[0]) if said else f"status {status}"  # what follows it is consequences
        message = f"{self._target} could not be written: FFmpeg says “{cause}”."
        return StudioError(ErrorKind.INPUT, message, "Choose another preset or another size.")


def run(arguments: Sequence[str], target: str, poll: Poll) -> None:
    """Run FFmpeg on files. Raises StudioError when it fails, and what `poll` raises."""
    with Encoder(arguments, target) as running:
        running.finish(poll)


def _apart() -> dict[str, Any]:
    """A Ctrl-C in the terminal is ours to handle: we remove the unfinished file."""
    if os.name == "nt":  # pragma: no cover
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
    return {"process_group": 0}


def _widen(pipe: IO[bytes]) -> None:
    try:
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
    except (ImportError, AttributeError, OSError):
        return  # the usual size will do
