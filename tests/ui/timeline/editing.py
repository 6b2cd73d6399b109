"""A user at a timeline: a project in a folder of its own, and a mouse."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.domain.document.document import Document
from studio.domain.easing import PRESETS
from studio.domain.geometry import Size
from studio.domain.recipe import Recipe
from studio.domain.sequence import FrameSequence
from studio.domain.timeline.model import (
    Clip,
    Generated,
    Key,
    Lane,
    Sound,
    Take,
    Timeline,
    Track,
    TrackKind,
    Video,
    Words,
)
from studio.session.canvas import CanvasSession
from studio.ui.paint.desk import PaintDesk
from studio.ui.timeline.axis import TimeView
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.timeline.facts import Facts
from studio.ui.timeline.panel import TimelinePanel
from studio.ui.timeline.rows import RowKind
from tests.ui.desk import bury

NOTHING = Qt.KeyboardModifier.NoModifier
SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
RATE = Fraction(24)


def video(name: str, start: int, length: int, offset: int = 50, group: str = "") -> Clip:
    """A clip of a long video at the timeline's rate."""
    media = Video(f"{name}.mp4", RATE, 1000, Size(64, 48))
    return Clip(name, media, start, length, Fraction(offset), group=group)


def loop(name: str, start: int, frames: int = 24) -> Clip:
    """A generated loop with two takes, a keyed motion and two prompts."""
    takes = (Take("first", frames), Take("second", frames))
    media = Generated(FrameSequence(Recipe("waves"), frames=frames), RATE, frames, Size(64, 48), True, takes, "second")
    lane = Lane("opacity", (Key(Fraction(4), 0.2, PRESETS["ease-in-out"]), Key(Fraction(20), 0.8)))
    words = (Words(Fraction(0), "calm"), Words(Fraction(12), "storm"))
    return Clip(name, media, start, frames, lanes=(lane,), words=words)


def line() -> Timeline:
    """Two clips side by side and a third after a gap; an overlay; a sound."""
    below = Track("below", TrackKind.VIDEO, clips=(video("a", 0, 20), video("b", 20, 20), video("c", 60, 20)))
    above = Track("above", TrackKind.OVERLAY, clips=(video("d", 44, 10),))
    sound = Track("sound", TrackKind.AUDIO, clips=(Clip("s", Sound("s.wav", Fraction(4)), 0, 80),))
    return Timeline(RATE, (below, above, sound))


def ring() -> Timeline:
    """A loop that fills a ring of 24 frames, and an overlay across its seam."""
    below = Track("below", TrackKind.VIDEO, clips=(loop("a", 0),))
    above = Track("above", TrackKind.OVERLAY, clips=(video("d", 18, 12),))
    return Timeline(RATE, (below, above), ring=24)


@dataclass
class Table:
    """An open panel; places are frames of the timeline and tracks."""

    panel: TimelinePanel
    desk: TimelineDesk
    session: CanvasSession
    window: QWidget
    notes: list[str] = field(default_factory=list)

    @property
    def timeline(self) -> Timeline:
        return self.desk.timeline

    def clip(self, name: str) -> Clip:
        found = self.timeline.clip(name)
        assert found is not None
        return found

    def place(self, frame: float, track: str, kind: RowKind = RowKind.CLIPS, share: float = 0.7) -> QPoint:
        """Where a frame is on a track's row."""
        strip = self.panel.strip
        row = next(row for row in strip.rows.rows if row.track == track and row.kind is kind)
        return QPoint(round(self.panel.axis.view.x(frame)), round(row.top - strip.top + row.height * share))

    def drag(self, *places: QPoint, held: Qt.KeyboardModifier = NOTHING, drop: bool = True) -> None:
        """Press at the first place, go through the others, let go at the last."""
        strip = self.panel.strip
        QTest.mousePress(strip, Qt.MouseButton.LeftButton, held, places[0])
        for place in places[1:]:
            self._move(place, held)
        if drop:
            QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, held, places[-1])

    def click(self, place: QPoint, held: Qt.KeyboardModifier = NOTHING) -> None:
        self.drag(place, held=held)

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = NOTHING) -> None:
        QTest.keyClick(self.panel.strip, key, held)

    def undone(self) -> Timeline:
        """What there is after one step back."""
        self.desk.undo()
        return self.timeline

    def close(self) -> None:
        self.window.close()
        self.window.deleteLater()
        bury()
        self.desk.desk.close()
        self.session.close()

    def _move(self, place: QPoint, held: Qt.KeyboardModifier) -> None:
        """QTest moves without keys held, and without buttons."""
        strip = self.panel.strip
        where = QPointF(strip.mapToGlobal(place))
        none, left = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
        QApplication.sendEvent(strip, QMouseEvent(QEvent.Type.MouseMove, QPointF(place), where, none, left, held))


def sit_down(bot: QtBot, folder: Path, timeline: Timeline, facts: Facts | None = None) -> Table:
    """A panel of a new project with this timeline, 10 pixels a frame."""
    session = CanvasSession.create(folder / "clips.safelight", Document(Size(64, 64), timeline=timeline))
    desk = TimelineDesk(PaintDesk(session))
    window = QWidget()
    panel = TimelinePanel(desk, facts=facts, parent=window)
    window.resize(1240, 700)
    panel.resize(1240, 700)
    window.show()
    window.activateWindow()
    panel.axis.set_view(TimeView(10.0, -10.0 if timeline.ring else 0.0, panel.axis.view.width))
    panel.strip.setFocus()
    bot.waitUntil(panel.strip.hasFocus) if timeline.tracks else bot.waitExposed(window)
    table = Table(panel, desk, session, window)
    desk.noted.connect(table.notes.append)
    return table
