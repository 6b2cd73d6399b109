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
