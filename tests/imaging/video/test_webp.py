from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from studio.domain.geometry import Size
from studio.imaging.metrics import Meter
from studio.imaging.pixels import Pixels
from studio.imaging.video.reading import VideoReader
from studio.imaging.video.writing import write_clip

SIDE, FRAMES = 96, 24


def slow_loop() -> list[Pixels]:
    """Soft waves that wander once through the picture, a level or two from frame to frame."""
    y, x = np.mgrid[:SIDE, :SIDE] * (2 * np.pi / SIDE)
    turns = np.arange(FRAMES) * (2 * np.pi / FRAMES)
    shades = [128 + 6 * np.sin(x + turn) * np.sin(2 * y) + 60 * np.sin(3 * x) * np.sin(5 * y) for turn in turns]
    return [np.repeat(shade[..., None], 3, axis=2).round().astype(np.uint8) for shade in shades]


def test_a_slow_loop_moves_at_each_frame_and_does_not_jump_at_the_seam(tmp_path: Path) -> None:
    path, meter = tmp_path / "slow.webp", Meter()
    write_clip(path, slow_loop(), Size(SIDE, SIDE), Fraction(12), "webp")
    with VideoReader(path) as reader:
        for frame in reader.frames():
            meter.add(frame)
    measures = meter.measures(closed=True)
    assert not measures.held
    assert 0.8 <= measures.seam_ratio <= 1.2


def test_what_was_covered_before_is_transparent_again(tmp_path: Path) -> None:
    path, frames = tmp_path / "bar.webp", np.zeros((6, 40, 60, 4), np.uint8)
    for number, frame in enumerate(frames):
        frame[10:30, number * 10 : number * 10 + 10] = (255, 40, 40, 255)
    write_clip(path, frames, Size(60, 40), Fraction(12), "webp", metadata="{}")
    with Image.open(path) as image:
        for number in range(6):
            image.seek(number)
            assert int((np.array(image.convert("RGBA"))[..., 3] > 128).sum()) == 200
