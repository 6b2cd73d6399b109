"""The command line: `safelight` opens the window, and its commands do the same work without one.

Importing this loads nothing heavy, so that `--help` answers at once; each command imports what it needs.
"""

import errno
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from typer import Abort, TyperException

from studio.cli.clips import add_clips, joined
from studio.cli.commands import app
from studio.cli.failures import CANCELLED, Interrupted, Told, report, report_cancel
from studio.cli.interrupts import cancelling
from studio.cli.looping import add_looping
from studio.cli.measuring import add_measuring
from studio.cli.program import Program, silence_output
from studio.cli.queueing import add_queueing
from studio.cli.rendering import add_rendering
from studio.cli.reproducing import add_reproducing
from studio.cli.retouching import add_retouching
from studio.domain.errors import ErrorKind, Problem, StudioError

WINDOW = "window"
add_retouching(app)
add_queueing(app)
add_reproducing(app)
add_rendering(app)
add_clips(app)
add_looping(app)
add_measuring(app)


def main(argv: Sequence[str] | None = None, engine: str = "") -> int:
    """Carry out a command line and return the exit code; `engine` names another engine's factory than ours."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in arguments
    _tolerate_any_character()
    try:
        with cancelling(_interrupt):
            code = app(
                _with_default(joined(arguments)), prog_name="safelight", standalone_mode=False, obj=Program(engine)
            )
        if code == CANCELLED and not isinstance(code, Told):  # typer's own answer to a Ctrl-C before ours was in place
            return report_cancel(as_json)
        return code if isinstance(code, int) else 0
    except StudioError as error:
        return report(error.problem, as_json)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        silence_output()
        message = f"The output could not be written: {error.strerror}."
        return report(Problem(ErrorKind.DISK, message, "Free some space there, or send it elsewhere."), as_json)
    except TyperException as error:
        return report(_of_usage(error), as_json)
    except (Interrupted, KeyboardInterrupt, Abort):
        return report_cancel(as_json)


def _interrupt() -> None:
    """A polite kill ends a command as Ctrl-C does, also while it is still starting."""
    raise KeyboardInterrupt


def _with_default(arguments: list[str]) -> list[str]:
    """No command, or files in place of one, means the window."""
    first = arguments[0] if arguments else ""
    own_options = ("--help", "-h", "--version", "--install-completion", "--show-completion")
    commands = {command.callback.__name__ for command in app.registered_commands if command.callback}
    groups = {group.typer_instance.info.name for group in app.registered_groups if group.typer_instance}
    is_command = first in commands | groups
    if not is_command and first not in own_options and (not first or first.startswith("-") or _is_file(first)):
        return [WINDOW, *arguments]
    return arguments


def _is_file(text: str) -> bool:
    try:
        return len(Path(text).parts) > 1 or bool(Path(text).suffix) or Path(text).exists()
    except (OSError, ValueError):
        return False


def _of_usage(error: TyperException) -> Problem:
    command = getattr(getattr(error, "ctx", None), "command_path", "safelight")
    message = error.format_message()
    sentence = message if message.endswith((".", "?")) else f"{message}."
    return Problem(ErrorKind.INPUT, sentence, f"See `{command} --help`.")


def _tolerate_any_character() -> None:
    """A prompt may hold what the terminal's encoding lacks; print an escape then, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
