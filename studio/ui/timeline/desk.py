"""What the timeline's widgets share: the timeline, the playhead, what is selected; and the way an edit goes."""

import dataclasses
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Signal

from studio.domain.document.document import Document
from studio.domain.errors import StudioError
from studio.domain.timeline.model import Clip, Timeline
from studio.ui.paint.desk import PaintDesk

Change = Callable[[Timeline], Timeline]


class TimelineDesk(QObject):
    """The timeline of the document that lies on `desk`. Edits become versions of that document: canvas and timeline
    have one undo.

    While something is dragged, `shown` is the timeline that would come of letting go; `timeline` is what there is.
    """

    changed = Signal(object, object)  # Timeline, the one before
    previewed = Signal(object)  # Timeline as `shown`: what is dragged is no edit yet
    playhead_changed = Signal(int)
    selection_changed = Signal()
    noted = Signal(str)  # a sentence: why something was not done
    takes_changed = Signal(str)  # the id of a take that has other frames now; emitted by whoever keeps them

    def __init__(self, desk: PaintDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self._playhead = 0
        self._selected: frozenset[str] = frozenset()
        self._active = ""
        self._preview: Timeline | None = None
        desk.changed.connect(self._document_changed)
        desk.noted.connect(self.noted)

    @property
    def timeline(self) -> Timeline:
        """The timeline of the current version."""
        return self.desk.document.timeline

    @property
    def shown(self) -> Timeline:
        """The timeline to draw and play: with what is being dragged."""
        return self._preview or self.timeline

    @property
    def playhead(self) -> int:
        """The frame that is seen: a frame that the timeline has, 0 where it has none."""
        return self._playhead

    @property
    def selected(self) -> frozenset[str]:
        """The ids of the clips that the next command is about."""
        return self._selected

    @property
    def active_clip(self) -> Clip | None:
        """The selected clip that was chosen last."""
        return self.shown.clip(self._active) if self._active else None

    # ------------------------------------------------------------------------------------------ playhead, selection

    def set_playhead(self, frame: int) -> None:
        """Go to a frame: on a ring modulo its length, on a line within its ends."""
        frame = within(self.shown, frame)
        if frame != self._playhead:
            self._playhead = frame
            self.playhead_changed.emit(frame)

    def select(self, ids: Iterable[str], active: str = "") -> None:
        """Select these clips and no others. `active` is the one whose settings are shown; without it the one that was
        is kept, or the first.
        """
        chosen = tuple(dict.fromkeys(ids))
        selected = frozenset(chosen)
        if active not in selected:
            active = self._active if self._active in selected else next(iter(chosen), "")
        if (selected, active) != (self._selected, self._active):
            self._selected, self._active = selected, active
            self.selection_changed.emit()

    # ------------------------------------------------------------------------------------------ edits

    def request(self, label: str, change: Change, merge: str = "") -> bool:
        """Make the change a version of the document, named `label`. Requests in a row with one `merge` key are one
        step. False, with a note of the reason, where it cannot be; nothing has changed then.
        """
        self._preview = None
        done = self.desk.edit(label, lambda document: _changed(document, change), merge)
        if not done:
            self.previewed.emit(self.shown)
        return done

    def preview(self, change: Change | None) -> str:
        """Show what would come of a change; None for what there is. "" or the reason why it cannot be: then what was
        shown before stays.
        """
        try:
            shown = change(self.timeline) if change is not None else None
        except StudioError as error:
            return f"{error.problem.message} {error.problem.hint}".strip()
        if shown is not self._preview:
            self._preview = shown
            self.previewed.emit(self.shown)
        return ""

    def undo(self) -> None:
        """The version before, of canvas and timeline."""
        self.desk.undo()

    def redo(self) -> None:
        """The version after."""
        self.desk.redo()

    # ------------------------------------------------------------------------------------------ inside

    def _document_changed(self, document: Document, previous: Document) -> None:
        if document.timeline is previous.timeline:
            return
        self._preview = None
        self.changed.emit(document.timeline, previous.timeline)
        self.set_playhead(self._playhead)
        here = {clip.id for track in document.timeline.tracks for clip in track.clips}
        if not self._selected <= here:
            self.select(self._selected & here)


def within(timeline: Timeline, frame: int) -> int:
    """The frame of the timeline that is meant by `frame`."""
    if timeline.ring:
        return frame % timeline.ring
    return min(max(0, frame), max(0, timeline.length - 1))


def _changed(document: Document, change: Change) -> Document:
    timeline = change(document.timeline)
    return document if timeline is document.timeline else dataclasses.replace(document, timeline=timeline)
