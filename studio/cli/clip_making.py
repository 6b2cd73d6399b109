"""`safelight loop`: from options to a clip's request, from its frames to a file that was looked at again."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from studio.cli.clip_files import Kept, free_file, rate_of, saved
from studio.cli.failures import Interrupted
from studio.cli.generation import Request as Picture
from studio.cli.generation import open_headless, recipe_for
from studio.cli.interrupts import cancelling
from studio.cli.program import Program, announce, note, print_json
from studio.cli.progress import progress_of
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.jobs import Picture as Frame
from studio.domain.messages import Ready
from studio.domain.recipe import Recipe
from studio.domain.sequence import Attention, Consistency, Footage, FrameSequence, Method, PromptKey, usual_consistency
from studio.domain.treatment import Arrow, FlowLoop, require_valid_treatment
from studio.domain.user_paths import expanded
from studio.imaging.pictures import require_picture
from studio.imaging.video.info import probe
from studio.session.headless import Cancelled, Headless

FLOW = "flow"
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command as they were given; `picture` holds those that it shares with `generate`."""

    picture: Picture
    output: Path
    frames: int
    fps: str
    motion: float
    prompts: tuple[str, ...]
    method: str
    common: float
    harmonics: int
    attention: str | None
    smoother: int
    flow: float | None
    source: Path | None
    strength: float
    image: Path | None
    arrows: tuple[str, ...]
    freeze: Path | None
    module: str
    closed: bool


def make(program: Program, request: Request) -> int:
    """Carry out the command. Everything that can be checked is checked before the engine is started."""
    began = time.monotonic()
    headless = open_headless(program, request.picture.device)
    headless.studio.queue.previews = False
    recipe = recipe_for(request.picture, headless.studio.model(request.picture.model), headless.studio.library)
    rate = rate_of(request.fps, Fraction(12))
    task = None if request.method == FLOW else sequence_of(request, recipe, rate)
    if task is not None:
        headless.studio.check_sequence(task)
    else:
        headless.studio.check(recipe)
        require_valid_treatment(flow_of(request, rate, str(request.image or "still")))
    require_fitting(request)
    target = free_file(expanded(request.output))
    headless.require_store()
    frames: dict[int, Kept] = {}
    as_json = request.picture.as_json

    def take(frame: Frame, png: bytes) -> None:
        frames[frame.index] = Kept(png, frame.about)

    try:
        with cancelling(headless.cancel), headless, progress_of(headless.studio, quiet=as_json, title="Loop"):
            if task is not None:
                job = headless.frames(task, take)
            else:
                with _still(headless, request, recipe) as path:
                    job = headless.frames(flow_of(request, rate, path), take)
    except Cancelled:
        raise Interrupted from None
    report = saved(target, frames, rate, job.task, request.closed)
    seconds = time.monotonic() - began
    if as_json:
        print_json(report.as_json() | {"seed": recipe.seed, "seconds": {"total": round(seconds, 3)}})
        return 0
    note(f"{report.sentence()} Seed {recipe.seed}, {seconds:.1f} s.")
    announce(target)
    return 0


def require_fitting(request: Request) -> None:
    """Refuse what the method would not look at, and files that it could not read. Raises StudioError."""
    flows, draws = request.method == FLOW, request.method in (Method.VIDEO, Method.MOTION)
    given = {
        "--arrow": (bool(request.arrows), flows, FLOW),
        "--image": (request.image is not None, flows, FLOW),
        "--freeze": (request.freeze is not None, flows, FLOW),
        "--video": (request.source is not None, draws, Method.VIDEO),
        "--prompt-at": (bool(request.prompts), not flows, Method.CIRCLE),
    }
    for option, (is_given, fits, method) in given.items():
        if is_given and not fits:
            message = f"{option} does nothing with --method {request.method}."
            raise StudioError(ErrorKind.INPUT, message, f"Add --method {method}, or leave {option} out.", "method")
    for picture in (request.image, request.freeze):
        if picture is not None:
            require_picture(expanded(picture))
    if request.source is not None:
        probe(expanded(request.source))


def sequence_of(request: Request, recipe: Recipe, rate: Fraction) -> FrameSequence:
    """What the options ask for. Raises StudioError (INPUT) for what cannot be read."""
    method = _choice(Method, request.method, "--method", (FLOW,))
    source = Footage((str(expanded(request.source).absolute()),)) if request.source else None
    usual = usual_consistency(method)
    attention = _choice(Attention, request.attention or usual.attention, "--attention")
    flow = usual.flow if request.flow is None else request.flow
    return FrameSequence(
        recipe,
        request.frames,
        rate,
        request.closed,
        method,
        request.motion,
        request.harmonics,
        request.common,
        prompts_of(request.prompts, recipe.prompt),
        Consistency(attention, request.smoother, flow),
        source,
        request.strength,
        module=request.module,
    )


def prompts_of(texts: tuple[str, ...], first: str) -> tuple[PromptKey, ...]:
    """ "0.5 a text" as keys; the prompt itself is at 0 unless one of them is."""
    keys = sorted((_prompt(text) for text in texts), key=lambda key: key.at)
    if keys and keys[0].at > 0:
        keys.insert(0, PromptKey(0.0, first))
    return tuple(keys)


def flow_of(request: Request, rate: Fraction, still: str) -> FlowLoop:
    """The request for a still that flows."""
    freeze = str(expanded(request.freeze).absolute()) if request.freeze else ""
    return FlowLoop(still, tuple(map(_arrow, request.arrows)), freeze, request.frames, rate)


def _prompt(text: str) -> PromptKey:
    place, gap, words = text.lstrip().partition(" ")
    try:
        if not gap:
            raise ValueError("no text")
        return PromptKey(float(place), words.strip())
    except ValueError:
        message = f"“{text[:40]}” is no place on the loop and a text."
        raise StudioError(ErrorKind.INPUT, message, 'Write --prompt-at 0.5 "a text".', "prompts") from None


def _arrow(text: str) -> Arrow:
    try:
        x, y, dx, dy = (float(part) for part in text.split(","))
    except ValueError:
        message = f"“{text[:40]}” is no arrow."
        hint = "Write --arrow 0.5,0.8,0.1,0: at the middle below, a tenth of the width to the right each second."
        raise StudioError(ErrorKind.INPUT, message, hint, "arrows") from None
    return Arrow(x, y, dx, dy)


def _choice(kind: type[Choice], text: str, option: str, others: tuple[str, ...] = ()) -> Choice:
    try:
        return kind(text)
    except ValueError:
        names = ", ".join((*kind, *others))
        raise StudioError(ErrorKind.INPUT, f"{option} cannot be “{text[:40]}”.", f"Choose one of: {names}.") from None


@contextlib.contextmanager
def _still(headless: Headless, request: Request, recipe: Recipe) -> Iterator[str]:
    """The path of the picture that flows: the user's, or one of the prompt."""
    if request.image is not None:
        yield str(expanded(request.image).absolute())
        return
    with tempfile.TemporaryDirectory(prefix="safelight-") as folder:
        path = Path(folder) / "still.png"

        def keep(_: Recipe, picture: Frame, __: Ready | None) -> None:
            path.write_bytes(headless.studio.gallery.store.get(picture.digest))

        headless.run(recipe, keep)
        yield str(path)
