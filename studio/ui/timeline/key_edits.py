"""Edits of keys and prompts, as steps that can be undone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from studio.domain.easing import Ease
from studio.domain.timeline.model import Clip, Timeline
from studio.domain.timeline.requests import (
    request_delete_keys,
    request_ease_keys,
    request_move_keys,
    request_set_key,
    request_set_words,
)
from studio.domain.timeline.seen import value_at
from studio.ui.timeline.desk import Change, TimelineDesk
from studio.ui.timeline.lane_view import keys_of, turn_of_keys, usual_range
from studio.ui.timeline.naming import tr
from studio.ui.timeline.rows import WORDS
from studio.ui.timeline.scene import ChosenKey
from studio.ui.timeline.strip import Strip

Lane = tuple[str, str]  # clip and parameter


class KeyEdits:
    """Edits of the keys that are chosen on the strip."""

    def __init__(self, desk: TimelineDesk, strip: Strip) -> None:
        self._desk, self._strip = desk, strip

    def add(self, clip: Clip, parameter: str, at: Fraction, value: float) -> None:
        """A key, which is chosen then."""
        turn = turn_of_keys(self._desk.timeline, clip, parameter)
        place = at % turn if turn else at
        if self._desk.request(tr("Add key"), lambda t: request_set_key(t, clip.id, parameter, at, value)):
            self._strip.choose_keys((ChosenKey(clip.id, parameter, place),))

    def add_here(self, clip: Clip, parameters: Iterable[str]) -> None:
        """At the playhead, with the values that there are."""
        timeline = self._desk.timeline
        local = self._desk.playhead - clip.start
        local = local % timeline.ring if timeline.ring else local
        if not 0 <= local < clip.length:
            self._desk.noted.emit(tr("The playhead is not on the selected clip."))
            return
        for parameter in parameters:
            if parameter == WORDS:
                words = clip.words[0] if clip.words else None
                self.set_words(clip.id, Fraction(local), words.prompt if words else "", words.negative if words else "")
            else:
                self.add(
                    clip, parameter, Fraction(local), value_at(clip, parameter, local, timeline.ring, timeline.rate)
                )

    def type_value(self, key: ChosenKey, text: str) -> None:
        """Another value for a key, as it was typed."""
        try:
            value = float(text.strip().replace(",", "."))
        except ValueError:
            self._desk.noted.emit(tr("“{text}” is no number.").format(text=text))
            return
        label = tr("Value of key")
        self._desk.request(label, lambda t: request_set_key(t, key.clip, key.parameter, key.at, value))

    def set_words(self, clip_id: str, at: Fraction, prompt: str, negative: str) -> None:
        """A prompt from a place on."""
        self._desk.request(tr("Prompt"), lambda t: request_set_words(t, clip_id, at, prompt, negative))

    def delete(self) -> None:
        """Without the chosen keys."""
        lanes = by_lane(self._strip.keys)

        def change(timeline: Timeline) -> Timeline:
            for (clip, parameter), places in lanes.items():
                timeline = request_delete_keys(timeline, clip, parameter, places)
            return timeline

        if lanes and self._desk.request(tr("Delete keys"), change):
            self._strip.choose_keys(())

    def ease(self, ease: Ease) -> None:
        """The curve that leads on from the chosen keys."""
        lanes = by_lane(self._strip.keys)

        def change(timeline: Timeline) -> Timeline:
            for (clip, parameter), places in lanes.items():
                timeline = request_ease_keys(timeline, clip, parameter, places, ease)
            return timeline

        self._desk.request(tr("Easing curve"), change)

    def nudge(self, right: int, up: int) -> None:
        """The chosen keys by frames and by hundredths of what their lane shows."""
        keys = self._strip.keys
        shown = [high - low for low, high in (usual_range(key.parameter) for key in keys if key.parameter != WORDS)]
        after = moved(self._desk.timeline, keys, Fraction(right), up * min(shown, default=0.0) / 100)
        if self._desk.request(tr("Move keys"), after.change, "nudge-keys"):
            self._strip.choose_keys(after.keys)


def by_lane(keys: Iterable[ChosenKey]) -> dict[Lane, list[Fraction]]:
    """The places of keys in each lane."""
    lanes: dict[Lane, list[Fraction]] = defaultdict(list)
    for key in keys:
        lanes[key.clip, key.parameter].append(key.at)
    return dict(lanes)


@dataclass(frozen=True, slots=True)
class Moved:
    """A change that moves keys, and the keys as they are then."""

    change: Change
    keys: frozenset[ChosenKey]


def moved(timeline: Timeline, keys: frozenset[ChosenKey], by: Fraction, rise: float) -> Moved:
    """Keys `by` frames later, on a ring across the seam, and their values greater by `rise`."""
    after: list[ChosenKey] = []
    values: list[tuple[ChosenKey, float]] = []
    for key in keys:
        clip = timeline.clip(key.clip)
        if clip is None:
            continue
        turn = turn_of_keys(timeline, clip, key.parameter)
        place = ChosenKey(key.clip, key.parameter, (key.at + by) % turn if turn else key.at + by)
        after.append(place)
        values += [(place, each.value + rise) for each in keys_of(clip, key.parameter) if rise and each.at == key.at]
    lanes = by_lane(keys)

    def change(now: Timeline) -> Timeline:
        for (clip_id, parameter), places in lanes.items():
            if by:
                now = request_move_keys(now, clip_id, parameter, places, by)
        for place, value in values:
            now = request_set_key(now, place.clip, place.parameter, place.at, value)
        return now

    return Moved(change, frozenset(after))
