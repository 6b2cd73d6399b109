"""Which media files of a timeline are missing, looked up away from the window's thread."""

from PySide6.QtCore import QObject, QTimer, Signal

from studio.domain.timeline.model import Media, Timeline
from studio.session.clips.media import External, Missing, find_missing
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.train.background import Background

_PAUSE = 300  # milliseconds without a change


class MediaWatch(QObject):
    """Looks at the files when the timeline has others; `changed` brings what is missing now."""

    changed = Signal(object)  # tuple[Missing, ...]

    def __init__(self, desk: TimelineDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.missing: tuple[Missing, ...] = ()
        self._paths: frozenset[str] = frozenset()  # that were looked at
        self._why: dict[str, str] = {}
        self._work = Background(self)
        self._rest = QTimer(self, singleShot=True, interval=_PAUSE)
        self._rest.timeout.connect(self._look)
        desk.changed.connect(self._timeline_changed)
        self._rest.start()

    def why(self, media: Media) -> str:
        """Why a media file cannot be read, "" where it can."""
        return self._why.get(media.path, "") if isinstance(media, External) else ""

    def look_again(self) -> None:
        """A disk may be there again."""
        self._paths = frozenset()
        self._rest.start()

    def close_work(self) -> None:
        """Look at nothing more."""
        self._rest.stop()
        self._desk.changed.disconnect(self._timeline_changed)
        self._work.abandon()

    def _timeline_changed(self, *_: object) -> None:
        self._rest.start()

    def _look(self) -> None:
        timeline = self._desk.timeline
        paths = _paths(timeline)
        if paths != self._paths:
            self._paths = paths
            self._work.run(lambda: find_missing(timeline), self._take)

    def _take(self, missing: tuple[Missing, ...]) -> None:
        if missing != self.missing:
            self.missing = missing
            self._why = {each.path: self.tr("The file is not there: {path}").format(path=each.path) for each in missing}
            self.changed.emit(missing)


def _paths(timeline: Timeline) -> frozenset[str]:
    clips = (clip.media for track in timeline.tracks for clip in track.clips)
    return frozenset(media.path for media in clips if isinstance(media, External))
