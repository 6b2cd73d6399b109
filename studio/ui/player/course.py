"""The frames that playback goes through, one after the other, and when each is due. Whole numbers only: no drift."""

from dataclasses import dataclass
from fractions import Fraction

from studio.domain.timeline.model import Timeline

SECOND = 1_000_000_000  # nanoseconds


@dataclass(frozen=True, slots=True)
class Course:
    """`length` frames from `first` on, of a timeline whose ring has `ring` frames, 0 for a line. `looped`: after the
    last comes the first.

    A *step* counts frames from `first` on in the direction of time; a course with a loop has steps without end, both
    ways.
    """

    first: int
    length: int
    ring: int = 0
    looped: bool = True

    def frame(self, step: int) -> int | None:
        """The timeline's frame at a step; None beyond the ends of a course without a loop, or of an empty one."""
        if self.length <= 0:
            return None
        if self.looped:
            step %= self.length
        elif not 0 <= step < self.length:
            return None
        return self._on_ring(self.first + step)

    def step(self, frame: int) -> int | None:
        """The first step at which `frame` is seen; None for one that the course leaves out."""
        away = frame - self.first
        if self.ring:
            away %= self.ring
        return away if 0 <= away < self.length else None

    def nearest_step(self, frame: int, speed: int) -> int:
        """Where playback at `speed` begins when the playhead is at `frame`: there, or where the course begins in its
        direction.
        """
        found = self.step(frame)
        if found is None or (not self.looped and found == (self.length - 1 if speed > 0 else 0)):
            return 0 if speed > 0 else self.length - 1
        return found

    def ahead(self, step: int, speed: int, count: int) -> tuple[int, ...]:
        """The frames of the next steps at `speed`, without the one at `step`, each once, `count` at most."""
        frames: dict[int, None] = {}
        for _ in range(min(count, self.length)):
            step += speed
            frame = self.frame(step)
            if frame is None:
                break
            frames[frame] = None
        return tuple(frames)

    def _on_ring(self, frame: int) -> int:
        return frame % self.ring if self.ring else frame


def course_of(timeline: Timeline, looped: bool) -> Course:
    """The zone, or everything. A ring without a zone goes on for ever where it is looped, and ends after one turn
    where it is not.
    """
    zone = timeline.zone
    if zone is None:
        return Course(0, timeline.length, timeline.ring, looped)
    length = zone.end - zone.start
    if timeline.ring:
        return Course(zone.start % timeline.ring, min(length, timeline.ring), timeline.ring, looped)
    return Course(zone.start, max(0, min(zone.end, timeline.length) - zone.start), 0, looped)


@dataclass(frozen=True, slots=True)
class Clock:
    """`rate` beats a second since `began`, a moment of a clock that counts nanoseconds. At each beat playback goes
    `speed` steps on from `origin`: a negative one goes backwards.
    """

    rate: Fraction
    began: int
    origin: int = 0
    speed: int = 1

    def beat(self, now: int) -> int:
        """How many beats have passed."""
        return (now - self.began) * self.rate.numerator // (SECOND * self.rate.denominator)

    def step(self, beat: int) -> int:
        """The step that is seen from a beat on."""
        return self.origin + beat * self.speed

    def due(self, beat: int) -> int:
        """The first nanosecond of a beat."""
        return self.began - (-beat * SECOND * self.rate.denominator // self.rate.numerator)
