"""Text as a value; `studio/imaging/text.py` sets it."""

from dataclasses import dataclass
from enum import StrEnum

from studio.domain.errors import ErrorKind, StudioError

LONGEST = 20_000  # characters
SIZES = (1.0, 2000.0)  # pixels
SPACINGS = (0.1, 10.0)
WIDEST = 16384.0  # pixels


class Align(StrEnum):
    """Where the lines of a text meet."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Text:
    """What is written, and how: `family` and `style` of the font ("" for the built-in one), `size` in pixels, sRGB.

    `width` in pixels is where lines are wrapped, None for only where the text does; `spacing` is the distance of two
    lines as a share of the font's own. Raises StudioError (INPUT) for values out of range.
    """

    content: str = ""
    family: str = ""
    style: str = ""
    size: float = 48.0
    color: tuple[int, int, int] = (0, 0, 0)
    align: Align = Align.LEFT
    width: float | None = None
    spacing: float = 1.0

    def __post_init__(self) -> None:
        if len(self.content) > LONGEST:
            raise StudioError(ErrorKind.INPUT, "The text is too long.", f"Keep it below {LONGEST} letters.", "content")
        for name, value, (low, high) in (
            ("size", self.size, SIZES),
            ("width", self.width or 1.0, (1.0, WIDEST)),
            ("spacing", self.spacing, SPACINGS),
        ):
            if not low <= value <= high:
                message = f"A text cannot have a {name} of {value:g}."
                raise StudioError(ErrorKind.INPUT, message, f"Choose a value from {low:g} to {high:g}.", name)
        if len(self.color) != 3 or not all(0 <= value <= 255 for value in self.color):
            hint = "Use red, green and blue from 0 to 255."
            raise StudioError(ErrorKind.INPUT, "The text has no proper colour.", hint, "color")


NO_TEXT = Text()
