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
FAST_HELP = "Few steps: add the model's few-steps LoRA and take the settings it was made for."
LORA_HELP = "A LoRA by name or path, and how strongly it acts: 1 if left out, 0 is off. May be given several times."


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
    """Open the window, with the given pictures or a project."""
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
    lora: Annotated[list[str] | None, typer.Option(metavar="NAME[:WEIGHT]", help=LORA_HELP)] = None,
    fast: Annotated[bool, typer.Option("--fast", help=FAST_HELP)] = False,
    upscale: Annotated[int, typer.Option(help="Enlarge the finished picture 2 or 4 times, with sharp edges.")] = 1,
    preview_dir: Annotated[Path | None, typer.Option(help="Save the picture after each step in this folder.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.", show_default="as set")] = "",
    as_json: Json = False,
) -> int:
    """Make pictures from a text, and from another picture if you like."""
    from studio.cli.generation import Request
    from studio.cli.generation import generate as carry_out

    request = Request(
        prompt=prompt, output=output, negative=negative, model=model, size=size, steps=steps, guidance=guidance,
        sampler=sampler, seed=seed, batch=batch, image=image, strength=strength, loras=tuple(lora or ()),
        fast=fast, upscale=upscale, preview_dir=preview_dir, device=device, as_json=as_json,
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


@app.command(epilog=EPILOG)
def upscale(
    context: typer.Context,
    image: Annotated[Path, typer.Argument(help="A picture in any usual format.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="File to write: .png, .jpg or .webp; or a folder. Existing files are never overwritten.",
            show_default="its name and the factor, in the current folder",
        ),
    ] = None,
    factor: Annotated[int, typer.Option(help="2 or 4.")] = 4,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.", show_default="as set")] = "",
    as_json: Json = False,
) -> int:
    """Enlarge a picture with sharp edges; made for drawings, and what it says about itself is kept."""
    from studio.cli.upscaling import Request
    from studio.cli.upscaling import upscale as carry_out

    return carry_out(context.obj, Request(image, output, factor, device, as_json))


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A picture, a clip, a LoRA, a model file or a model folder.")],
    as_json: Json = False,
) -> int:
    """Show how a picture or a clip was made, or what a model or a LoRA is."""
    from studio.cli.inspection import inspect as carry_out

    return carry_out(file, as_json)


@app.command()
def models(as_json: Json = False) -> int:
    """List the models and LoRAs, and what looks like one and cannot be used."""
    from studio.cli.inspection import models as carry_out

    return carry_out(as_json)


@app.command()
def plugins(as_json: Json = False) -> int:
    """List the plugins, and what is wrong with those that cannot be used."""
    from studio.cli.inspection import plugins as carry_out

    return carry_out(as_json)


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> int:
    """Examine this machine and the installation; exit code 1 when something is broken."""
    from studio.cli.examination import doctor as carry_out

    return carry_out(context.obj, as_json)


train = typer.Typer(
    name="train", help="Train LoRAs from your pictures, or the built-in model from nothing.", no_args_is_help=True
)
app.add_typer(train)
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")]


@train.command(name="lora", epilog=EPILOG)
def train_lora(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Pictures, each with its caption in a .txt file beside it, or none.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The .safetensors file to make.")],
    base: Annotated[str, typer.Option(help="Name or path of the model it is for.")] = "starter",
    preset: Annotated[str, typer.Option(help="subject, style, or fast: the base itself in few steps.")] = "subject",
    trigger: Annotated[str, typer.Option(help="A rare word or two that will call it; put before each caption.")] = "",
    steps: Annotated[int | None, typer.Option(help="Optimiser steps.", show_default="the preset's")] = None,
    rank: Annotated[int | None, typer.Option(help="Rank of the matrices.", show_default="the preset's")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Step size.", show_default="the preset's")] = None,
    batch: Annotated[int | None, typer.Option(help="Pictures a step.", show_default="the preset's")] = None,
    side: Annotated[int | None, typer.Option(help="Train at this many pixels².", show_default="the model's")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same result.")] = 0,
    sample: Annotated[list[str] | None, typer.Option(help="A prompt to draw on the way; can be repeated.")] = None,
    resume: Resume = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.", show_default="as set")] = "",
    as_json: Json = False,
) -> int:
    """Teach a model your subject or style from a folder of pictures."""
    from studio.cli.training import LoraRequest
    from studio.cli.training import train_lora as carry_out

    request = LoraRequest(
        folder=folder, output=output, base=base, preset=preset, trigger=trigger, steps=steps, rank=rank,
        learning_rate=learning_rate, batch=batch, side=side, seed=seed, samples=tuple(sample or ()), resume=resume,
        device=device, as_json=as_json,
    )  # fmt: skip
    return carry_out(context.obj, request)


@train.command(name="starter", epilog=EPILOG)
def train_starter(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(help="A TOML file with the stages; see resources/training/starter.toml.")],
    resume: Resume = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.", show_default="as set")] = "",
    as_json: Json = False,
) -> int:
    """Build the starter model from nothing: autoencoder, denoiser, and its variant for few steps."""
    from studio.cli.training import train_starter as carry_out

    return carry_out(context.obj, config, resume, device, as_json)


@train.command(name="judge", epilog=EPILOG)
def train_judge(
    folder: Annotated[Path, typer.Argument(help="For the files, which then replace resources/evaluation.")],
    pictures: Annotated[int, typer.Option(help="Drawn for the scorer to learn from.")] = 9000,
    steps: Annotated[int, typer.Option(help="Optimiser steps of the scorer.")] = 450,
    trained: Annotated[
        int, typer.Option(help="Pictures the denoiser learnt from; copies are looked for there.")
    ] = 24000,
    as_json: Json = False,
) -> int:
    """Make anew what `bench starter` judges by: the scorer, real pictures and training pictures."""
    from studio.cli.judging import made
    from studio.cli.program import note, print_json

    counts = made(folder, {"pictures": pictures, "steps": steps, "trained": trained})
    print_json(counts) if as_json else note(f"{folder}: {', '.join(f'{n:,} {kind}' for kind, n in counts.items())}")
    return 0


@app.command()
def bench(
    suite: Annotated[
        str,
        typer.Argument(
            help="starter, overhead, defaults, cancel, checkpoint, train, window, canvas, queue, queue-panel.",
            show_default="all",
        ),
    ] = "",
    model: Annotated[
        list[str] | None,
        typer.Option(help="starter: a model to judge, by name or path; repeat it to compare.", show_default="starter"),
    ] = None,
    seeds: Annotated[int, typer.Option(help="starter: pictures of each held-out prompt.")] = 2,
    page: Annotated[
        Path | None, typer.Option(help="starter: folder for an evaluation page with contact sheets.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Measure speed and responsiveness on this machine; `bench starter` also judges its pictures, for some minutes."""
    from studio.cli.benchmark import Judging
    from studio.cli.benchmark import bench as carry_out

    return carry_out(suite, Judging(tuple(model or ()), seeds, page), as_json)
