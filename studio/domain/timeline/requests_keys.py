"""Requests about the keys of a clip's parameters and prompts. What cannot be done raises StudioError (INPUT).

Places are timeline frames after the clip's start, and may be fractions. Where keys go round (`times.period`) they are
taken modulo the turn, so that a key can be moved across the seam. `WORDS` in place of a parameter means the prompts.
"""

import dataclasses
import math
from collections.abc import Collection
from fractions import Fraction
from typing import TypeVar

from studio.domain.easing import LINEAR, Ease, ease_problem
from studio.domain.sequence import MAX_PROMPT_KEYS
from studio.domain.timeline.model import Clip, Key, Lane, Timeline, Words
from studio.domain.timeline.parameters import PARAMETERS, WORDS
from studio.domain.timeline.placing import edited, found_clip, impossible
from studio.domain.timeline.times import period, short

MAX_KEYS = 10_000  # of a lane
Keyed = TypeVar("Keyed", Key, Words)


def request_set_key(
    timeline: Timeline, clip_id: str, parameter: str, at: Fraction, value: float, ease: Ease | None = None
) -> Timeline:
    """A key with this value, held within the parameter's range; one that is there already takes it, and keeps its curve
    where none is given.
    """
    if (known := PARAMETERS.get(parameter)) is None:
        raise impossible(f"“{parameter}” cannot have keys.", "Choose another parameter.", parameter)
    if not math.isfinite(value):
        raise impossible(f"{known.title} cannot be {value}.", "Choose a finite number.", parameter)
    clip = found_clip(timeline, clip_id)
    place = _place(timeline, clip, parameter, at)
    before = {key.at: key for key in lane_keys(clip, parameter)}
    curve = ease or (before[place].ease if place in before else LINEAR)
    before[place] = Key(place, known.held(value), _sound(curve))
    return _with_keys(timeline, clip, parameter, tuple(before.values()))


def request_set_words(
    timeline: Timeline, clip_id: str, at: Fraction, prompt: str, negative: str = "", ease: Ease | None = None
) -> Timeline:
    """A prompt from a place on; one that is there already is replaced, and keeps its curve where none is given."""
    clip = found_clip(timeline, clip_id)
    place = _place(timeline, clip, WORDS, at)
    before = {words.at: words for words in clip.words}
    curve = ease or (before[place].ease if place in before else LINEAR)
    before[place] = Words(place, prompt, negative, _sound(curve))
    return _with_words(timeline, clip, tuple(before.values()))


def request_move_keys(
    timeline: Timeline, clip_id: str, parameter: str, places: Collection[Fraction], by: Fraction
) -> Timeline:
    """The keys at these places, `by` frames later, across the seam where keys go round."""
    clip = found_clip(timeline, clip_id)
    if parameter == WORDS:
        return _with_words(timeline, clip, _moved(timeline, clip, WORDS, clip.words, places, by))
    keys = _moved(timeline, clip, parameter, lane_keys(clip, parameter), places, by)
    return _with_keys(timeline, clip, parameter, keys)


def request_delete_keys(timeline: Timeline, clip_id: str, parameter: str, places: Collection[Fraction]) -> Timeline:
    """Without the keys at these places."""
    clip = found_clip(timeline, clip_id)
    if parameter == WORDS:
        _require_there(clip.words, places)
        return _with_words(timeline, clip, tuple(words for words in clip.words if words.at not in places))
    keys = lane_keys(clip, parameter)
    _require_there(keys, places)
    return _with_keys(timeline, clip, parameter, tuple(key for key in keys if key.at not in places))


def request_ease_keys(
    timeline: Timeline, clip_id: str, parameter: str, places: Collection[Fraction], ease: Ease
) -> Timeline:
    """The keys at these places with another curve that leads on from them."""
    clip = found_clip(timeline, clip_id)
    if parameter == WORDS:
        return _with_words(timeline, clip, _eased(clip.words, places, _sound(ease)))
    return _with_keys(timeline, clip, parameter, _eased(lane_keys(clip, parameter), places, _sound(ease)))


def request_clear_lane(timeline: Timeline, clip_id: str, parameter: str) -> Timeline:
    """Without any key of a parameter."""
    clip = found_clip(timeline, clip_id)
    return _with_words(timeline, clip, ()) if parameter == WORDS else _with_keys(timeline, clip, parameter, ())


def lane_keys(clip: Clip, parameter: str) -> tuple[Key, ...]:
    """The keys of a parameter, by time; none where it has no lane."""
    return next((lane.keys for lane in clip.lanes if lane.parameter == parameter), ())


def _place(timeline: Timeline, clip: Clip, parameter: str, at: Fraction) -> Fraction:
    around = period(timeline, clip, parameter == WORDS or PARAMETERS[parameter].drawn)
    if around is not None:
        return short(at) % around
    if not 0 <= at <= clip.length:
        message = "A key would lie outside of its clip."
        raise impossible(message, f"Choose a place from 0 to {clip.length:,}.", "at")
    return short(at)


def _moved(
    timeline: Timeline,
    clip: Clip,
    parameter: str,
    keys: tuple[Keyed, ...],
    places: Collection[Fraction],
    by: Fraction,
) -> tuple[Keyed, ...]:
    _require_there(keys, places)
    moved = [
        dataclasses.replace(key, at=_place(timeline, clip, parameter, key.at + by)) if key.at in places else key
        for key in keys
    ]
    if len({key.at for key in moved}) < len(moved):
        raise impossible("Two keys would have one place.", "Move it a little further, or delete the other.", "at")
    return tuple(moved)


def _eased(keys: tuple[Keyed, ...], places: Collection[Fraction], ease: Ease) -> tuple[Keyed, ...]:
    _require_there(keys, places)
    return tuple(dataclasses.replace(key, ease=ease) if key.at in places else key for key in keys)


def _require_there(keys: tuple[Keyed, ...], places: Collection[Fraction]) -> None:
    if {*places} - {key.at for key in keys}:
        raise impossible("A key is no longer there.", "Select others.", "at")


def _sound(ease: Ease) -> Ease:
    if why := ease_problem(ease):
        raise impossible(why, "Draw the curve anew.", "ease")
    return ease


def _with_keys(timeline: Timeline, clip: Clip, parameter: str, keys: tuple[Key, ...]) -> Timeline:
    if len(keys) > MAX_KEYS:
        raise impossible(f"{len(keys):,} keys of one parameter are too many.", "Delete some.", parameter)
    lane = Lane(parameter, tuple(sorted(keys, key=lambda key: key.at)))
    names = [each.parameter for each in clip.lanes]
    lanes = list(clip.lanes)
    if parameter in names:
        lanes[names.index(parameter)] = lane
    else:
        lanes.append(lane)
    return _changed(timeline, clip, dataclasses.replace(clip, lanes=tuple(each for each in lanes if each.keys)))


def _with_words(timeline: Timeline, clip: Clip, words: tuple[Words, ...]) -> Timeline:
    if len(words) > MAX_PROMPT_KEYS:
        raise impossible(f"{len(words)} prompts in one clip are too many.", "Delete some.", WORDS)
    return _changed(timeline, clip, dataclasses.replace(clip, words=tuple(sorted(words, key=lambda each: each.at))))


def _changed(timeline: Timeline, before: Clip, after: Clip) -> Timeline:
    return timeline if after == before else edited(timeline, {before.id: after})
