"""Picture shapes: sizes of one area in a model's multiple."""

import math
from dataclasses import dataclass

from studio.domain.geometry import Size
from studio.domain.recipe import MAX_PIXELS, MAX_SIDE


@dataclass(frozen=True, slots=True)
class Aspect:
    """A shape, wider than high."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}:{self.height}"


ASPECTS = (Aspect(1, 1), Aspect(4, 3), Aspect(3, 2), Aspect(16, 9))


def shaped(aspect: Aspect, area: int, multiple: int, *, upright: bool = False) -> Size:
    """The size of about `area` pixels in this shape whose sides are multiples of `multiple`."""
    height = math.sqrt(area * aspect.height / aspect.width)
    size = Size(round(height * aspect.width / aspect.height), round(height)).rounded_to(multiple)
    return Size(size.height, size.width) if upright else size


def allowed(size: Size, multiple: int) -> Size:
    """The nearest size that a model of this multiple can make."""
    most = MAX_SIDE // multiple * multiple
    size = size.rounded_to(multiple)
    size = Size(min(most, size.width), min(most, size.height))
    while size.pixels > MAX_PIXELS:
        size = Size(size.width, size.height - multiple)
    return size
