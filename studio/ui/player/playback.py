"""When which frame is shown: play, shuttle, step, loop. The clock is exact; frames that come late are left out."""

import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from studio.domain.timeline.model import Timeline
from studio.ui.player.audio import Speaker, heard
from studio.ui.player.course import SECOND, Clock, Course, course_of
from studio.ui.player.quality import Quality
from studio.ui.player.reel import Reel
from studio.ui.player.shuttle import Shuttle
from studio.ui.timeline.desk import TimelineDesk

_AROUND = 8  # frames on each side that are rendered while nothing is played
_SETTLED = 150  # milliseconds after the playhead was moved by hand until the sound goes on
_NOTED = 64  # beats at once that count for the quality: after a sleep of the machine there are very many
_NONE = Course(0, 0)


class Playback(QObject):
    """`changed` tells that play, speed or loop is another, `counted` that `fps` and `dropped` are.

    Time comes from `now`, nanoseconds, and while there is sound from the samples that the device has played.
    """

    changed = Signal()
    counted = Signal()

    def __init__(
        self,
        desk: TimelineDesk,
        reel: Reel,
        speaker: Speaker,
        now: Callable[[], int] = time.monotonic_ns,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._reel, self._speaker, self._now = desk, reel, speaker, now
        self.shuttle = Shuttle()
        self.looped = True
        self.dropped = 0
        self.quality = Quality()
        self._course, self._clock, self._beat = _NONE, Clock(desk.shown.rate, 0), 0
        self._heard = heard(desk.shown)
        self._seen = True  # the frame of this beat has been shown
        self._sounding = self._leading = False
        self._times: deque[int] = deque(maxlen=256)  # when frames were shown
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLED)
        self._settled.timeout.connect(self._anchor)
        desk.playhead_changed.connect(self._moved)
        reel.arrived.connect(self._arrived)

    # ------------------------------------------------------------------------------------------ state

    @property
    def playing(self) -> bool:
        """Does it move?"""
        return self.shuttle.playing

    @property
    def fps(self) -> float:
        """Frames shown a second, over the last second."""
        while self._times and self._times[0] < self._times[-1] - SECOND:
            self._times.popleft()
        span = self._times[-1] - self._times[0] if self._times else 0
        return (len(self._times) - 1) * SECOND / span if span else 0.0

    # ------------------------------------------------------------------------------------------ commands

    def toggle(self) -> None:
        """Play forward, or stand still."""
        self._set(self.shuttle.toggled())

    def push(self, way: int) -> None:
        """J (-1) or L (1); while K is held, one frame that way."""
        if self.shuttle.stopping:
            self.step(way)
        else:
            self._set(self.shuttle.pushed(way))

    def hold(self, held: bool) -> None:
        """K was pressed or let go."""
        self._set(self.shuttle.held(held))

    def stop(self) -> None:
        """Stand still."""
        self._set(Shuttle(0, self.shuttle.stopping))

    def set_looped(self, looped: bool) -> None:
        """Begin again at the end, or stop there."""
        if looped != self.looped:
            self.looped = looped
            self._anchor()
            self.changed.emit()

    def step(self, frames: int) -> None:
        """Stand still so many frames further on."""
        self.go(self._desk.playhead + frames)

    def step_seconds(self, seconds: int) -> None:
        """Stand still so many seconds further on, in whole frames."""
        self.step(seconds * max(1, round(self._desk.shown.rate)))

    def go(self, frame: int) -> None:
        """Stand still at a frame."""
        self.stop()
        self._desk.set_playhead(frame)

    def scrub(self, frame: int) -> None:
        """The playhead is dragged to a frame; play goes on from there."""
        self._desk.set_playhead(frame)

    def go_to_end(self, last: bool) -> None:
        """Stand still at the first frame, or at the last one."""
        self.go(max(0, self._desk.shown.length - 1) if last else 0)

    def set_timeline(self, timeline: Timeline) -> None:
        """Another timeline: play goes on where the playhead is, without a break where time and sound are the same."""
        if self.playing and not timeline.length:
            self.stop()
        sound, self._heard = self._heard, heard(timeline)
        as_before = self._course == course_of(timeline, self.looped) and self._clock.rate == timeline.rate
        if self.playing and as_before:
            if sound != self._heard:
                self._settled.start()
            self.aim()
        else:
            self._anchor()

    def aim(self) -> None:
        """Wish for the frames that come next, or where nothing is played, for those around."""
        frame, timeline = self._desk.playhead, self._desk.shown
        if self.playing:
            coming = self._course.ahead(self._clock.step(self._beat), self.shuttle.speed, self._reel.reach)
            self._reel.aim(frame, coming, 1 if self.shuttle.speed > 0 else -1)
            whole = self._course.looped and len(coming) >= self._course.length
            if self.quality.halvings and whole and self._reel.may_refine(coming):
                self._reel.set_halvings(self.quality.refine())
            return
        around = (frame + by * way for by in range(1, _AROUND + 1) for way in (1, -1))
        if timeline.ring:
            beside = dict.fromkeys(each % timeline.ring for each in around)
        else:
            beside = dict.fromkeys(each for each in around if 0 <= each < timeline.length)
        self._reel.aim(frame, [each for each in beside if each != frame])

    def close_work(self) -> None:
        """Stop everything."""
        self._timer.stop()
        self._settled.stop()
        self._speaker.close()
        self._desk.playhead_changed.disconnect(self._moved)
        self._reel.arrived.disconnect(self._arrived)

    # ------------------------------------------------------------------------------------------ the clock

    def tick(self) -> None:
        """Show what is due."""
        if not self.playing:
            return
        now = self._time()  # may set the clock anew
        beat = self._clock.beat(now)
        if beat > self._beat:
            self._pass(beat - self._beat)
            self._beat = beat
            frame = self._course.frame(self._clock.step(beat))
            if frame is None:
                self._finish()
                return
            self._show(frame)
        self._schedule()

    def _finish(self) -> None:
        """The course is over: stand still at its last frame, also where that one was late."""
        last = self._course.frame(self._course.length - 1 if self.shuttle.speed > 0 else 0)
        self.stop()
        if last is not None:
            self._desk.set_playhead(last)

    def _pass(self, beats: int) -> None:
        """Count the beats whose frames nobody saw."""
        self.dropped += beats - 1 + (not self._seen)
        for late in (not self._seen, *[True] * min(beats - 1, _NOTED)):
            if self.quality.note(late):
                self._reel.set_halvings(self.quality.halvings)

    def _show(self, frame: int) -> None:
        self._leading = True
        self._desk.set_playhead(frame)
        self._leading = False
        self._seen = self._reel.has(frame)
        if self._seen:
            self._note_shown()
        self.aim()
        self.counted.emit()

    def _note_shown(self) -> None:
        self._times.append(self._now())

    def _arrived(self, frame: int, _film: int) -> None:
        """A frame that came late, but not too late."""
        if self.playing and not self._seen and frame == self._desk.playhead and self._reel.has(frame):
            self._seen = True
            self._note_shown()

    def _schedule(self) -> None:
        now = self._time()  # may set the clock anew
        self._timer.start(max(0, -((now - self._clock.due(self._beat + 1)) // 1_000_000)))

    def _time(self) -> int:
        if self._sounding:
            heard = self._speaker.elapsed()
            if heard is not None:
                return heard
            self._speaker.stop()  # the device has gone: on by the clock of the machine, from the beat that is seen
            self._sounding = False
            self._begin(self._clock.step(self._beat))
        return self._now()

    # ------------------------------------------------------------------------------------------ beginnings

    def _set(self, shuttle: Shuttle) -> None:
        if shuttle == self.shuttle:
            return
        moved, began = shuttle.speed != self.shuttle.speed, shuttle.playing and not self.playing
        if shuttle.playing and not self._desk.shown.length:
            return
        self.shuttle = shuttle
        if began:
            self.dropped = 0
            self._times.clear()
        if moved:
            self._anchor()
            self.changed.emit()
            self.counted.emit()

    def _anchor(self) -> None:
        """Begin to count where the playhead is."""
        self._speaker.stop()
        self._sounding = False
        self._settled.stop()
        self._course = course_of(self._desk.shown, self.looped)
        if not self.playing:
            self._timer.stop()
            self.quality.restore()
            self._reel.set_halvings(0)
            self.aim()
            return
        step = self._course.nearest_step(self._desk.playhead, self.shuttle.speed)
        if self.shuttle.speed == 1:
            self._sounding = self._speaker.play(self._desk.shown, self._course, step)
        self._begin(step)
        if (frame := self._course.frame(step)) is None:
            self.stop()
            return
        self._show(frame)
        self._schedule()

    def _begin(self, step: int) -> None:
        began = 0 if self._sounding else self._now()
        self._clock = Clock(self._desk.shown.rate, began, step, self.shuttle.speed)
        self._beat, self._seen = 0, True

    def _moved(self, _frame: int) -> None:
        """The playhead is elsewhere; by another's hand: the sound is silent until it rests."""
        if self._leading:
            return
        if not self.playing:
            self.aim()
            return
        self._speaker.stop()
        self._sounding = False
        self._begin(self._course.nearest_step(self._desk.playhead, self.shuttle.speed))
        self._seen = self._reel.has(self._desk.playhead)
        self.aim()
        self._schedule()
        if self._course.step(self._desk.playhead) is not None:
            self._settled.start()
