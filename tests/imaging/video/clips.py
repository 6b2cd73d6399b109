"""Small clips whose every frame tells its own number, also after a lossy codec."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from studio.domain.geometry import Size
from studio.imaging.pixels import Pixels
from studio.imaging.video.presets import ffmpeg

BITS = 7
BLOCK = 8  # pixels of a bit's side
SIZE = Size(96, 64)
RED = (255, 0, 0)


def numbered(number: int, size: Size = SIZE, alpha: bool = False) -> Pixels:
    """A grey ramp, a red part at the bottom right, and the number as blocks at the top left, black and white. With
    `alpha` the bottom left is transparent and half of the top right half transparent."""
    x = np.linspace(40, 200, size.width).astype(np.uint8)
    frame = np.repeat(np.repeat(x[None, :, None], size.height, axis=0), 3, axis=2)
    frame[size.height // 2 :, size.width // 2 :] = RED
    for bit in range(BITS):
        frame[:BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = 255 if number >> bit & 1 else 0
    if not alpha:
        return frame
    clear = np.full((size.height, size.width, 1), 255, np.uint8)
    clear[size.height // 2 :, : size.width // 2] = 0
    clear[BLOCK + 8 : size.height // 2, size.width // 2 :] = 128
    return np.concatenate([frame, clear], axis=2)


def number_of(frame: Pixels) -> int:
    """The number that `numbered` wrote."""
    middle = BLOCK // 2
    return sum(int(frame[middle, bit * BLOCK + middle, 0] > 128) << bit for bit in range(BITS))


def clip(count: int, size: Size = SIZE, alpha: bool = False) -> Iterator[Pixels]:
    """Frames 0 up to `count`."""
    return (numbered(number, size, alpha) for number in range(count))


def encode(path: Path, frames: list[Pixels], *arguments: str, rate: str = "24") -> Path:
    """Frames into a file by FFmpeg alone, independently of our writer."""
    height, width, channels = frames[0].shape
    pixels = ("-pix_fmt", "rgb24" if channels == 3 else "rgba", "-video_size", f"{width}x{height}")
    source = ("-f", "rawvideo", *pixels, "-framerate", rate, "-i", "pipe:0")
    command = [ffmpeg(), "-loglevel", "error", "-y", *source, *arguments, str(path)]
    subprocess.run(command, input=b"".join(frame.tobytes() for frame in frames), check=True)
    return path
