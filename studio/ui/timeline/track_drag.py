"""A track that is dragged by its header to another place among those of its kind."""

from dataclasses import dataclass

from studio.domain.timeline.model import Timeline, Track, TrackKind
from studio.ui.timeline.rows import Rows


@dataclass(frozen=True, slots=True)
class Landing:
    """`line` is where the track would be put in, in pixels of all rows; `index` counts the others below it, as in
    `request_move_track`.
    """

    line: int
    index: int


def landing(timeline: Timeline, rows: Rows, track_id: str, y: float) -> Landing | None:
    """Where a dragged track would go when it is let go at `y`; None where it would stay."""
    blocks = _blocks(rows)
    tracks = {track.id: track for track in timeline.tracks}
    dragged = tracks.get(track_id)
    if dragged is None:
        return None
    alike = [name for name in blocks if name in tracks and _heard(tracks[name]) == _heard(dragged)]
    others = [name for name in alike if name != track_id]
    place = sum(sum(blocks[name]) / 2 < y for name in others)
    if place == alike.index(track_id):
        return None
    line = blocks[others[place]][0] if place < len(others) else blocks[others[-1]][1]
    pictures = sum(not _heard(track) for track in timeline.tracks)
    # Pictures are listed from the uppermost down, sounds from the first on, below all pictures.
    return Landing(line, pictures + place if _heard(dragged) else len(others) - place)


def _blocks(rows: Rows) -> dict[str, tuple[int, int]]:
    """From where to where each track goes with its lanes, from top to bottom."""
    found: dict[str, tuple[int, int]] = {}
    for row in rows.rows:
        found[row.track] = (found.get(row.track, (row.top, 0))[0], row.bottom)
    return found


def _heard(track: Track) -> bool:
    return track.kind is TrackKind.AUDIO
