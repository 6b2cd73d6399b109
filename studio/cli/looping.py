"""The commands that make loops and frames out of a clip without a model; what they do is in `treating`."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.commands import EPILOG, Json

_OUTPUT = "File to write, by its suffix: .webm, .mp4, .gif, .webp, .mov and others. Existing files are not overwritten."
Video = Annotated[Path, typer.Argument(help="A video, GIF, animated WebP, or the first of a numbered sequence.")]
Output = Annotated[Path, typer.Option("-o", "--output", help=_OUTPUT)]
Fps = Annotated[str, typer.Option(metavar="N or N/M", help="Frames a second of the result.", show_default="as before")]


def add_looping(app: typer.Typer) -> None:
    """Add the commands of this module to the program's."""
    app.command(epilog=EPILOG)(loopify)
    app.command(epilog=EPILOG)(interpolate)
    app.command(epilog=EPILOG)(deflicker)


def loopify(
    video: Video,
    output: Output,
    least: Annotated[int, typer.Option(help="Frames that the loop has at least.")] = 12,
    most: Annotated[int, typer.Option(help="And at most.", show_default="all of the clip")] = 0,
    blend: Annotated[int, typer.Option(help="Frames to blend at the cut.", show_default="by its length")] = 0,
    fps: Fps = "",
    as_json: Json = False,
) -> int:
    """Make a seamless loop of a clip: cut where its ends meet best, and blend them along their motion."""
    from studio.cli.treating import loopify as carry_out

    return carry_out(video, output, (least, most, blend), fps, as_json)


def interpolate(
    video: Video,
    output: Output,
    factor: Annotated[int, typer.Option(help="So many times as many frames.")] = 2,
    is_open: Annotated[
        bool, typer.Option("--open", help="It is no loop: nothing comes between the last frame and the first.")
    ] = False,
    fps: Annotated[
        str, typer.Option(metavar="N or N/M", help="Frames a second of the result.", show_default="as long as before")
    ] = "",
    as_json: Json = False,
) -> int:
    """Put frames between the frames of a clip, along their motion; of a loop also between the last and the first."""
    from studio.cli.treating import interpolate as carry_out

    return carry_out(video, output, factor, not is_open, fps, as_json)


def deflicker(
    video: Video,
    output: Output,
    strength: Annotated[float, typer.Option(help="How much of the flicker is taken out, above 0 to 1.")] = 1.0,
    is_open: Annotated[bool, typer.Option("--open", help="It is no loop: its ends need not meet.")] = False,
    fps: Fps = "",
    as_json: Json = False,
) -> int:
    """Take fast changes of brightness and colour out of a clip; slow ones, and changes of scene, stay."""
    from studio.cli.treating import deflicker as carry_out

    return carry_out(video, output, strength, not is_open, fps, as_json)
