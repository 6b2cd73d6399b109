"""J, K and L: how fast playback goes, and which way."""

from dataclasses import dataclass

FASTEST = 8


@dataclass(frozen=True, slots=True)
class Shuttle:
    """`speed` is in frames a beat: 0 stands still, below it goes backwards. `stopping` is whether K is held down, under
    which J and L go one frame on.
    """

    speed: int = 0
    stopping: bool = False

    @property
    def playing(self) -> bool:
        """Does it move?"""
        return self.speed != 0

    def pushed(self, way: int) -> "Shuttle":
        """After J (`way` -1) or L (1): at once at single speed that way, and twice as fast each time again."""
        if self.speed * way <= 0:
            return Shuttle(way, self.stopping)
        return Shuttle(max(-FASTEST, min(FASTEST, 2 * self.speed)), self.stopping)

    def toggled(self) -> "Shuttle":
        """After Space: play forward, or stand still."""
        return Shuttle(0 if self.playing else 1, self.stopping)

    def held(self, stopping: bool) -> "Shuttle":
        """After K was pressed, which stops, or let go."""
        return Shuttle(0 if stopping else self.speed, stopping)
