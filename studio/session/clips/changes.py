"""What a generation changes in a timeline."""

import dataclasses
from fractions import Fraction

from studio.domain.timeline.model import Generated, Take, Timeline
from studio.domain.timeline.placing import edited_throughout, found_clip
from studio.domain.timeline.requests import request_add_take, request_set_media, request_take_frames
from studio.session.clips.generating import Generation


def with_take(timeline: Timeline, generation: Generation, take: Take) -> Timeline:
    """The timeline after a generation began: its clip shows the new take. Raises StudioError (INPUT) as the requests
    do.
    """
    if generation.fresh:
        clip = found_clip(timeline, generation.clip)
        after = dataclasses.replace(clip, offset=Fraction(0), speed=abs(clip.speed))
        timeline = edited_throughout(timeline, {clip.id: after})
    if generation.media is not None:
        timeline = request_set_media(timeline, generation.clip, generation.media)
    return request_add_take(timeline, generation.clip, take)


def with_frames(timeline: Timeline, take: str, frames: int) -> Timeline:
    """The timeline with another count of frames in a take; the same where no clip has it."""
    for track in timeline.tracks:
        for clip in track.clips:
            if isinstance(clip.media, Generated) and any(each.id == take for each in clip.media.takes):
                timeline = request_take_frames(timeline, clip.id, take, frames)
    return timeline
