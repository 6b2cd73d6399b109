"""How errors leave the program: one sentence and a hint for people, JSON for scripts, an exit code for both."""

import dataclasses

from studio.cli.program import note, print_json
from studio.domain.errors import ErrorKind, Problem

EXIT_CODES = {
    ErrorKind.INTERNAL: 1,
    ErrorKind.INPUT: 2,
    ErrorKind.MODEL: 3,
    ErrorKind.MEMORY: 4,
    ErrorKind.DISK: 5,
    ErrorKind.CRASH: 6,
    ErrorKind.ENVIRONMENT: 7,
}
CANCELLED = 130  # as shells report a program that Ctrl-C ended


class Told(int):
    """An exit code whose reason the command has told itself."""


STOPPED = Told(CANCELLED)


class Interrupted(BaseException):
    """Ctrl-C, or another request to stop, in the middle of a command."""


def report(problem: Problem, as_json: bool) -> int:
    """Tell the user of a problem; the exit code for it."""
    note(f"error: {problem}")
    if as_json:
        print_json({"error": dataclasses.asdict(problem)})
    return EXIT_CODES[problem.kind]


def report_cancel(as_json: bool) -> int:
    """Tell the user that the command was stopped; the exit code for it."""
    note("Cancelled.")
    if as_json:
        print_json({"error": {"kind": "cancelled", "message": "Cancelled.", "hint": "", "field": ""}})
    return CANCELLED
