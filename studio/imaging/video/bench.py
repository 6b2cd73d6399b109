"""How quick writing is beside a bare pipe to FFmpeg: `python -m studio.imaging.video.bench`.

Both get the same frames, which lie in memory, and the same arguments for the codec. They take turns, and so does who
goes first; a round's ratio is of two runs in a row.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from studio.domain.geometry import Size
from studio.imaging.pixels import Pixels
from studio.imaging.video.presets import PRESETS, ffmpeg
from studio.imaging.video.writing import write_clip

RATE = Fraction(24)
CASES = ((Size(1920, 1080), 48), (Size(512, 512), 192))
PRESET_IDS = ("mp4-h264", "webm-vp9")
_DISTINCT = 24  # frames that are made and repeated


@dataclass(frozen=True, slots=True)
class Outcome:
    """Frames per second of a bare pipe and of ours (medians), the median of the rounds' ratios, ours / bare, and the
    same for frames per second of processor time, which other programs on the machine disturb less."""

    preset: str
    size: Size
    bare: float
    ours: float
    ratio: float
    per_processor: float


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds by the clock, and of all processors together, our own process and FFmpeg's."""

    seconds: float
    processor: float


def moving(size: Size, count: int) -> list[Pixels]:
    """A loop of soft waves with some grain, as a model's clip has."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: size.height, : size.width].astype(np.float32)
    grain = rng.normal(0, 3, (size.height, size.width, 1)).astype(np.float32)
    frames = []
    for e in range(min(count, _DISTINCT)):
        turn = 2 * np.pi * e / _DISTINCT
        waves = [np.sin(x / 90 + turn), np.cos(y / 70 - turn), np.sin((x + y) / 120 + turn)]
        frames.append(np.clip(128 + 90 * np.stack(waves, axis=2) + grain, 0, 255).astype(np.uint8))
    return [frames[e % len(frames)] for e in range(count)]


def bare(path: Path, frames: list[Pixels], size: Size, preset_id: str) -> None:
    """Nothing but FFmpeg and a pipe."""
    command = [
        ffmpeg(), "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-video_size", f"{size.width}x{size.height}", "-framerate", str(RATE), "-i", "pipe:0",
        *PRESETS[preset_id].arguments, str(path),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for frame in frames:
            process.stdin.write(frame.data)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)


def compare(size: Size, count: int, preset_id: str, rounds: int) -> Outcome:
    """`rounds` pairs of runs."""
    frames = moving(size, count)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"bench{PRESETS[preset_id].suffix}"
        runs: tuple[Callable[[], object], ...] = (
            lambda: bare(path, frames, size, preset_id),
            lambda: write_clip(path, frames, size, RATE, preset_id, replace=True),
        )
        pairs = [_pair(runs, first) for first in _turns(rounds)]
    return Outcome(
        preset_id,
        size,
        count / statistics.median(bare.seconds for bare, _ in pairs),
        count / statistics.median(ours.seconds for _, ours in pairs),
        statistics.median(bare.seconds / ours.seconds for bare, ours in pairs),
        statistics.median(bare.processor / ours.processor for bare, ours in pairs),
    )


def _turns(rounds: int) -> Iterator[int]:
    yield from (number % 2 for number in range(rounds))


def _pair(runs: tuple[Callable[[], object], ...], first: int) -> tuple[Taken, Taken]:
    taken = {which: _taken(runs[which]) for which in (first, 1 - first)}
    return taken[0], taken[1]


def _taken(run: Callable[[], object]) -> Taken:
    began, before = time.perf_counter(), os.times()
    run()
    after = os.times()
    return Taken(time.perf_counter() - began, sum(after[:4]) - sum(before[:4]))


def main() -> None:
    """Print a line for each preset and size."""
    parser = argparse.ArgumentParser(prog="python -m studio.imaging.video.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    for preset_id in PRESET_IDS:
        for size, count in CASES:
            found = compare(size, count, preset_id, rounds)
            print(
                f"{preset_id:10} {size.width:>4} × {size.height:<4} bare {found.bare:6.1f} frames/s, "
                f"ours {found.ours:6.1f} frames/s, ratio {found.ratio:.3f}, per processor {found.per_processor:.3f}"
            )


if __name__ == "__main__":
    main()
