"""A track of another program as a row of clips: without gaps, transitions and nested timelines."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from opentimelineio import algorithms, exceptions, schema

from studio.session.interchange.exact import seconds

_DEEPEST = 20  # timelines in timelines


class Notices:
    """Sentences on what an import left behind, each once."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}

    def tell(self, text: str) -> None:
        """Note this."""
        self._texts.setdefault(text)

    @property
    def texts(self) -> tuple[str, ...]:
        """In the order in which they came."""
        return tuple(self._texts)


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """A clip that begins `start` seconds after its track and lasts `length` seconds."""

    clip: Any
    start: Fraction
    length: Fraction


def pieces(track: Any, notices: Notices, depth: int = 0) -> Iterator[Piece]:
    """The clips of a track in order. Raises ValueError for times that are none."""
    at = Fraction(0)
    for child in [track] if not depth and _is_part(track) else track:
        if isinstance(child, schema.Transition):
            notices.tell("Transitions became cuts.")
            continue
        length = _length(child, notices)
        if length <= 0:
            continue
        if isinstance(child, schema.Clip):
            yield Piece(child, at, length)
        elif isinstance(child, schema.Stack | schema.Track):
            for piece in _nested(child, track.kind, notices, depth + 1):
                yield Piece(piece.clip, at + piece.start, min(piece.length, length - piece.start))
        elif not isinstance(child, schema.Gap):
            notices.tell(f"“{child.name}” is nothing that Safelight knows, and was left out.")
        at += length


def _is_part(track: Any) -> bool:
    """Whether only a part of a track is seen. (Edit decision lists give ranges that begin before their track.)"""
    seen = track.source_range
    return seen is not None and (seen.start_time.value > 0 or seen.duration < track.available_range().duration)


def _length(child: Any, notices: Notices) -> Fraction:
    try:
        return seconds(child.trimmed_range().duration)
    except exceptions.OTIOError:
        notices.tell(f"“{child.name}” does not say how long it is, and was left out.")
        return Fraction(0)


def _nested(child: Any, kind: str, notices: Notices, depth: int) -> Iterator[Piece]:
    """Of a timeline in a timeline the uppermost clips, cut to what is seen of it."""
    if depth > _DEEPEST:
        notices.tell("Timelines that are nested too deep were left out.")
        return
    if child.effects:
        notices.tell(f"Effects on the nested timeline “{child.name}” were left out.")
    child = child.deepcopy()
    without_transitions(child, notices)
    if isinstance(child, schema.Stack):
        tracks = [item for item in child if isinstance(item, schema.Track) and item.kind == kind]
        tracks += [_on_track(item, kind) for item in child if not isinstance(item, schema.Track)]
        if not tracks:
            return
        if len(tracks) > 1:
            notices.tell(f"Of the nested timeline “{child.name}” only what lies uppermost was taken.")
        flat = algorithms.flatten_stack([track.deepcopy() for track in tracks])
    else:
        flat = child
    if child.source_range is not None:
        whole = flat.deepcopy()
        whole.source_range = None
        flat = algorithms.track_trimmed_to_range(whole, child.source_range)
    flat.kind = kind
    yield from pieces(flat, notices, depth)


def _on_track(item: Any, kind: str) -> Any:
    return schema.Track(name=item.name, kind=kind, children=[item.deepcopy()])


def without_transitions(item: Any, notices: Notices) -> None:
    """Take all transitions out, at any depth: the clips beside them keep their lengths."""
    for index in reversed(range(len(item))):
        if isinstance(item[index], schema.Transition):
            notices.tell("Transitions became cuts.")
            del item[index]
        elif isinstance(item[index], schema.Stack | schema.Track):
            without_transitions(item[index], notices)
