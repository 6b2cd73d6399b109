"""What dragging a key, a prompt's flag, or the handle of a curve means."""

import dataclasses
from collections.abc import Callable
from fractions import Fraction

from studio.domain.timeline.model import Clip, Timeline
from studio.domain.timeline.parameters import PARAMETERS
from studio.domain.timeline.requests import request_ease_keys
from studio.ui.timeline.drags import Meant, Modifiers, Pointer
from studio.ui.timeline.key_edits import KeyEdits, moved
from studio.ui.timeline.key_spots import Grip, Hold
from studio.ui.timeline.lane_view import Segment, scale_of, segments
from studio.ui.timeline.naming import tr
from studio.ui.timeline.rows import WORDS, Row
from studio.ui.timeline.snapping import Snapper
from studio.ui.timeline.strip import Strip

_STEADY = 5.0  # logical pixels up or down that do not change a value yet


class KeyMoves:
    """Turns places of the pointer into requests about keys; Shift keeps from snapping."""

    def __init__(self, strip: Strip, snapper: Snapper) -> None:
        self._strip, self._snapper = strip, snapper

    def add(self, clip: Clip, row: Row, local: float, y: float) -> None:
        """A key at a place of a lane."""
        track = self._strip.desk.timeline.track(row.track)
        if track is not None:
            place = Fraction(min(max(0, round(local)), clip.length))
            value = PARAMETERS[row.parameter].held(scale_of(track, row).value(y))
            KeyEdits(self._strip.desk, self._strip).add(clip, row.parameter, place, value)

    def drag(self, grip: Grip, start: Pointer) -> tuple[str, Callable[[Pointer], Meant]]:
        """A step's name and its meaning."""
        if grip.hold is not Hold.KEY:
            return tr("Easing curve"), self._bending(grip)
        if grip.key.parameter == WORDS:
            return tr("Move prompt"), self._moving(grip, start, level=False)
        return tr("Move keys"), self._moving(grip, start, level=True)

    def _moving(self, grip: Grip, start: Pointer, *, level: bool) -> Callable[[Pointer], Meant]:
        strip, desk = self._strip, self._strip.desk
        chosen = strip.keys | {grip.key}
        place = grip.start + float(grip.key.at)
        track = desk.timeline.track(grip.row.track)
        scale = scale_of(track, grip.row) if track is not None and level else None

        def meant(at: Pointer) -> Meant:
            free = bool(at.held & Modifiers.ShiftModifier)
            by, guide = self._snapper.moved(at.frame - start.frame, (round(place),), (), free)
            way = start.place.y() - at.place.y()
            rise = 0.0
            if scale is not None and abs(way) > _STEADY:
                rise = way / (scale.bottom - scale.top) * (scale.high - scale.low)

            def change(timeline: Timeline) -> Timeline:
                after = moved(timeline, chosen, Fraction(by), rise)
                done = after.change(timeline)
                strip.choose_keys(after.keys)  # only where it could be done
                return done

            return Meant(change, guide)

        return meant

    def _bending(self, grip: Grip) -> Callable[[Pointer], Meant]:
        desk, key = self._strip.desk, grip.key
        clip = desk.timeline.clip(key.clip)
        track = desk.timeline.track(grip.row.track)
        parts = segments(desk.timeline, clip, key.parameter) if clip is not None else iter(())
        part: Segment | None = next((part for part in parts if part.key == key.at), None)

        def meant(at: Pointer) -> Meant:
            if part is None or track is None:
                return Meant(None)
            scale = scale_of(track, grip.row)
            across = (at.frame - grip.start) / max(1e-9, part.end - part.start)
            across = round(min(1.0, max(0.0, across)), 3)
            high = part.last - part.first
            value = scale.value(at.place.y() + self._strip.top)
            up = round((value - part.first) / high, 3) if high else None
            ease = dataclasses.replace(part.ease, hold=False)
            if grip.hold is Hold.OUT:
                ease = dataclasses.replace(ease, x1=across, y1=ease.y1 if up is None else up)
            else:
                ease = dataclasses.replace(ease, x2=across, y2=ease.y2 if up is None else up)
            return Meant(lambda timeline: request_ease_keys(timeline, key.clip, key.parameter, (key.at,), ease))

        return meant
