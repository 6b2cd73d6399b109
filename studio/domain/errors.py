"""Errors as values: what happened, why, and what to do next."""

from dataclasses import dataclass
from enum import StrEnum


class ErrorKind(StrEnum):
    """The coarse cause; the window picks an icon by it and the command line an exit code."""

    INPUT = "input"  # the request itself cannot be carried out
    MODEL = "model"  # a model is missing, damaged, unsafe or of another family
    MEMORY = "memory"  # the device or the machine has too little memory
    DISK = "disk"  # a file cannot be read or written
    CRASH = "crash"  # the worker process ended unexpectedly
    ENVIRONMENT = "environment"  # the installation or the machine lacks something
    INTERNAL = "internal"  # a defect of this program


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `message` says what happened and why in one sentence, `hint` the next thing to do, `field` names the
    recipe field at fault ("size", "sampling.steps", ...) so that a form can mark it.
    """

    kind: ErrorKind
    message: str
    hint: str = ""
    field: str = ""

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class StudioError(Exception):
    """A `Problem` on its way to whoever can show it."""

    def __init__(self, kind: ErrorKind, message: str, hint: str = "", field: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(kind, message, hint, field)

    def __str__(self) -> str:
        return str(self.problem)

    def __reduce__(self) -> tuple[type["StudioError"], tuple[ErrorKind, str, str, str]]:
        p = self.problem
        return StudioError, (p.kind, p.message, p.hint, p.field)


class JobPaused(BaseException):
    """Raised inside a running job when its user pauses it; a BaseException for the reason below."""


class JobCancelled(BaseException):
    """Raised inside a running job when its user cancels it.

    Derives from BaseException because libraries below us log and swallow `Exception`s.
    """
