"""What makes a timeline a sound one."""

import itertools
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

from studio.domain.easing import ease_problem
from studio.domain.sequence import MAX_RATE
from studio.domain.timeline.model import Beats, Clip, Generated, Lane, Sound, Timeline, Track, TrackKind, Video
from studio.domain.timeline.parameters import PARAMETERS

MAX_LENGTH = 10**7  # frames: four days at 24 a second
MAX_SPEED = 100
MAX_NAME = 200  # characters
MAX_BPM = 1000
MAX_BAR = 64  # beats


def overlapping(clips: Sequence[Clip], ring: int) -> tuple[Clip, Clip] | None:
    """Two clips of a track that overlap, the one that begins earlier first; `clips` are sorted by their start."""
    for earlier, later in itertools.pairwise(clips):
        if earlier.start + earlier.length > later.start:
            return earlier, later
    if ring and clips and clips[-1].end > clips[0].start + ring and len(clips) > 1:
        return clips[-1], clips[0]
    return None


def timeline_problem(timeline: Timeline) -> str:
    """What is wrong with a timeline; "" for a sound one."""
    names = [track.id for track in timeline.tracks]
    clips = [clip.id for track in timeline.tracks for clip in track.clips]
    kinds = [track.kind is TrackKind.AUDIO for track in timeline.tracks]
    if not 0 < timeline.rate <= MAX_RATE:
        return f"a timeline of {timeline.rate} frames a second"
    if not 0 <= timeline.ring <= MAX_LENGTH:
        return f"a ring of {timeline.ring} frames"
    if "" in names or "" in clips or len({*names}) != len(names) or len({*clips}) != len(clips):
        return "two tracks or two clips have one id"
    if kinds != sorted(kinds):
        return "an audio track lies below a video track"
    return _marks_problem(timeline) or _first(_track_problem(track, timeline) for track in timeline.tracks)


def _first(problems: Iterable[str]) -> str:
    return next(filter(None, problems), "")


def _marks_problem(timeline: Timeline) -> str:
    places = [marker.at for marker in timeline.markers]
    last = timeline.ring - 1 if timeline.ring else MAX_LENGTH
    if any(not 0 <= at <= last for at in places) or any(a >= b for a, b in itertools.pairwise(places)):
        return "markers out of order"
    zone = timeline.zone
    if zone is not None and not (
        0 <= zone.start <= last and 0 < zone.end - zone.start <= (timeline.ring or MAX_LENGTH)
    ):
        return "a zone that is nowhere"
    return beats_problem(timeline.beats) if timeline.beats is not None else ""


def beats_problem(beats: Beats) -> str:
    """What is wrong with beats; "" for sound ones."""
    if not 1 <= beats.bpm <= MAX_BPM:
        return f"{float(beats.bpm):g} beats a minute"
    if not 1 <= beats.bar <= MAX_BAR:
        return f"a bar of {beats.bar} beats"
    return "beats that begin nowhere" if abs(beats.first) > MAX_LENGTH else ""


def _track_problem(track: Track, timeline: Timeline) -> str:
    if not 0 <= track.opacity <= 1:
        return f"an opacity of {track.opacity}"
    if any(later.start < earlier.start for earlier, later in itertools.pairwise(track.clips)):
        return "clips out of order"
    if overlapping(track.clips, timeline.ring) is not None:
        return "two clips overlap"
    last = timeline.ring - 1 if timeline.ring else MAX_LENGTH
    longest = timeline.ring or MAX_LENGTH
    for clip in track.clips:
        if not 0 <= clip.start <= last or not 1 <= clip.length <= longest:
            return f"a clip of {clip.length} frames at frame {clip.start}"
        if isinstance(clip.media, Sound) != (track.kind is TrackKind.AUDIO):
            return "a clip is on a track of another kind"
        if problem := clip_problem(clip):
            return problem
    return ""


def clip_problem(clip: Clip) -> str:
    """What is wrong with a clip, wherever it lies."""
    if clip.speed == 0 or abs(clip.speed) > MAX_SPEED:
        return f"a speed of {clip.speed}"
    if abs(clip.offset) > MAX_LENGTH * MAX_SPEED:
        return f"an offset of {clip.offset}"
    lanes = [lane.parameter for lane in clip.lanes]
    if len({*lanes}) != len(lanes):
        return "two lanes of one parameter"
    return (
        _media_problem(clip)
        or _first(map(_lane_problem, clip.lanes))
        or _keys_problem([words.at for words in clip.words])
        or _first(ease_problem(words.ease) for words in clip.words)
    )


def _media_problem(clip: Clip) -> str:
    media = clip.media
    if isinstance(media, Generated | Video):
        if not 0 < media.rate <= MAX_RATE or not 1 <= media.frames <= MAX_LENGTH:
            return f"{media.frames} frames at {media.rate} a second"
        if media.size.width < 1 or media.size.height < 1:
            return f"frames of {media.size}"
    if isinstance(media, Sound) and media.seconds <= 0:
        return f"a sound of {media.seconds} seconds"
    return _takes_problem(media) if isinstance(media, Generated) else ""


def _takes_problem(media: Generated) -> str:
    takes = [take.id for take in media.takes]
    if "" in takes or len({*takes}) != len(takes):
        return "two takes have one id"
    if media.active and media.active not in takes:
        return "the take that is seen is not there"
    if any(not 1 <= take.frames <= MAX_LENGTH or not math.isfinite(take.made) for take in media.takes):
        return "a take without frames"
    return ""


def _lane_problem(lane: Lane) -> str:
    if lane.parameter not in PARAMETERS:
        return f"the unknown parameter {lane.parameter}"
    if not all(math.isfinite(key.value) for key in lane.keys):
        return "a key has no finite value"
    return _keys_problem([key.at for key in lane.keys]) or _first(ease_problem(key.ease) for key in lane.keys)


def _keys_problem(places: Sequence[Fraction]) -> str:
    if any(later <= earlier for earlier, later in itertools.pairwise(places)):
        return "keys out of order"
    return "a key that is nowhere" if any(abs(at) > MAX_LENGTH * MAX_SPEED for at in places) else ""
