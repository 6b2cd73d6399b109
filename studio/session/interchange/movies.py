"""Takes as movies, for editors that take no numbered pictures."""

from pathlib import Path

from studio.domain.document.document import Document
from studio.domain.timeline.model import Clip, Generated, Take, Timeline, Track, new_id
from studio.session.cutting import alone
from studio.session.interchange.files import Movie
from studio.session.montage import Montage
from studio.session.rendering import Poll, render

PRESET, SUFFIX = "prores-4444", ".mov"


def movie_writer(montage: Montage, poll: Poll | None = None) -> Movie:
    """Writes takes as ProRes 4444, which editors read frame by frame; what is there of the name is replaced.

    What `poll` raises ends it. It raises StudioError as `studio.session.rendering.render` does.
    """

    def write(media: Generated, take: Take, path: Path) -> Path:
        clip = Clip(new_id(), media, 0, media.frames)
        document = Document(timeline=Timeline(media.rate, (Track(new_id(), clips=(clip,)),)))
        target = path.with_suffix(SUFFIX)
        return render(montage, alone(document, clip), target, PRESET, replace=True, poll=poll).path

    return write
