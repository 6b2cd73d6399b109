"""What went wrong in or with a worker, in words for its user."""

import signal

from studio.domain.errors import ErrorKind, Problem, StudioError

_REPORT = "Try again. If it happens every time, copy the details and report them."
_DOCTOR = "Run “safelight doctor” to see what the installation lacks."


def of_job(error: Exception) -> Problem:
    """Why a job failed."""
    if isinstance(error, StudioError):
        return error.problem
    if _out_of_memory(error):
        return Problem(
            ErrorKind.MEMORY,
            "There was not enough memory for this job.",
            "Choose a smaller size or batch, or close other programs.",
        )
    return Problem(ErrorKind.INTERNAL, f"The engine stumbled over a defect: {_one_line(error)}.", _REPORT)


def of_engine(error: Exception) -> Problem:
    """Why the engine could not be loaded."""
    if isinstance(error, StudioError):
        return error.problem
    return Problem(ErrorKind.ENVIRONMENT, f"The diffusion engine cannot be loaded: {_one_line(error)}.", _DOCTOR)


def of_crash(exit_code: int) -> Problem:
    """Why a worker ended in the middle of a job; `exit_code` is negative for a signal."""
    if exit_code == -9:
        return Problem(
            ErrorKind.CRASH,
            "The system stopped the worker, most likely because memory ran out.",
            "Choose a smaller size or batch, or close other programs.",
        )
    return Problem(ErrorKind.CRASH, f"The worker ended in the middle of the job ({_exit_name(exit_code)}).", _REPORT)


def of_silence(seconds: float) -> Problem:
    """Why a worker was ended that gave no sign of life for so long."""
    return Problem(ErrorKind.CRASH, f"The worker did not answer for {seconds:g} s and was ended.", _REPORT)


def of_slow_pause(seconds: float) -> Problem:
    """Why a job was stopped that did not react to its pause for so long."""
    return Problem(
        ErrorKind.CRASH,
        f"The job came to no place to pause within {seconds:g} s and was stopped.",
        "Continue it: it goes on from its last checkpoint.",
    )


def of_quit() -> Problem:
    """Why a job was stopped that was neither over nor paused when its host was closed."""
    return Problem(
        ErrorKind.CRASH,
        "The program ended before this job was done.",
        "It goes on from its last checkpoint when the program runs again.",
    )


def of_repeated_death(exit_code: int) -> Problem:
    """Why no further worker is started."""
    return Problem(
        ErrorKind.ENVIRONMENT,
        f"The worker ends again and again before it can begin a job ({_exit_name(exit_code)}).",
        _DOCTOR,
    )


def _out_of_memory(error: Exception) -> bool:
    """Torch's classes are told by name, because this side must not import torch."""
    return isinstance(error, MemoryError) or any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)


def _one_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300].rstrip('.')}" if lines else type(error).__name__


def _exit_name(exit_code: int) -> str:
    if exit_code >= 0:
        return f"exit code {exit_code}"
    return signal.strsignal(-exit_code) or f"signal {-exit_code}"
