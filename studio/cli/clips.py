"""The command that makes a loop from a prompt; what it does is in `clip_making`."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.commands import EPILOG, LORA_HELP, Json

_OUTPUT = (
    "File to write, by its suffix: .webm, .mp4, .gif, .webp, .png (animated), .mov and others. None is overwritten."
)
_PROMPT_AT = "From the share N of the loop (0 to below 1) this prompt; several make a ring of prompts."
_ARROW = "The picture flows here: x,y,dx,dy in shares of its width and height, dx and dy each second (flow)."
PROMPT_AT = "--prompt-at"


def add_clips(app: typer.Typer) -> None:
    """Add the command of this module to the program's."""
    app.command(epilog=EPILOG)(loop)


def joined(arguments: list[str]) -> list[str]:
    """The arguments with the two values of each --prompt-at in one, which is as many as an option that may come again
    can have.
    """
    found: list[str] = []
    rest = list(arguments)
    while rest:
        found.append(rest.pop(0))
        if found[-1] == "--":
            return found + rest
        if found[-1] == PROMPT_AT and len(rest) > 1 and " " not in rest[0].strip():
            found.append(f"{rest.pop(0)} {rest.pop(0)}")
    return found


def loop(
    context: typer.Context,
    prompt: Annotated[str, typer.Argument(help="What to make. (words:1.3) count more, \\[words] less.")],
    output: Annotated[Path, typer.Option("-o", "--output", help=_OUTPUT)],
    frames: Annotated[int, typer.Option(help="Frames of one turn.")] = 24,
    fps: Annotated[str, typer.Option(metavar="N or N/M", help="Frames a second.")] = "12",
    motion: Annotated[float, typer.Option(help="How much changes on the way round, above 0 to 1.")] = 0.35,
    prompt_at: Annotated[list[str] | None, typer.Option(PROMPT_AT, metavar="N TEXT", help=_PROMPT_AT)] = None,
    method: Annotated[
        str, typer.Option(help="circle (of noise), flow (a still flows along arrows), video (drawn anew), or motion.")
    ] = "circle",
    common: Annotated[
        float | None,
        typer.Option(help="Share of the steps that all frames have in common: 0 lets everything change."),
    ] = None,
    harmonics: Annotated[int, typer.Option(help="Circles on top of each other: more make it livelier.")] = 1,
    attention: Annotated[
        str | None,
        typer.Option(
            help="Which frames a frame looks at while it is drawn: own, neighbours or all.",
            show_default="own; all for video",
        ),
    ] = None,
    smoother: Annotated[int, typer.Option(help="Steps at which the motion between frames is smoothed.")] = 0,
    flow: Annotated[
        float | None,
        typer.Option(
            help="Share of the frame before in each finished frame, 0 to below 1.", show_default="0; 0.85 for video"
        ),
    ] = None,
    source: Annotated[Path | None, typer.Option("--video", help="The clip to draw anew (video).")] = None,
    strength: Annotated[float, typer.Option(help="How far to go from --video: 0 keeps, 1 ignores it.")] = 0.5,
    image: Annotated[
        Path | None, typer.Option(help="The still that flows, instead of one of the prompt (flow).")
    ] = None,
    arrow: Annotated[list[str] | None, typer.Option(metavar="X,Y,DX,DY", help=_ARROW)] = None,
    freeze: Annotated[Path | None, typer.Option(help="A grey picture whose bright parts stand still (flow).")] = None,
    module: Annotated[str, typer.Option(help="Name of a motion module (motion).")] = "",
    negative: Annotated[str, typer.Option(help="What to keep away from.")] = "",
    model: Annotated[str, typer.Option(help="Name or path of a model; see `safelight models`.")] = "starter",
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Pixels, such as 768x512.", show_default="the model's")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps.", show_default="the model's")] = None,
    guidance: Annotated[float | None, typer.Option(help="How strictly to follow the prompt.")] = None,
    sampler: Annotated[str | None, typer.Option(help="Such as dpmpp-2m, euler.", show_default="the model's")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same loop.", show_default="random")] = None,
    lora: Annotated[list[str] | None, typer.Option(metavar="NAME[:WEIGHT]", help=LORA_HELP)] = None,
    is_open: Annotated[bool, typer.Option("--open", help="A clip with two ends instead of a loop.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.", show_default="as set")] = "",
    as_json: Json = False,
) -> int:
    """Make a seamless loop from a text, and say how good its seam is."""
    from studio.cli.clip_making import Request, make
    from studio.cli.generation import Request as Picture

    picture = Picture(
        prompt=prompt, output=None, negative=negative, model=model, size=size, steps=steps, guidance=guidance,
        sampler=sampler, seed=seed, batch=1, image=None, strength=None, loras=tuple(lora or ()), fast=False, upscale=1,
        preview_dir=None, device=device, as_json=as_json,
    )  # fmt: skip
    request = Request(
        picture, output, frames, fps, motion, tuple(prompt_at or ()), method, -1.0 if common is None else common,
        harmonics, attention, smoother, flow, source, strength, image, tuple(arrow or ()), freeze, module, not is_open,
    )  # fmt: skip
    return make(context.obj, request)
