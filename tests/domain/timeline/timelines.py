"""Timelines of all kinds, and edits of them, for tests that search."""

import dataclasses
import itertools
from collections.abc import Callable
from fractions import Fraction

from hypothesis import strategies as st

from studio.domain.document.blending import BlendMode
from studio.domain.easing import PRESETS, Ease
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.recipe import Recipe
from studio.domain.sequence import Footage, FrameSequence
from studio.domain.timeline import requests as ask
from studio.domain.timeline.model import (
    Canvas,
    Clip,
    Generated,
    Media,
    Sound,
    Still,
    Take,
    Timeline,
    Track,
    TrackKind,
    Video,
)
from studio.domain.timeline.parameters import PARAMETERS, WORDS
from studio.domain.treatment import Deflicker, FlowLoop, Interpolation, Loopify

NTSC = Fraction(24000, 1001)
FILE = Footage(("a.mp4",))


def track(track_id: str, *clips: Clip, kind: TrackKind = TrackKind.VIDEO) -> Track:
    return Track(track_id, kind, track_id, clips)


def video(frames: int = 100, rate: Fraction = Fraction(12), closed: bool = False) -> Video:
    return Video("a.mp4", rate, frames, Size(64, 64), closed=closed)


def loop(frames: int = 24, rate: Fraction = Fraction(12), closed: bool = True) -> Generated:
    task = FrameSequence(Recipe("a wave"), frames, rate, closed)
    return Generated(task, rate, frames, Size(64, 64), closed)


def clip(clip_id: str, start: int, length: int, media: Media | None = None, **fields: object) -> Clip:
    made = Clip(clip_id, media or Still("a.png", Size(8, 8)), start, length)
    return dataclasses.replace(made, **fields)  # type: ignore[arg-type]


def line(*clips: Clip, rate: Fraction = Fraction(12), ring: int = 0) -> Timeline:
    return Timeline(rate, (track("V1", *clips), track("V2"), track("A1", kind=TrackKind.AUDIO)), ring=ring)


