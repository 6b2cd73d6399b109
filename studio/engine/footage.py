"""The frames of a clip to draw anew."""

from collections.abc import Iterator
from pathlib import Path

from studio.domain.sequence import Footage
from studio.engine.models import Poll
from studio.imaging.pictures import load_picture
from studio.imaging.pixels import Pixels
from studio.imaging.video.reading import VideoReader


def frames_of(footage: Footage, poll: Poll) -> Iterator[Pixels]:
    """RGB frames of one video or of many stills, as many as are wanted; `poll` runs before each.

    Raises StudioError when a file cannot be read.
    """
    stop = footage.first + footage.count if footage.count else None
    if len(footage.paths) > 1:
        for path in footage.paths[footage.first : stop]:
            poll()
            yield load_picture(Path(path))
        return
    with VideoReader(Path(footage.paths[0])) as reader:
        for frame in reader.frames(footage.first, stop):
            poll()
            yield frame[..., :3]
