"""The commands for queues and batches, and their options; what they do is in `queue_acts` and `batching`."""

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.commands import EPILOG, FAST_HELP, LORA_HELP, Json

RUN_EPILOG = (
    "Exit codes: 0 all is done; else that of the first job that failed: 1 a defect of ours, 2 bad input, 3 model, "
    "4 memory, 5 disk, 6 worker crashed, 7 environment; 130 stopped by Ctrl-C, or jobs were cancelled or are left "
    "because the queue is paused. 2 also when another process carries out the queue."
)
BATCH_HELP = (
    'A JSON object on each line, such as {"prompt": "a boat", "seed": 7, "output": "boat.png"}. Entries: '
    "prompt, negative, model, size, steps, guidance, sampler, seed, image, mask, strength, output, batch, loras, "
    "upscale, fast, branches. An output is relative to the current folder; without one, a picture gets a name as by "
    "`generate`. A line whose image is the output of an earlier one waits for it. Lines that are empty or begin with # "
    "are left out."
)
queue = typer.Typer(
    name="queue",
    help="Jobs that wait in a project file: they outlast this program, and whoever runs them. PROJECT - is the queue "
    "of your window.",
    no_args_is_help=True,
)
Project = Annotated[str, typer.Argument(help="A .safelight file; - is the queue of your window.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]…", help="As `queue list` shows them.")]
JobId = Annotated[str, typer.Argument(metavar="[ID]", help="One job.", show_default="the whole queue")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.", show_default="as set")]


def add_queueing(app: typer.Typer) -> None:
    """Add the commands of this module to the program's."""
    app.add_typer(queue)
    app.command(epilog=RUN_EPILOG)(batch)


@queue.command(epilog=EPILOG)
def add(
    context: typer.Context,
    project: Project,
    prompt: Annotated[str, typer.Argument(help="What to make.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File or folder to save in.", show_default="your pictures"),
    ] = None,
    negative: Annotated[str, typer.Option(help="What to keep away from.")] = "",
    model: Annotated[str, typer.Option(help="Name or path of a model; see `safelight models`.")] = "starter",
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Pixels, such as 768x512.", show_default="the model's")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps.", show_default="the model's")] = None,
    guidance: Annotated[
        float | None, typer.Option(help="How strictly to follow the prompt.", show_default="the model's")
    ] = None,
    sampler: Annotated[str | None, typer.Option(help="Such as dpmpp-2m, euler.", show_default="the model's")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same picture.", show_default="random")] = None,
    batch: Annotated[int, typer.Option(help="How many pictures; each takes the next seed.")] = 1,
    image: Annotated[Path | None, typer.Option(help="Start from this picture, scaled to the size.")] = None,
    image_of: Annotated[str, typer.Option(metavar="ID", help="Start from the picture that this job makes.")] = "",
    strength: Annotated[
        float | None, typer.Option(help="How far to go from that picture: 0 keeps, 1 ignores it.", show_default="0.6")
    ] = None,
    lora: Annotated[list[str] | None, typer.Option(metavar="NAME[:WEIGHT]", help=LORA_HELP)] = None,
    fast: Annotated[bool, typer.Option("--fast", help=FAST_HELP)] = False,
    upscale: Annotated[int, typer.Option(help="Enlarge the finished picture 2 or 4 times, with sharp edges.")] = 1,
    needs: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Wait until this job is done; can be repeated.")
    ] = None,
    batch_priority: Annotated[
        bool, typer.Option("--batch-priority", help="Let all go first that somebody waits for.")
    ] = False,
    run_next: Annotated[bool, typer.Option("--next", help="Before all that wait.")] = False,
    as_json: Json = False,
) -> int:
    """Add a job and print its id; the project is made if there is none. Somebody else carries it out."""
    from studio.cli.generation import Request
    from studio.cli.queue_acts import Joining
    from studio.cli.queue_acts import add as carry_out
    from studio.domain.jobs import Priority

    request = Request(
        prompt=prompt, output=output, negative=negative, model=model, size=size, steps=steps, guidance=guidance,
        sampler=sampler, seed=seed, batch=batch, image=image, strength=strength, loras=tuple(lora or ()),
        fast=fast, upscale=upscale, preview_dir=None, device="", as_json=as_json,
    )  # fmt: skip
    priority = Priority.BATCH if batch_priority else Priority.INTERACTIVE
    return carry_out(context.obj, project, request, Joining(tuple(needs or ()), image_of, priority, run_next))


@queue.command(name="list", epilog=EPILOG)
def show(
    project: Project,
    everything: Annotated[bool, typer.Option("--all", help="Also what is done or was cancelled.")] = False,
    as_json: Json = False,
) -> int:
    """List the jobs: what runs, what waits in its order, and what was stopped or failed."""
    from studio.cli.queue_acts import show as carry_out

    return carry_out(project, everything, as_json)


@queue.command(epilog=RUN_EPILOG)
def run(context: typer.Context, project: Project, device: Device = "", as_json: Json = False) -> int:
    """Carry out the jobs until none is left that can run, also those that are added meanwhile.

    Ctrl-C keeps what runs with a checkpoint, and a second one ends at once.
    """
    from studio.cli.queue_acts import run as carry_out

    return carry_out(context.obj, project, device, as_json)


@queue.command(epilog=EPILOG)
def pause(project: Project, job: JobId = "") -> int:
    """Stop a job, or the whole queue, so that it can go on from where it is."""
    from studio.cli.queue_acts import pause as carry_out

    return carry_out(project, job)


@queue.command(epilog=EPILOG)
def resume(project: Project, job: JobId = "") -> int:
    """Let a paused job, or the whole queue, go on."""
    from studio.cli.queue_acts import resume as carry_out

    return carry_out(project, job)


@queue.command(epilog=EPILOG)
def cancel(
    project: Project, jobs: Ids = None, everything: Annotated[bool, typer.Option("--all", help="All jobs.")] = False
) -> int:
    """Cancel jobs; what they have finished stays."""
    from studio.cli.queue_acts import cancel as carry_out

    return carry_out(project, jobs or [], everything)


@queue.command(epilog=EPILOG)
def retry(
    project: Project,
    jobs: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="All that failed or were set aside.")] = False,
) -> int:
    """Let jobs that failed, were set aside or were cancelled wait again; what they have finished is kept."""
    from studio.cli.queue_acts import retry as carry_out

    return carry_out(project, jobs or [], everything)


def batch(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="JOBS.jsonl", help=BATCH_HELP)],
    project: Annotated[
        Path | None,
        typer.Option(help="The project that keeps the jobs.", show_default="JOBS.safelight beside the file"),
    ] = None,
    device: Device = "",
    as_json: Json = False,
) -> int:
    """Make all pictures of a file. Started again, it makes what is missing and repeats nothing; changed lines are new.

    Ctrl-C keeps what runs with a checkpoint, and a second one ends at once.
    """
    from studio.cli.batching import batch as carry_out

    return carry_out(context.obj, file, project, device, as_json)
