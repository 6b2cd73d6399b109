"""From a request for frames that need no model to the frames, one by one."""

import contextlib
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.sequence import MAX_FRAMES
from studio.domain.treatment import Deflicker, FlowLoop, Interpolation, Loopify, Treatment, require_valid_treatment
from studio.imaging.flow import Mask, grey
from studio.imaging.looping.deflicker import deflickered
from studio.imaging.looping.eulerian import flow_loop
from studio.imaging.looping.footage import FootageReader
from studio.imaging.looping.interpolation import interpolated
from studio.imaging.looping.loopify import Cut, best_cut, loopified
from studio.imaging.looping.mixing import Made, Poll
from studio.imaging.pictures import load_layered, load_picture

OnRead = Callable[[int, int], None]
_BRIGHT = 128  # of 255; what is brighter in a mask stands still


@dataclass(frozen=True, slots=True)
class Treated:
    """How many frames there will be, and those that were still to be made, in order, as they are ready. `cut` is where
    `Loopify` cut the clip.
    """

    total: int
    frames: Iterator[Made]
    cut: Cut | None = None


@contextlib.contextmanager
def treated(
    task: Treatment, poll: Poll, made: Set[int] = frozenset(), on_read: OnRead = lambda done, total: None
) -> Iterator[Treated]:
    """Open what a task begins with, and make its frames while the body takes them; equal tasks make equal frames.

    Those whose indices are in `made` are left out. `poll` is called at least at each frame. `on_read` is told how much
    of the clip is seen through before the first frame can be made. Raises StudioError for files that cannot be used.
    """
    require_valid_treatment(task)
    match task:
        case FlowLoop():
            yield _flowing(task, poll, made)
        case Interpolation():
            with FootageReader(task.source) as footage:
                steps = footage.count if task.closed else footage.count - 1
                total = 1 if footage.count == 1 else footage.count + steps * (task.factor - 1)
                yield Treated(total, interpolated(footage.all(), task.factor, task.closed, poll, made))
        case Loopify():
            with FootageReader(task.source) as footage:
                yield _looped(task, footage, poll, made, on_read)
        case Deflicker():
            with FootageReader(task.source) as footage:
                watch = _Watch(footage.count, poll, on_read)
                frames = deflickered(footage.read, footage.count, task.strength, task.closed, watch, made)
                yield Treated(footage.count, frames)


def _flowing(task: FlowLoop, poll: Poll, made: Set[int]) -> Treated:
    still = load_layered(Path(task.path))
    freeze = _mask(Path(task.freeze), still.shape) if task.freeze else None
    frames = flow_loop(still, task.arrows, freeze, task.frames, float(task.rate), task.reach, poll, made)
    return Treated(task.frames, frames)


def _mask(path: Path, shape: tuple[int, ...]) -> Mask:
    mask = grey(load_picture(path)) >= _BRIGHT
    if mask.shape != shape[:2]:
        ours, wanted = (f"{size[1]} × {size[0]}" for size in (mask.shape, shape))
        message = f"The freeze mask is {ours} pixels large, and the picture {wanted}."
        raise StudioError(ErrorKind.INPUT, message, "Paint one on the picture itself.", "freeze")
    return np.asarray(mask, np.bool_)


def _looped(task: Loopify, footage: FootageReader, poll: Poll, made: Set[int], on_read: OnRead) -> Treated:
    if footage.count < task.least:
        raise _too_short(task, footage.count)
    watch = _Watch(footage.count, poll, on_read)
    most = min(task.most or MAX_FRAMES, MAX_FRAMES)
    cut = best_cut(footage.all(), task.least, most, task.blend, watch)
    if footage.count == task.least and not cut.closed:  # nothing is left to cut off
        raise _too_short(task, footage.count)
    return Treated(cut.frames, loopified(footage.read, cut, poll, made), cut)


def _too_short(task: Loopify, count: int) -> StudioError:
    message = f"The clip has {count:,} frames: too few to cut a loop of {task.least:,} or more from it."
    return StudioError(ErrorKind.INPUT, message, "Choose a smaller number, or a longer clip.", "least")


class _Watch:
    """A poll that tells `on_read` of the first `count` frames, which are those that are looked through."""

    def __init__(self, count: int, poll: Poll, on_read: OnRead) -> None:
        self._count, self._poll, self._on_read, self._seen = count, poll, on_read, 0

    def __call__(self) -> None:
        self._poll()
        if self._seen < self._count:
            self._on_read(self._seen, self._count)
            self._seen += 1
