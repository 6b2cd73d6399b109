"""The commands that make a part of a picture anew, and their options; what they do is in `inpainting`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.cli.commands import EPILOG, LORA_HELP, Json

if TYPE_CHECKING:
    from studio.cli.generation import Request

_INFILLS = "What stands there first: none, blur, edge-extend, noise, telea or content."
Image = Annotated[Path, typer.Argument(help="A picture in any usual format and of any size.")]
Mask = Annotated[Path, typer.Option(help="A grey picture of the same size: white is to be made, black stays.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        help="File to write: .png keeps all else exactly, .jpg and .webp do not; or a folder. Nothing is overwritten.",
        show_default="words of the prompt and the seed, in the current folder",
    ),
]
InfillName = Annotated[str | None, typer.Option(help=_INFILLS, show_default="the intent's")]
Strength = Annotated[
    float | None, typer.Option(help="How far to go from the infill; 1 begins with noise.", show_default="the intent's")
]
Feather = Annotated[int | None, typer.Option(help="Pixels over which it fades out.", show_default="the intent's")]
Grow = Annotated[int | None, typer.Option(help="Pixels by which the mask is widened.", show_default="the intent's")]
Padding = Annotated[
    int | None, typer.Option(help="Pixels around it that the model sees.", show_default="what suits it")
]
Negative = Annotated[str, typer.Option(help="What to keep away from.")]
Model = Annotated[str, typer.Option(help="Name or path of a model; see `safelight models`.")]
Steps = Annotated[int | None, typer.Option(help="Denoising steps.", show_default="the model's")]
Guidance = Annotated[float | None, typer.Option(help="How strictly to follow the prompt.", show_default="the model's")]
Sampler = Annotated[str | None, typer.Option(help="Such as dpmpp-2m, euler.", show_default="the model's")]
Seed = Annotated[int | None, typer.Option(help="Same seed, same picture.", show_default="random")]
Lora = Annotated[list[str] | None, typer.Option(metavar="NAME[:WEIGHT]", help=LORA_HELP)]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.", show_default="as set")]


def add_retouching(app: typer.Typer) -> None:
    """Add the commands of this module to the program's."""
    app.command(epilog=EPILOG)(inpaint)
    app.command(epilog=EPILOG)(outpaint)
    app.command(epilog=EPILOG)(remove)


def inpaint(
    context: typer.Context,
    image: Image,
    mask: Mask,
    prompt: Annotated[str, typer.Argument(help="The picture in words, with what is to be made.")] = "",
    output: Output = None,
    intent: Annotated[str, typer.Option(help="fill, expand, add, remove or replace-background.")] = "fill",
    infill: InfillName = None,
    strength: Strength = None,
    feather: Feather = None,
    grow: Grow = None,
    padding: Padding = None,
    negative: Negative = "",
    model: Model = "starter",
    steps: Steps = None,
    guidance: Guidance = None,
    sampler: Sampler = None,
    seed: Seed = None,
    lora: Lora = None,
    device: Device = "",
    as_json: Json = False,
) -> int:
    """Make a part of a picture anew; every pixel outside the mask and its feather stays as it is."""
    from studio.cli.inpainting import Area
    from studio.cli.inpainting import inpaint as carry_out

    area = Area(image, mask, None, intent, infill, feather, grow, padding, strength)
    request = _request(
        prompt, output, negative, model, steps, guidance, sampler, seed, tuple(lora or ()), device, as_json
    )
    return carry_out(context.obj, area, request)


def outpaint(
    context: typer.Context,
    image: Image,
    prompt: Annotated[str, typer.Argument(help="The larger picture in words.")] = "",
    left: Annotated[int, typer.Option(help="Pixels to add on the left.")] = 0,
    right: Annotated[int, typer.Option(help="Pixels to add on the right.")] = 0,
    top: Annotated[int, typer.Option(help="Pixels to add above.")] = 0,
    bottom: Annotated[int, typer.Option(help="Pixels to add below.")] = 0,
    output: Output = None,
    infill: InfillName = None,
    strength: Strength = None,
    feather: Annotated[
        int | None, typer.Option(help="Pixels over which it fades into the old picture.", show_default="16")
    ] = None,
    grow: Annotated[int | None, typer.Option(help="Pixels of the old edge that are redone.", show_default="8")] = None,
    padding: Padding = None,
    negative: Negative = "",
    model: Model = "starter",
    steps: Steps = None,
    guidance: Guidance = None,
    sampler: Sampler = None,
    seed: Seed = None,
    lora: Lora = None,
    device: Device = "",
    as_json: Json = False,
) -> int:
    """Make a picture larger by going on beyond its edges; all of it but a narrow edge stays as it is."""
    from studio.cli.inpainting import Area
    from studio.cli.inpainting import inpaint as carry_out
    from studio.domain.inpainting import Intent, Sides

    sides = Sides(left, top, right, bottom)
    area = Area(image, None, sides, Intent.EXPAND, infill, feather, grow, padding, strength)
    request = _request(
        prompt, output, negative, model, steps, guidance, sampler, seed, tuple(lora or ()), device, as_json
    )
    return carry_out(context.obj, area, request)


def remove(
    image: Image,
    mask: Mask,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="File to write: .png keeps all else exactly, .jpg and .webp do not; or a folder.",
            show_default="its name and “removed”, in the current folder",
        ),
    ] = None,
    infill: Annotated[str, typer.Option(help=_INFILLS)] = "content",
    feather: Annotated[int, typer.Option(help="Pixels over which it fades out.")] = 4,
    grow: Annotated[int, typer.Option(help="Pixels by which the mask is widened.")] = 4,
    as_json: Json = False,
) -> int:
    """Remove a thing from a photo by filling its place from around it; needs no model."""
    from studio.cli.inpainting import Area
    from studio.cli.inpainting import remove as carry_out

    return carry_out(Area(image, mask, None, "remove", infill, feather, grow, None, None), output, as_json)


def _request(
    prompt: str,
    output: Path | None,
    negative: str,
    model: str,
    steps: int | None,
    guidance: float | None,
    sampler: str | None,
    seed: int | None,
    loras: tuple[str, ...],
    device: str,
    as_json: bool,
) -> "Request":
    """The options that these commands share with `generate`."""
    from studio.cli.generation import Request

    return Request(
        prompt=prompt, output=output, negative=negative, model=model, size=None, steps=steps, guidance=guidance,
        sampler=sampler, seed=seed, batch=1, image=None, strength=None, loras=loras, fast=False, upscale=1,
        preview_dir=None, device=device, as_json=as_json,
    )  # fmt: skip
