"""What is dragged catches at what is near, by pixels."""

from collections.abc import Collection

from studio.domain.timeline.beats import beats_between
from studio.domain.timeline.model import Timeline
from studio.domain.timeline.snapping import SnapPoint, snap_edges, snap_points
from studio.ui.timeline.axis import TimeAxis, TimeView
from studio.ui.timeline.desk import TimelineDesk

_REACH = 9.0  # logical pixels


class Snapper:
    """The magnet; `on` as long as the user wants it."""

    def __init__(self, desk: TimelineDesk, axis: TimeAxis) -> None:
        self._desk, self._axis = desk, axis
        self.on = True
        self._known: tuple[Timeline, frozenset[str], frozenset[int], int, TimeView, tuple[SnapPoint, ...]] | None = None

    def moved(
        self, by: float, edges: Collection[int], own: Collection[str] = (), free: bool = False
    ) -> tuple[int, float | None]:
        """The whole frames that `edges` of the clips `own` go when they are dragged `by` frames, and the frame at which
        one of them has caught; `free` lets none catch. Nothing catches where it is already: it could not be moved a
        little.
        """
        whole = round(by)
        if free or not self.on:
            return whole, None
        ring = self._desk.timeline.ring
        left = frozenset(edge % ring for edge in edges) if ring else frozenset(edges)
        points = self._points(frozenset(own), left)
        reach = _REACH / self._axis.view.scale
        caught = snap_edges(self._desk.timeline, [edge + whole for edge in edges], points, reach)
        return (whole, None) if caught is None else (whole + caught.by, caught.at)

    def snapped(self, frame: float, left: int) -> int:
        """The whole frame that is meant by a place, for what is dragged there from frame `left`."""
        return left + self.moved(frame - left, (left,))[0]

    def _points(self, own: frozenset[str], left: frozenset[int]) -> tuple[SnapPoint, ...]:
        timeline, playhead = self._desk.timeline, self._desk.playhead
        # Beats go on for ever: those in view are caught at, and those next to it, to which an edge may reach.
        view = self._axis.view if timeline.beats is not None else TimeView()
        known = self._known
        if known is None or known[0] is not timeline or known[1:5] != (own, left, playhead, view):
            beats = (at for _, at in beats_between(timeline, 2 * view.left - view.right, 2 * view.right - view.left))
            points = tuple(point for point in snap_points(timeline, own, playhead, beats) if point.at not in left)
            self._known = known = (timeline, own, left, playhead, view, points)
        return known[5]
