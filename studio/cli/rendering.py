"""The commands that bring timelines out of projects and into them; what they do is in `render_acts`."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.commands import EPILOG, Json

_OUTPUT = (
    "File to write, by its suffix: .webm, .mp4, .mov, .gif, .webp, .avif, .png (animated); a folder for numbered PNGs; "
    ".otio, .xml (Final Cut) or .edl for other editors. Existing files are not overwritten."
)


def add_rendering(app: typer.Typer) -> None:
    """Add the commands of this module to the program's."""
    app.command(epilog=EPILOG)(render)
    app.command(name="import-timeline", epilog=EPILOG)(import_timeline)


def render(
    project: Annotated[Path, typer.Argument(help="A .safelight file with a timeline; a window may have it open.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help=_OUTPUT)] = None,
    clip: Annotated[str, typer.Option(metavar="NAME", help="Only this clip, each of its frames once.")] = "",
    timeline: Annotated[bool, typer.Option("--timeline", help="All of the timeline, also if it has a zone.")] = False,
    zone: Annotated[bool, typer.Option("--zone", help="What lies between in and out point.")] = False,
    preset: Annotated[
        str, typer.Option(help="Such as prores-4444, webm-vp9-alpha, exr-sequence.", show_default="by the suffix")
    ] = "",
    size: Annotated[
        str, typer.Option(metavar="WxH", help="Pixels of a frame.", show_default="the largest clip's")
    ] = "",
    fps: Annotated[str, typer.Option(metavar="N or N/M", help="Frames a second.", show_default="as they are")] = "",
    turns: Annotated[int, typer.Option(help="How often a loop is repeated in the file.")] = 1,
    media: Annotated[
        bool, typer.Option("--media", help="With .otio, .xml, .edl: write frames made here beside it.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="Show the clips and their takes instead.")] = False,
    as_json: Json = False,
) -> int:
    """Render a project's timeline, its zone or a clip to a file, or hand it to another editor."""
    from studio.cli.render_acts import Request, listing
    from studio.cli.render_acts import render as carry_out

    if listed:
        return listing(project, as_json)
    return carry_out(project, Request(output, clip, timeline, zone, preset, size, fps, turns, media, as_json))


def import_timeline(
    file: Annotated[Path, typer.Argument(help="A timeline as .otio, .xml (Final Cut Pro 7) or .edl.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The new project, a .safelight file.")],
    fps: Annotated[str, typer.Option(metavar="N or N/M", help="Rate of an .edl, which does not say it.")] = "24",
    as_json: Json = False,
) -> int:
    """Make a project of a timeline from another editor, and tell what could not be brought along."""
    from studio.cli.render_acts import import_timeline as carry_out

    return carry_out(file, output, fps, as_json)
