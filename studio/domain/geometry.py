"""Sizes in whole pixels."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Read "768x512" (also "768×512", "768*512", or "512" for a square).

        Raises ValueError with a sentence a user can act on.
        """
        match = re.fullmatch(r"\s*(-?\d{1,9})\s*(?:[x×*,]\s*(-?\d{1,9})\s*)?", text)
        if match is None:
            raise ValueError(f"“{text[:40]}” is not a size. Write it as WIDTHxHEIGHT, for example 768x512.")
        width = int(match[1])
        return cls(width, int(match[2]) if match[2] else width)

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    def rounded_to(self, multiple: int) -> "Size":
        """The nearest size whose sides are positive multiples of `multiple`."""

        def nearest(side: int) -> int:
            return max(multiple, (side + multiple // 2) // multiple * multiple)

        return Size(nearest(self.width), nearest(self.height))

    def fitted_into(self, limit: "Size") -> "Size":
        """The largest size of the same shape inside `limit`, never larger than this one."""
        scale = min(1.0, limit.width / self.width, limit.height / self.height)
        return Size(max(1, round(self.width * scale)), max(1, round(self.height * scale)))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle of whole pixels: the left and top edge, and width and height ≥ 0; y grows downwards."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def of(cls, size: Size) -> "Rect":
        """The rectangle at the origin with this size."""
        return cls(0, 0, size.width, size.height)

    @property
    def right(self) -> int:
        """The first column beyond."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row beyond."""
        return self.y + self.height

    @property
    def size(self) -> Size:
        """Width and height."""
        return Size(self.width, self.height)

    @property
    def empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.width <= 0 or self.height <= 0

    def intersected(self, other: "Rect") -> "Rect":
        """What both hold; an empty rectangle where they do not meet."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        return Rect(x, y, max(0, min(self.right, other.right) - x), max(0, min(self.bottom, other.bottom) - y))

    def united(self, other: "Rect") -> "Rect":
        """The smallest rectangle that holds both; an empty one counts as nothing."""
        if self.empty or other.empty:
            return other if self.empty else self
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rect(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def grown(self, margin: int) -> "Rect":
        """Wider by `margin` pixels on each side; never less than empty."""
        width, height = max(0, self.width + 2 * margin), max(0, self.height + 2 * margin)
        return Rect(self.x - margin, self.y - margin, width, height)

    def moved(self, dx: int, dy: int) -> "Rect":
        """The same, elsewhere."""
        return Rect(self.x + dx, self.y + dy, self.width, self.height)

    def contains(self, other: "Rect") -> bool:
        """Whether all of `other` lies inside."""
        return self.intersected(other) == other
