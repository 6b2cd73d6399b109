"""What clips, tracks and lanes are called in the window."""

from pathlib import PurePath

from PySide6.QtCore import QCoreApplication

from studio.domain.sequence import FrameSequence
from studio.domain.timeline.model import Canvas, Clip, Generated, Media, Timeline, Track, TrackKind
from studio.domain.timeline.parameters import PARAMETERS
from studio.domain.timeline.requests import lane_keys
from studio.ui.timeline.rows import MEASURES, WORDS
from studio.ui.timeline.scene import ChosenKey
from studio.ui.timeline.ticks import timecode


def tr(text: str) -> str:
    """In the user's language."""
    return QCoreApplication.translate("Timeline", text)


def clip_name(clip: Clip) -> str:
    """Its name, or what it is made of."""
    return clip.name or media_name(clip.media)


def media_name(media: Media) -> str:
    """The prompt, the file, or the kind."""
    if isinstance(media, Canvas):
        return tr("Canvas")
    if not isinstance(media, Generated):
        return PurePath(media.path.replace("\\", "/")).name
    prompt = ""
    if isinstance(media.task, FrameSequence):
        keys = media.task.prompts
        prompt = keys[0].prompt if keys else media.task.recipe.prompt
    return " ".join(prompt.split()) or tr("Clip")


def kind_name(media: Media) -> str:
    """What sort of clip it is."""
    names = {
        "Generated": tr("Generated loop") if isinstance(media, Generated) and media.closed else tr("Generated clip"),
        "Video": tr("Video"),
        "Still": tr("Picture"),
        "Canvas": tr("The canvas"),
        "Sound": tr("Sound"),
    }
    return names[type(media).__name__]


def track_name(timeline: Timeline, track: Track) -> str:
    """Its name, or its letter and number: V1 is the lowest one."""
    if track.name:
        return track.name
    letters = {TrackKind.VIDEO: "V", TrackKind.OVERLAY: "O", TrackKind.AUDIO: "A"}
    same = [other.id for other in timeline.tracks if other.kind is track.kind]
    return f"{letters[track.kind]}{same.index(track.id) + 1}"


def lane_name(lane: str) -> str:
    """The title of a lane."""
    if lane == WORDS:
        return tr("Prompts")
    if lane == MEASURES:
        return tr("Measures")
    return tr(PARAMETERS[lane].title)


def described_key(timeline: Timeline, key: ChosenKey) -> str:
    """A sentence about a chosen key for a screen reader."""
    clip = timeline.clip(key.clip)
    if clip is None:
        return ""
    where = tr("{lane}, key {at} frames after the start of “{name}”").format(
        lane=lane_name(key.parameter), at=f"{float(key.at):g}", name=clip_name(clip)
    )
    value = next((each.value for each in lane_keys(clip, key.parameter) if each.at == key.at), None)
    words = next((each.prompt for each in clip.words if key.parameter == WORDS and each.at == key.at), "")
    return f"{where}: {value:.3g}" if value is not None else f"{where}: {words}"


def described(timeline: Timeline, clip: Clip) -> str:
    """A sentence for a screen reader."""
    track = timeline.track_of(clip.id)
    return tr("{kind} “{name}” on track {track}, from {start} to {end}").format(
        kind=kind_name(clip.media),
        name=clip_name(clip),
        track=track_name(timeline, track) if track else "",
        start=timecode(clip.start, timeline.rate),
        end=timecode(clip.end, timeline.rate),
    )
