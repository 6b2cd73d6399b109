"""Is there a screen? Qt ends the process when there is none, so it is asked before."""

import os
import re
import socket
import sys
from collections.abc import Mapping

from studio.domain.errors import ErrorKind, StudioError

_HINT = (
    "Start it from a desktop session, or over ssh with a forwarded display (ssh -X). "
    "Without a screen, `safelight generate` makes pictures from the command line."
)
_PATIENCE = 1.0  # seconds for a display on another machine to answer


def require_display(environment: Mapping[str, str] = os.environ) -> None:
    """Raise StudioError (ENVIRONMENT) when no window could be shown."""
    if not sys.platform.startswith("linux") or environment.get("QT_QPA_PLATFORM", "xcb").partition(":")[0] != "xcb":
        return
    display = environment.get("DISPLAY", "")
    if environment.get("WAYLAND_DISPLAY") and "QT_QPA_PLATFORM" not in environment:
        return
    if not display:
        raise StudioError(ErrorKind.ENVIRONMENT, "There is no screen to show a window on.", _HINT)
    if not _answers(display):
        raise StudioError(ErrorKind.ENVIRONMENT, f"The screen “{display}” does not answer.", _HINT)


def _answers(display: str) -> bool:
    match = re.fullmatch(r"(?P<host>[^:]*):(?P<number>\d+)(?:\.\d+)?", display)
    if match is None:
        return True  # a form we do not know; let Qt try
    number = int(match["number"])
    if match["host"] in ("", "unix"):
        return _connects_locally(number)
    try:
        socket.create_connection((match["host"], 6000 + number), _PATIENCE).close()
    except OSError:
        return False
    return True


def _connects_locally(number: int) -> bool:
    path = f"/tmp/.X11-unix/X{number}"
    for address in (f"\0{path}", path):  # the abstract socket is there even where /tmp is private
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_PATIENCE)
            try:
                connection.connect(address)
            except OSError:
                continue
            return True
    return False
