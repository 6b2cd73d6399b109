"""A request to enlarge a finished picture, whoever made it."""

from dataclasses import dataclass
from pathlib import PurePath

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.recipe import MAX_RESULT_SIDE, UPSCALES


@dataclass(frozen=True, slots=True)
class Upscaling:
    """Enlarge the picture in the file `path` by `factor`, 2 or 4."""

    path: str
    factor: int = 4

    @property
    def name(self) -> str:
        """What the result is called: the picture's own name and the factor."""
        return f"{PurePath(self.path).stem}-x{self.factor}"


def require_valid_upscaling(task: Upscaling, size: Size) -> None:
    """Raise StudioError (INPUT) when a picture of `size` cannot be enlarged so."""
    factors = UPSCALES[1:]
    if task.factor not in factors:
        raise StudioError(
            ErrorKind.INPUT,
            f"A picture cannot be upscaled {task.factor:,} times.",
            f"Choose {' or '.join(map(str, factors))}.",
            "factor",
        )
    if task.factor * max(size.width, size.height) > MAX_RESULT_SIDE:
        raise StudioError(
            ErrorKind.INPUT,
            f"Upscaled {task.factor} times, {size} pixels are more than can be made.",
            f"Stay within {MAX_RESULT_SIDE:,} pixels a side: upscale less, or scale the picture down first.",
            "factor",
        )
