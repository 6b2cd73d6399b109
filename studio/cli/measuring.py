"""The command that measures a clip, and its options; what it does is in `measurement`."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.commands import EPILOG, Json


def add_measuring(app: typer.Typer) -> None:
    """Add the command of this module to the program's."""
    app.command(epilog=EPILOG)(measure)


def measure(
    clip: Annotated[Path, typer.Argument(help="A video, GIF, animated WebP, or the first of a numbered sequence.")],
    is_open: Annotated[bool, typer.Option("--open", help="It has a beginning and an end, and need not loop.")] = False,
    as_json: Json = False,
) -> int:
    """Measure how well a clip loops and holds together: a traffic light, with the reasons."""
    from studio.cli.measurement import measure as carry_out

    return carry_out(clip, not is_open, as_json)
