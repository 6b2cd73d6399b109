"""How a request for a clip is carried out: how many latents, what is seen at a time, how far the ring is rolled."""

from dataclasses import dataclass

from studio.domain.errors import ErrorKind, StudioError
from studio.domain.sequence import FrameSequence, Windows
from studio.engine.video_models.extent import Extent, extent_of

_TURN = 0.382  # of the ring, at each step: the golden section spreads the places where it is cut evenly


@dataclass(frozen=True, slots=True)
class Conduct:
    """`length` latents are seen at a time, in windows that overlap by `overlap`; the ring is rolled by `roll` latents
    after each step.
    """

    extent: Extent
    length: int
    overlap: int
    roll: int

    @property
    def windowed(self) -> bool:
        """Is the clip longer than what is seen at a time?"""
        return self.length < self.extent.latents


def conduct_of(sequence: FrameSequence, ratio: int, most: int, usual: int, ends: bool) -> Conduct:
    """The conduct of a clip by a network that sees `most` latents at most, and `usual` where nobody says how many; 0
    stands for all. With `ends`, the model is led by the first and last picture.

    A loop that is seen at once is rolled, since the network would take its seam for two ends; of a longer one, windows
    go across the seam. Raises StudioError (INPUT) for windows that cannot be.
    """
    wanted = sequence.windows
    _check(wanted)
    extent = extent_of(sequence.frames, ratio, sequence.closed, ends)
    count = extent.latents
    length = -(-wanted.length // ratio) or usual or count
    length = min(length, most or count, count)
    overlap = min(-(-wanted.overlap // ratio), length - 1)
    if wanted.roll and not extent.ring:
        reason = "is no loop" if not sequence.closed else "is held together by its first picture"
        raise _problem(f"A clip that {reason} cannot be rolled.", "Leave the roll at 0.")
    roll = max(1, round(wanted.roll / ratio)) % count if wanted.roll else 0
    if extent.ring and length == count > 1 and not wanted.roll:
        roll = max(1, round(_TURN * count))
    return Conduct(extent, length, overlap, roll)


def _check(windows: Windows) -> None:
    if windows.length < 0 or windows.overlap < 0 or windows.roll < 0:
        raise _problem("A window cannot have a negative length, overlap or roll.", "Choose 0 or more.")
    if 0 < windows.length <= windows.overlap:
        raise _problem(
            f"Windows of {windows.length} frames cannot share {windows.overlap} frames.",
            "Let them overlap by less than their length; a quarter is usual.",
        )


def _problem(message: str, hint: str) -> StudioError:
    return StudioError(ErrorKind.INPUT, message, hint, "windows")
