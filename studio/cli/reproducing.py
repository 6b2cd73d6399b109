"""The command that makes a picture again, and its options; what it does is in `reproduction`."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.commands import EPILOG, Json

DIFFERENT = 8  # exit code: it was made again, and other pixels came out
_EPILOG = EPILOG.replace(", 130", f", {DIFFERENT} other pixels came out, 130")
Difference = Annotated[Path | None, typer.Option(help="Save a .png that shows in white which pixels moved.")]


def add_reproducing(app: typer.Typer) -> None:
    """Add the command of this module to the program's."""
    app.command(epilog=_EPILOG)(reproduce)


def reproduce(
    context: typer.Context,
    picture: Annotated[Path, typer.Argument(help="A picture that Safelight saved.")],
    keep: Annotated[
        Path | None, typer.Option(help="Save what comes out: as a .png, .jpg or .webp file, or in a folder.")
    ] = None,
    difference: Difference = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also with another model or LoRA of the same name.")] = False,
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.", show_default="as for the picture")
    ] = "",
    as_json: Json = False,
) -> int:
    """Make a picture again by its own metadata; tell whether the same pixels come out, or why they may not."""
    from studio.cli.reproduction import Request
    from studio.cli.reproduction import reproduce as carry_out

    return carry_out(context.obj, Request(picture, keep, difference, anyway, device, as_json))
