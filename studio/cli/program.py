"""What all commands share: which engine works for them, and how they print."""

import json
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Program:
    """The surroundings of a command.

    `engine` is the dotted name of the engine's factory, "package.module:factory"; "" is the studio's own.
    """

    engine: str = ""


def print_json(document: Any) -> None:
    """One JSON document on standard output, in ASCII so that every terminal and pipe takes it."""
    print(json.dumps(document, indent=2), flush=True)


def note(text: str) -> None:
    """A remark for a person, on standard error, where it does not disturb what a script reads."""
    print(text, file=sys.stderr, flush=True)
