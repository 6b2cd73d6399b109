"""The frame of a clip that is repaired on the canvas: taken up, brought back, or put away."""

from PySide6.QtCore import QObject, Signal

from studio.domain.document.document import Document, FrameRepair
from studio.domain.document.repair import without_repair
from studio.domain.timeline.model import Clip, Generated
from studio.session.clips.takes import TakeStore
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.frames.repairing import brought_back, opened

Neighbours = tuple[tuple[int, ...], tuple[int, ...]]  # numbers of the frames before and after, the nearest first


class FrameDesk(QObject):
    """One frame at a time, of the project on a desk. What is known of it is part of the document: a kill, or another
    window tomorrow, finds the frame on the canvas as it was left.

    `opened` tells that a frame lies on the canvas, `returned` the id of the clip to which one was brought back, and
    `changed` that the frame on the canvas is another one, or none.
    """

    opened = Signal()
    returned = Signal(str)
    changed = Signal()

    def __init__(self, desk: PaintDesk, takes: TakeStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk, self.takes = desk, takes
        self._opening = False
        self._returning: FrameRepair | None = None
        desk.changed.connect(self._changed)

    @property
    def repair(self) -> FrameRepair | None:
        """The frame on the canvas."""
        return self.desk.document.repair

    @property
    def clip(self) -> Clip | None:
        """Its clip; None without a frame, or where the clip has gone."""
        return self.desk.document.timeline.clip(self.repair.clip) if self.repair is not None else None

    @property
    def title(self) -> str:
        """Which frame of which clip lies on the canvas; "" for none."""
        repair = self.repair
        return self._title(repair.number, self.clip) if repair is not None else ""

    def open_frame(self, clip_id: str, take_id: str, number: int) -> None:
        """Put frame `number` of a take of a clip onto the canvas, in place of one that lies there."""
        desk, takes, store = self.desk, self.takes, self.desk.store
        name = self._title(number, desk.document.timeline.clip(clip_id))

        def change(document: Document) -> Document:
            return opened(store, takes, document, clip_id, take_id, number, name)

        if self.repair is not None:
            self.desk.noted.emit(self.tr("{title} was put away. Undo brings it back.").format(title=self.title))
        self._opening = True
        desk.later(self.tr("Repair frame {n}").format(n=number + 1), change)

    def bring_back(self) -> None:
        """Make what lies on the canvas the clip's frame, in a new take; the layer goes. All of it is one step."""
        if (repair := self.repair) is None:
            return
        desk, takes = self.desk, self.takes
        name = self.tr("Repaired frame {n}").format(n=repair.number + 1)

        def change(document: Document) -> Document:
            return brought_back(desk.compositor, takes, document, name)

        self._returning = repair
        desk.later(name, change)

    def discard(self) -> None:
        """Take the frame off the canvas; the clip stays as it was."""
        if self.repair is not None:
            self.desk.later(self.tr("Discard the repair"), without_repair)

    def around(self, before: int, after: int) -> Neighbours:
        """The frames before the one on the canvas and those after it, the nearest first; on a loop across its seam."""
        repair, clip = self.repair, self.clip
        media = clip.media if clip is not None else None
        take = next((each for each in media.takes if each.id == repair.take), None) if (
            isinstance(media, Generated) and repair is not None
        ) else None  # fmt: skip
        if repair is None or take is None or not isinstance(media, Generated):
            return (), ()
        return around(repair.number, take.frames, before, after, closed=media.closed)

    def _title(self, number: int, clip: Clip | None) -> str:
        name = clip.name if clip is not None else ""
        if not name:
            return self.tr("Frame {n}").format(n=number + 1)
        return self.tr("Frame {n} of “{name}”").format(n=number + 1, name=name)

    def _changed(self, document: Document, previous: Document) -> None:
        if document.repair == previous.repair:
            return
        self.changed.emit()
        if self._opening and document.repair is not None:
            self._opening = False
            self.opened.emit()
        elif self._returning is not None and previous.repair == self._returning and document.repair is None:
            clip, self._returning = self._returning.clip, None
            if document.timeline is not previous.timeline:  # else it was discarded while it was being brought back
                self.returned.emit(clip)


def around(number: int, frames: int, before: int, after: int, *, closed: bool) -> Neighbours:
    """The numbers of the frames before and after one of a take, the nearest first. On a loop they go across its seam,
    but never all the way round: each frame once.
    """
    if closed:
        after = min(after, frames // 2)
        before = min(before, frames - 1 - after)
        return (
            tuple((number - by) % frames for by in range(1, before + 1)),
            tuple((number + by) % frames for by in range(1, after + 1)),
        )
    return (
        tuple(each for each in range(number - 1, number - 1 - before, -1) if each >= 0),
        tuple(each for each in range(number + 1, number + 1 + after) if each < frames),
    )
