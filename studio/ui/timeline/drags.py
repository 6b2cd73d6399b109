"""What a press on the strip has taken hold of, until it is let go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt

from studio.ui.timeline.desk import Change
from studio.ui.timeline.rows import Row, RowKind
from studio.ui.timeline.spots import clips_between
from studio.ui.timeline.strip import Strip

Modifiers = Qt.KeyboardModifier


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the pointer is: in the widget, in time, over which row, and which keys are held."""

    place: QPointF
    frame: float
    row: Row | None
    held: Modifiers


class Drag(Protocol):
    """Something that is dragged. Until `drop`, nothing has happened."""

    def move(self, at: Pointer) -> None:
        """The pointer is there now."""

    def drop(self) -> None:
        """Let go: it happens."""

    def cancel(self) -> None:
        """It does not happen."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The edit that a place of the pointer means, None for none, and the frame to which it has snapped. `at` gives the
    same edit for other whole numbers than `by`: where it cannot go so far, it goes as far as it can.
    """

    change: Change | None
    guide: float | None = None
    by: int = 0
    at: Callable[[int], Change] | None = None


class EditDrag:
    """Shows what would come of letting go; what cannot be is not shown, and `refused` says why ("" for what can)."""

    def __init__(
        self, strip: Strip, label: str, meant: Callable[[Pointer], Meant], refused: Callable[[str], None]
    ) -> None:
        self._strip, self._label, self._meant, self._refused = strip, label, meant, refused
        self._change: Change | None = None
        self._by = 0  # how far it went at last
        self._last: Pointer | None = None

    def move(self, at: Pointer) -> None:
        """Show it there."""
        self._last = at
        meant = self._meant(at)
        why = self._strip.desk.preview(meant.change)
        if not why:
            self._change, self._by = meant.change, meant.by
        elif meant.at is not None:
            self._approach(meant.at, meant.by)
        self._refused(why)
        self._strip.guide = meant.guide if not why else None
        self._strip.update()

    def _approach(self, at: Callable[[int], Change], wanted: int) -> None:
        """As far as it can go from where it went at last, by halves: what stops it, stops it from there on."""
        good, bad = self._by, wanted
        next_one = good + (1 if bad > good else -1)
        if next_one == bad or self._strip.desk.preview(at(next_one)):
            bad = next_one  # it stands at what stops it already
        while abs(bad - good) > 1:
            middle = (good + bad) // 2
            if self._strip.desk.preview(at(middle)):
                bad = middle
            else:
                good = middle
        change = at(good)
        if not self._strip.desk.preview(change):
            self._change, self._by = change, good

    def again(self) -> None:
        """The timeline is another one now: show it on that."""
        if self._last is not None:
            self.move(self._last)

    def drop(self) -> None:
        """One step that can be undone."""
        self._strip.guide = None
        self._refused("")
        if self._change is not None:
            self._strip.desk.request(self._label, self._change)
        else:
            self.cancel()

    def cancel(self) -> None:
        """As it was."""
        self._strip.guide = None
        self._refused("")
        self._strip.desk.preview(None)
        self._strip.update()


class BandDrag:
    """The rubber band: selects the clips that it touches, besides those that are to stay selected."""

    def __init__(self, strip: Strip, start: Pointer, kept: frozenset[str]) -> None:
        self._strip, self._start, self._kept = strip, start, kept
        self._before = strip.desk.selected
        self._top = strip.top

    def move(self, at: Pointer) -> None:
        """It reaches there."""
        strip = self._strip
        first = QPointF(strip.axis.view.x(self._start.frame), self._start.place.y() + self._top)
        strip.band = QRectF(first, at.place + QPointF(0, strip.top)).normalized()
        low, high = sorted((self._start.frame, at.frame))
        found = list(self._kept)
        for row in strip.rows.between(strip.band.top(), strip.band.bottom()):
            track = strip.desk.timeline.track(row.track)
            if row.kind is RowKind.CLIPS and track is not None:
                found += [clip.id for clip in clips_between(strip.desk.timeline, track, low, high)]
        strip.desk.select(found)
        strip.update()

    def drop(self) -> None:
        """What it touched stays selected."""
        self._strip.band = None
        self._strip.update()

    def cancel(self) -> None:
        """What was selected is again."""
        self.drop()
        self._strip.desk.select(self._before)


class PanDrag:
    """Time and tracks go with the pointer."""

    def __init__(self, strip: Strip, start: Pointer) -> None:
        self._strip, self._start = strip, start
        self._view, self._top = strip.axis.view, strip.top

    def move(self, at: Pointer) -> None:
        """What was under the pointer is under it again."""
        way = at.place - self._start.place
        self._strip.axis.set_view(self._view.moved(-way.x()))
        self._strip.scroll_to(round(self._top - way.y()))

    def drop(self) -> None:
        """It lies well."""

    def cancel(self) -> None:
        """It lies well, too."""
