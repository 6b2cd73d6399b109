"""The commands and their options; what they do is in the modules beside this one."""

from pathlib import Path
from typing import Annotated

import typer

import studio

EPILOG = (
    "Exit codes: 0 done, 1 a defect of ours, 2 bad input, 3 model, 4 memory, 5 disk, 6 worker crashed, 7 environment, "
    "130 cancelled."
)
app = typer.Typer(
    name="safelight",
    help="Safelight: a local studio for image diffusion. Without a command it opens the window.",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]
OUTPUT_HELP = (
    "File to write: .png, .jpg or .webp; with --batch, a number is put before the suffix. Existing files are never "
    "overwritten. Without it: words of the prompt and the seed, in the current folder."
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"Safelight {studio.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Safelight: a local studio for image diffusion. Without a command it opens the window."""


@app.command(hidden=True, context_settings={"ignore_unknown_options": True})
def window(arguments: Annotated[list[str] | None, typer.Argument(metavar="[FILES]…")] = None) -> int:
    """Open the window, with the given pictures."""
    from studio.cli.windowed import open_window

    return open_window(arguments or [])


@app.command(epilog=EPILOG)
def generate(
    context: typer.Context,
    prompt: Annotated[str, typer.Argument(help="What to make. (words:1.3) count more, \\[words] less.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help=OUTPUT_HELP)] = None,
    negative: Annotated[str, typer.Option(help="What to keep away from.")] = "",
    model: Annotated[str, typer.Option(help="Name or path of a model; see `safelight models`.")] = "starter",
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Pixels, such as 768x512.", show_default="the model's")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps.", show_default="the model's")] = None,
    guidance: Annotated[
        float | None,
        typer.Option(help="How strictly to follow the prompt; 1 is not at all.", show_default="the model's"),
    ] = None,
    sampler: Annotated[str | None, typer.Option(help="Such as dpmpp-2m, euler.", show_default="the model's")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same picture.", show_default="random")] = None,
    batch: Annotated[int, typer.Option(help="How many pictures; each takes the next seed.")] = 1,
    image: Annotated[Path | None, typer.Option(help="Start from this picture, scaled to the size.")] = None,
    strength: Annotated[
        float | None, typer.Option(help="How far to go from --image: 0 keeps, 1 ignores it.", show_default="0.6")
    ] = None,
    preview_dir: Annotated[Path | None, typer.Option(help="Save the picture after each step in this folder.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.", show_default="as set")] = "",
    as_json: Json = False,
) -> int:
    """Make pictures from a text, and from another picture if you like."""
    from studio.cli.generation import Request
    from studio.cli.generation import generate as carry_out

    request = Request(
        prompt=prompt, output=output, negative=negative, model=model, size=size, steps=steps, guidance=guidance,
        sampler=sampler, seed=seed, batch=batch, image=image, strength=strength, preview_dir=preview_dir, device=device,
        as_json=as_json,
    )  # fmt: skip
    return carry_out(context.obj, request)


@app.command(epilog=EPILOG)
def demo(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder to save in.", show_default="demo, among your pictures")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.", show_default="as set")] = "",
    as_json: Json = False,
) -> int:
    """Make a picture and a seamless loop with the built-in model, and print where they are."""
    from studio.cli.demonstration import demo as carry_out

    return carry_out(context.obj, output, device, as_json)


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A picture, a model file or a model folder.")], as_json: Json = False
) -> int:
    """Show how a picture was made (by Safelight or A1111), or what a model is."""
    from studio.cli.inspection import inspect as carry_out

    return carry_out(file, as_json)


@app.command()
def models(as_json: Json = False) -> int:
    """List the models, and what looks like one and cannot be used."""
    from studio.cli.inspection import models as carry_out

    return carry_out(as_json)


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> int:
    """Examine this machine and the installation; exit code 1 when something is broken."""
    from studio.cli.examination import doctor as carry_out

    return carry_out(context.obj, as_json)


@app.command()
def bench(
    suite: Annotated[
        str, typer.Argument(help="starter, overhead, defaults, cancel or window.", show_default="all")
    ] = "",
    as_json: Json = False,
) -> int:
    """Measure speed and responsiveness on this machine."""
    from studio.cli.benchmark import bench as carry_out

    return carry_out(suite, as_json)
