"""What all commands share: which engine works for them, and how they print."""

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Program:
    """The surroundings of a command.

    `engine` is the dotted name of the engine's factory, "package.module:factory"; "" is the studio's own.
    """

    engine: str = ""


def print_json(document: Any) -> None:
    """One JSON document on standard output, in ASCII so that every terminal and pipe takes it."""
    print(json.dumps(document, indent=2), flush=True)


def announce(path: Path) -> None:
    """The path of a finished picture on standard output; it is saved, so a reader that went away is no error."""
    try:
        print(path, flush=True)
    except OSError:
        silence_output()


def silence_output() -> None:
    """Send what is still to be printed nowhere, so that nothing fails for it again."""
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())


def note(text: str) -> None:
    """A remark for a person, on standard error, where it does not disturb what a script reads."""
    print(harmless(text), file=sys.stderr, flush=True)


def harmless(text: str) -> str:
    """`text` with control characters written out: names and metadata come from anywhere, and a terminal obeys them."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