def many(count: int, tracks: int = 4) -> Timeline:
    """A timeline with so many clips of all of a project's kinds, in blocks with gaps between."""
    media = (video(10_000), loop(), Still("a.png", Size(8, 8)), Canvas())
    made = []
    for row in range(tracks):
        starts = range(0, count // tracks * 12, 12)
        clips = (clip(f"{row}-{index}", at, 10 + index % 3, media[index % 4]) for index, at in enumerate(starts))
        made.append(Track(f"V{row}", TrackKind.VIDEO, f"V{row}", tuple(clips)))
    return Timeline(Fraction(12), tuple(made))


# ------------------------------------------------------------------------------------------------ edits at random

Edit = tuple[int, int, int, int]  # what, and three numbers that say where and how much
edits = st.lists(
    st.tuples(st.integers(0, 999), st.integers(0, 999), st.integers(-30, 30), st.integers(0, 99)), max_size=14
)
RATES = (Fraction(12), Fraction(24), NTSC, Fraction(30000, 1001), Fraction(25))
SPEEDS = (Fraction(1), Fraction(2), Fraction(1, 2), Fraction(-1), Fraction(-3, 7), Fraction(0))


def media_of(number: int) -> Media:
    kinds: tuple[Media, ...] = (
        video(7 + number, RATES[number % 5]),
        video(5 + number, closed=True),
        loop(2 + number, RATES[number % 5]),
        loop(2 + number, closed=False),
        Still("a.png", Size(8, 8), "d" * 64),
        Canvas(),
        Sound("a.wav", Fraction(1 + number, 7)),
        dataclasses.replace(loop(9), task=FlowLoop("a.png")),
        dataclasses.replace(loop(9), task=Loopify(FILE)),
        dataclasses.replace(loop(9), task=Interpolation(FILE, RATES[number % 5])),
        dataclasses.replace(loop(9), task=Deflicker(FILE, RATES[number % 5], 0.5)),
    )
    return kinds[number % len(kinds)]


def _add(timeline: Timeline, which: int, by: int, more: int) -> Timeline:
    if not timeline.tracks:
        return ask.request_add_track(timeline, TrackKind.VIDEO)
    made = dataclasses.replace(ask.new_clip(media_of(which), timeline), id=_next_id(timeline))
    made = dataclasses.replace(made, length=max(1, min(made.length, more)))
    home = timeline.tracks[more % len(timeline.tracks)].id
    return ask.request_add_clip(timeline, home, made, None if by < -10 else by)


def _next_id(timeline: Timeline) -> str:
    taken = {each.id for row in timeline.tracks for each in row.clips}
    return next(name for number in itertools.count() if (name := f"c{number}") not in taken)


def _clips(timeline: Timeline) -> list[Clip]:
    return [each for row in timeline.tracks for each in row.clips]


def _pick(timeline: Timeline, which: int) -> str:
    clips = _clips(timeline)
    return clips[which % len(clips)].id if clips else "none"


def _some(timeline: Timeline, which: int, more: int) -> list[str]:
    clips = _clips(timeline)
    return [each.id for each in clips[which % len(clips) :][: 1 + more % 3]] if clips else ["none"]


def _row(timeline: Timeline, which: int) -> str:
    return timeline.tracks[which % len(timeline.tracks)].id if timeline.tracks else "none"


def _set_key(timeline: Timeline, which: int, by: int, more: int) -> Timeline:
    name = [*PARAMETERS][more % len(PARAMETERS)]
    return ask.request_set_key(timeline, _pick(timeline, which), name, Fraction(by, 2), more / 10)


def _words(timeline: Timeline, which: int, by: int, more: int) -> Timeline:
    ease = [None, *PRESETS.values(), Ease(0.2, 0.7, 0.9, -1)][more % 9]
    return ask.request_set_words(timeline, _pick(timeline, which), Fraction(by), f"wörds {more}\ud800", "", ease)


def _move_keys(timeline: Timeline, which: int, by: int, more: int) -> Timeline:
    for each in _clips(timeline)[which % 5 :]:
        if each.words:
            return ask.request_move_keys(timeline, each.id, WORDS, [each.words[0].at], Fraction(by, 3))
        if each.lanes:
            lane = each.lanes[0]
            return ask.request_move_keys(timeline, each.id, lane.parameter, [lane.keys[0].at], Fraction(by, 3))
    return timeline


def _take(timeline: Timeline, which: int, by: int, more: int) -> Timeline:
    task = FrameSequence(Recipe("x"), 2 + abs(by), RATES[more % 5], by > 0)
    take = Take(f"t{more}", 2 + abs(by), task if more % 2 else None, made=1.5)
    return ask.request_add_take(timeline, _pick(timeline, which), take)


def _choose(timeline: Timeline, which: int, by: int, more: int) -> Timeline:
    clip_id = _pick(timeline, which)
    request = ask.request_choose_take if by > 0 else ask.request_delete_take
    found = timeline.clip(clip_id)
    takes = found.media.takes if found and isinstance(found.media, Generated) else ()
    return request(timeline, clip_id, takes[more % len(takes)].id if takes else "none")


OPERATIONS: dict[str, Callable[[Timeline, int, int, int], Timeline]] = {
    "add": _add,
    "add another": _add,
    "add a third": _add,
    "add track": lambda t, w, b, m: ask.request_add_track(t, [*TrackKind][w % 3], f"T{m}", m),
    "remove track": lambda t, w, b, m: ask.request_remove_track(t, _row(t, w)) if m > 80 else t,
    "move track": lambda t, w, b, m: ask.request_move_track(t, _row(t, w), m % 5),
    "lock": lambda t, w, b, m: ask.request_lock_track(t, _row(t, w), m > 90),
    "opacity": lambda t, w, b, m: ask.request_track_opacity(t, _row(t, w), m / 90),
    "mode": lambda t, w, b, m: ask.request_track_mode(t, _row(t, w), [*BlendMode][m % 20]),
    "move": lambda t, w, b, m: ask.request_move_clips(t, _some(t, w, m), b),
    "move up": lambda t, w, b, m: ask.request_move_clips(t, _some(t, w, m), b, m % 3 - 1),
    "delete": lambda t, w, b, m: ask.request_delete_clips(t, _some(t, w, m)) if m > 70 else t,
    "ripple delete": lambda t, w, b, m: ask.request_ripple_delete(t, _some(t, w, m)) if m > 70 else t,
    "duplicate": lambda t, w, b, m: ask.request_duplicate_clips(t, _some(t, w, m)),
    "group": lambda t, w, b, m: ask.request_group(t, _some(t, w, m)),
    "ungroup": lambda t, w, b, m: ask.request_ungroup(t, _some(t, w, m)),
    "enable": lambda t, w, b, m: ask.request_enable_clips(t, _some(t, w, m), b > 0),
    "name": lambda t, w, b, m: ask.request_name_clip(t, _pick(t, w), f"clip {m}"),
    "trim start": lambda t, w, b, m: ask.request_trim_start(t, _pick(t, w), b),
    "trim end": lambda t, w, b, m: ask.request_trim_end(t, _pick(t, w), b),
    "ripple start": lambda t, w, b, m: ask.request_ripple_trim_start(t, _pick(t, w), b),
    "ripple end": lambda t, w, b, m: ask.request_ripple_trim_end(t, _pick(t, w), b),
    "roll": lambda t, w, b, m: ask.request_roll(t, _pick(t, w), b),
    "slip": lambda t, w, b, m: ask.request_slip(t, _pick(t, w), Fraction(b, 4)),
    "slide": lambda t, w, b, m: ask.request_slide(t, _pick(t, w), b),
    "split": lambda t, w, b, m: ask.request_split(t, _some(t, w, m), m),
    "speed": lambda t, w, b, m: ask.request_speed(t, _pick(t, w), SPEEDS[m % 6]),
    "speed in place": lambda t, w, b, m: ask.request_speed_in_place(t, _pick(t, w), SPEEDS[m % 6]),
    "marker": lambda t, w, b, m: ask.request_add_marker(t, m, "m"),
    "move marker": lambda t, w, b, m: ask.request_move_marker(t, t.markers[0].at if t.markers else 0, b),
    "zone": lambda t, w, b, m: ask.request_zone(t, b, m),
    "rate": lambda t, w, b, m: ask.request_rate(t, RATES[m % 5]),
    "ring": lambda t, w, b, m: ask.request_ring(t, (0, m, 48, t.length, 96)[w % 5]),
    "rotate": lambda t, w, b, m: ask.request_rotate(t, b),
    "key": _set_key,
    "words": _words,
    "more words": _words,
    "move keys": _move_keys,
    "take": _take,
    "choose": _choose,
    "task": lambda t, w, b, m: ask.request_set_task(t, _pick(t, w), FrameSequence(Recipe("y"), 2 + m)),
    "media": lambda t, w, b, m: ask.request_set_media(t, _pick(t, w), media_of(m)),
}
_OPERATIONS = [*OPERATIONS.values()]


def carried_out(timeline: Timeline, edit: Edit) -> Timeline:
    """The timeline after an edit; the same where it was refused, as a request may."""
    what, *numbers = edit
    try:
        return _OPERATIONS[what % len(_OPERATIONS)](timeline, *numbers)
    except StudioError as error:
        assert error.problem.kind is ErrorKind.INPUT
        assert error.problem.message and error.problem.hint
        return timeline


def _carried_out_all(start: Timeline, found: list[Edit]) -> Timeline:
    for edit in found:
        start = carried_out(start, edit)
    return start


BEGUN = line(
    clip("c0", 0, 24, loop(), group="g"),
    clip("c1", 24, 20, video(100, NTSC), offset=Fraction(5)),
    clip("c2", 44, 4, group="g"),
    clip("c3", 60, 12, loop(24, closed=False)),
)
timelines = st.builds(_carried_out_all, st.sampled_from([BEGUN, Timeline()]), edits)
