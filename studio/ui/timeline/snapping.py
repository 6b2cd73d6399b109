"""What is dragged catches at what is near, by pixels."""

from collections.abc import Collection

from studio.domain.timeline.model import Timeline
from studio.domain.timeline.snapping import SnapPoint, snap_edges, snap_points
from studio.ui.timeline.axis import TimeAxis
from studio.ui.timeline.desk import TimelineDesk

_REACH = 9.0  # logical pixels


class Snapper:
    """The magnet; `on` as long as the user wants it."""

    def __init__(self, desk: TimelineDesk, axis: TimeAxis) -> None:
        self._desk, self._axis = desk, axis
        self.on = True
        self._known: tuple[Timeline, frozenset[str], int, tuple[SnapPoint, ...]] | None = None

    def moved(
        self, by: float, edges: Collection[int], own: Collection[str], free: bool = False
    ) -> tuple[int, float | None]:
        """The whole frames that `edges` of the clips `own` go when they are dragged `by` frames, and the frame at which
        one of them has caught; `free` lets none catch.
        """
        whole = round(by)
        if free or not self.on:
            return whole, None
        points = self._points(frozenset(own))
        caught = snap_edges(
            self._desk.timeline, [edge + whole for edge in edges], points, _REACH / self._axis.view.scale
        )
        return (whole, None) if caught is None else (whole + caught.by, caught.at)

    def snapped(self, frame: float) -> int:
        """The whole frame that is meant by a place."""
        return self.moved(frame, (0,), ())[0]

    def _points(self, own: frozenset[str]) -> tuple[SnapPoint, ...]:
        timeline, playhead = self._desk.timeline, self._desk.playhead
        known = self._known
        if known is None or known[0] is not timeline or known[1:3] != (own, playhead):
            self._known = known = (timeline, own, playhead, snap_points(timeline, own, playhead))
        return known[3]
