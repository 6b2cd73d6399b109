"""What is made for a clip: the requests for its frames, out of the clip with its lanes and words.

Nothing here runs anything; `studio.session.clips.streaming` does.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.sequence import Footage, FrameSequence, Held, Schedule, Scheduled
from studio.domain.timeline.model import Clip, ClipTask, Generated, Take, Video
from studio.domain.timeline.seen import prompt_keys, value_at
from studio.domain.timeline.times import step
from studio.domain.treatment import Deflicker, FlowLoop, Interpolation, Loopify
from studio.session.clips.sources import take_path

LOCKED = 2  # frames on each side of a range that its new frames are fitted to


@dataclass(frozen=True, slots=True)
class Generation:
    """Frames to be made for the clip `clip`. `task` may name takes (`studio.session.clips.sources`).

    They become a new take of `frames` frames, which the clip shows from then on; with `media`, in place of what it
    showed; with `fresh`, from the first one on and forwards. With `into`, they go to that take, and the clip stays
    as it is. `copied` says which frames of the take `origin` the new one has from the start, and under which numbers.
    """

    clip: str
    task: ClipTask | None
    frames: int
    label: str
    name: str = ""
    origin: str = ""
    copied: Mapping[int, int] = field(default_factory=dict)
    into: str = ""
    media: Generated | None = None
    fresh: bool = False


def frames_of(task: ClipTask, otherwise: int) -> int:
    """How many frames a task makes; of a loop that is still to be found the most there can be, and `otherwise` where
    only a file says so.
    """
    match task:
        case FrameSequence(frames=frames) | FlowLoop(frames=frames):
            return frames
        case Loopify(source=source, most=most):
            return most or _length(source) or otherwise
        case Interpolation(source=source, factor=factor, closed=closed):
            length = _length(source)
            return (length * factor - (0 if closed else factor - 1)) if length else otherwise
        case Deflicker(source=source):
            return _length(source) or otherwise


def _length(source: Footage) -> int:
    """How many frames footage has; 0 where only its file says so."""
    return source.count or (max(0, len(source.paths) - source.first) if len(source.paths) > 1 else 0)


# ------------------------------------------------------------------------------------------------ a new take


def generation(clip: Clip, rate: Fraction) -> Generation:
    """All frames of a clip on a timeline with `rate`, by its task, lanes and words. Raises StudioError (INPUT)."""
    task = task_of(clip, rate)
    return Generation(clip.id, task, frames_of(task, _media(clip).frames), "Generate")


def task_of(clip: Clip, rate: Fraction) -> ClipTask:
    """The task of a clip with what its lanes and words say, on a timeline with `rate`.

    Keyed motion, strength and guidance become courses with a value for each frame. Raises StudioError (INPUT) for a
    clip that is not made here.
    """
    task = _media(clip).task
    if not isinstance(task, FrameSequence):
        return task
    sampling = dataclasses.replace(task.recipe.sampling, guidance=value_at(clip, "guidance", 0))
    schedules = (_schedule(clip, parameter, task.frames, rate) for parameter in Scheduled)
    return dataclasses.replace(
        task,
        recipe=dataclasses.replace(task.recipe, sampling=sampling),
        motion=value_at(clip, "motion", 0),
        strength=value_at(clip, "strength", 0),
        prompts=prompt_keys(clip, rate) or task.prompts,
        schedules=tuple(schedule for schedule in schedules if schedule is not None),
        only=(),
        held=(),
    )


def _schedule(clip: Clip, parameter: Scheduled, frames: int, rate: Fraction) -> Schedule | None:
    """The course of a keyed parameter over the frames of the media; None where it stays the same."""
    way = step(clip, rate)
    places = ((number - clip.offset) / way for number in range(frames))
    values = tuple(value_at(clip, parameter.value, float(place), rate=rate) for place in places)
    return Schedule(parameter, values) if len(set(values)) > 1 else None


# ------------------------------------------------------------------------------------------------ parts of a take


def reroll(clip: Clip, first: int, last: int, seed: int, there: Iterable[int]) -> Generation:
    """The frames `first` to `last` of the take that is seen, both included, once more with another seed; on a loop they
    may go across the seam. All other frames stay, and those next to the range are what it is fitted to.

    `there` are the frames that the take has. Raises StudioError (INPUT) for what cannot be drawn anew in part.
    """
    media = _media(clip)
    take, task = media.take, media.take.task if media.take else None
    if take is None or not isinstance(task, FrameSequence):
        hint = "Generate the clip again, or repair single frames."
        raise StudioError(ErrorKind.INPUT, "Only frames that a model has drawn can be drawn anew.", hint, "only")
    only = _range(first, last, take.frames, media.closed)
    others = [number for number in sorted(set(there)) if number not in only and number < take.frames]
    held = [number for number in _around(only, take.frames, media.closed) if number in others]
    task = dataclasses.replace(
        task,
        recipe=dataclasses.replace(task.recipe, seed=seed),
        only=tuple(sorted(only)),
        held=tuple(Held(number, take_path(take.id, number)) for number in held),
    )
    where = f"frame {first + 1}" if len(only) == 1 else f"frames {first + 1} to {last + 1}"
    copied = {number: number for number in others}
    return Generation(clip.id, task, take.frames, "Re-roll", f"Re-rolled {where}", take.id, copied)


def repair(clip: Clip, numbers: Iterable[int], name: str, there: Iterable[int]) -> Generation:
    """All frames of the take that is seen but these, for which pictures are there. Raises StudioError (INPUT)."""
    take, changed = _take(_media(clip)), set(numbers)
    if not changed or not changed <= set(range(take.frames)):
        raise StudioError(ErrorKind.INPUT, "The clip has no such frame.", "Choose one that it has.", "only")
    copied = {each: each for each in there if each not in changed and each < take.frames}
    label = "Repair frame" if len(changed) == 1 else "Repair frames"
    return Generation(clip.id, take.task, take.frames, label, name, take.id, copied)


def completion(clip: Clip, missing: Iterable[int]) -> Generation:
    """The frames that the take that is seen lacks. Raises StudioError (INPUT) when there is nothing to make them by."""
    media = _media(clip)
    take, task = media.take, media.take.task if media.take else None
    if take is None or task is None:
        raise StudioError(ErrorKind.INPUT, "There is no take to complete.", "Generate the clip.", "only")
    if isinstance(task, FrameSequence):
        wanted = set(missing) & set(task.wanted) or set(missing)
        held = tuple(each for each in task.held if each.index not in wanted)
        task = dataclasses.replace(task, only=tuple(sorted(wanted)), held=held)
    return Generation(clip.id, task, take.frames, "Make missing frames", into=take.id)


def _range(first: int, last: int, frames: int, closed: bool) -> dict[int, None]:
    """The numbers of a range in its order."""
    count = (last - first) % frames + 1 if closed else last - first + 1
    inside = closed or 0 <= first <= last < frames
    if not inside or not 0 <= first < frames or not 0 <= last < frames:
        raise StudioError(ErrorKind.INPUT, f"The clip has the frames 1 to {frames}.", "Choose some of these.", "only")
    return dict.fromkeys((first + index) % frames for index in range(count))


def _around(only: Mapping[int, None], frames: int, closed: bool) -> list[int]:
    """The frames next to a range, in order."""
    first, last = next(iter(only)), next(reversed(list(only)))
    near = itertools.chain(range(first - LOCKED, first), range(last + 1, last + 1 + LOCKED))
    found = {number % frames if closed else number for number in near}
    return sorted(number for number in found if 0 <= number < frames and number not in only)


# ------------------------------------------------------------------------------------------------ clips out of clips


def footage(clip: Clip, rate: Fraction) -> Footage:
    """The frames of its media that are seen of a clip on a timeline with `rate`, as frames to begin with: each once, in
    the order in which they are seen, so that the clip's speed is not in them.

    Raises StudioError (INPUT) for a clip without frames of its own, and for a video that runs backwards.
    """
    media = clip.media
    count = max(1, round(clip.length * abs(step(clip, rate))))
    first = int(clip.offset)
    if isinstance(media, Generated):
        take, onwards = _take(media), 1 if clip.speed > 0 else -1
        if onwards > 0 and first >= 0 and first + count <= take.frames:
            return Footage((take_path(take.id),), first, count)
        numbers = (first + onwards * index for index in range(count))
        frames = (n % take.frames if media.closed else min(max(n, 0), take.frames - 1) for n in numbers)
        return Footage(tuple(take_path(take.id, number) for number in frames))
    if not isinstance(media, Video) or clip.speed < 0:
        message = "These frames cannot be begun with as they are seen."
        raise StudioError(ErrorKind.INPUT, message, "Choose a generated clip, or a video that runs forwards.", "source")
    return Footage((media.path,), max(first, 0), count)


def interpolated(clip: Clip, factor: int) -> Generation:
    """The take that is seen with `factor` times as many frames in the same time. Raises StudioError (INPUT) for a clip
    without a take.
    """
    media = _media(clip)
    take = _take(media)
    source = Footage((take_path(take.id),), 0, take.frames)
    task = Interpolation(source, media.rate * factor, factor, media.closed)
    label, name = f"{factor} times as many frames", f"Interpolated ×{factor}"
    return Generation(clip.id, task, frames_of(task, take.frames), label, name, take.id)


def deflickered(clip: Clip) -> Generation:
    """The take that is seen without its flicker. Raises StudioError (INPUT) for a clip without a take."""
    media = _media(clip)
    take = _take(media)
    task = Deflicker(Footage((take_path(take.id),), 0, take.frames), media.rate, closed=media.closed)
    return Generation(clip.id, task, take.frames, "Take the flicker out", "Without flicker", take.id)


def looped(clip: Clip, rate: Fraction, least: int = 12, most: int = 0, blend: int = 0) -> Generation:
    """What is seen of a clip as a loop. Raises StudioError (INPUT) as `footage`."""
    source = footage(clip, rate)
    media = clip.media
    if not isinstance(media, Generated | Video):
        raise TypeError("whatever has footage has frames")
    task = Loopify(source, media.rate, least, most, blend)
    frames = frames_of(task, media.frames)
    new = None if isinstance(media, Generated) else Generated(task, media.rate, frames, media.size)
    return Generation(clip.id, task, frames, "Make a loop", "Loop", media=new, fresh=True)


def _media(clip: Clip) -> Generated:
    if isinstance(clip.media, Generated):
        return clip.media
    raise StudioError(
        ErrorKind.INPUT, "This clip was not made here.", "Choose a generated clip, or make one out of it.", "clip"
    )


def _take(media: Generated) -> Take:
    if media.take is None:
        raise StudioError(ErrorKind.INPUT, "This clip has no frames yet.", "Generate it first.", "source")
    return media.take
