"""The worker process: `python -m studio.worker.child`, started by `host_process`.

Commands come on standard input and events leave by standard output; both are taken away from everybody else here, so
that a library that prints cannot disturb them. Standard input is also the parent's sign of life: it ends when the
parent does. Ours is a `Beat` each second, from before the engine is imported, whatever the engine does.
"""

import contextlib
import faulthandler
import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO, NoReturn

from studio.domain.messages import Beat, Command, Event
from studio.worker import environment, wire
from studio.worker.engine import Emit
from studio.worker.loop import Channel, named, serve

_BEAT_SECONDS = 1.0
_OOM_SCORE = Path("/proc/self/oom_score_adj")


def main() -> NoReturn:
    """Serve until Quit or until the parent is gone; does not return."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which pauses what runs
    faulthandler.enable(2)  # a packaged program may have no sys.stderr
    environment.apply()
    _offer_to_oom_killer()
    commands, events = _take_standard_streams()
    say = _mouth(events)
    threading.Thread(target=_beat, args=(say,), name="beats", daemon=True).start()
    try:
        setup: wire.Setup = wire.read(commands)
    except EOFError:
        _vanish()  # the parent ended before it said anything
    inbox: queue.SimpleQueue[Command] = queue.SimpleQueue()
    threading.Thread(target=_read_commands, args=(commands, inbox), name="commands", daemon=True).start()
    code = serve(Channel(inbox, say), named(setup.engine), setup.options)
    os._exit(code)  # the ordinary end unloads torch and the GPU driver: slow, and known to crash


def _read_commands(commands: BinaryIO, inbox: "queue.SimpleQueue[Command]") -> None:
    """Runs beside the engine, so that the parent's end is noticed in the middle of a step or an import too."""
    try:
        while True:
            inbox.put(wire.read(commands))
    finally:
        _vanish()


def _mouth(events: BinaryIO) -> Emit:
    """What sends one event whole, from any thread."""
    lock = threading.Lock()

    def say(event: Event) -> None:
        with lock:
            wire.write(events, event)

    return say


def _beat(say: Emit) -> None:
    """Until the parent is gone."""
    with contextlib.suppress(OSError):
        while True:
            say(Beat())
            time.sleep(_BEAT_SECONDS)


def _vanish() -> NoReturn:
    """End at once, with whatever the engine may have started."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _take_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    commands, events = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return commands, events


def _offer_to_oom_killer() -> None:
    """When memory runs out, Linux shall end this process and not the window with its unsaved work."""
    with contextlib.suppress(OSError):  # another system, or one that does not let us
        _OOM_SCORE.write_text("500")


if __name__ == "__main__":
    main()
