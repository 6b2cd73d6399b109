"""Loops as files."""

import io

import numpy as np
from PIL import Image

from studio.imaging.loops import encode_webp_loop


def test_a_loop_has_all_its_frames_and_plays_for_ever() -> None:
    frames = [np.full((16, 24, 3), 40 * i, np.uint8) for i in range(5)]
    with Image.open(io.BytesIO(encode_webp_loop(frames, 1.0))) as image:
        assert (image.n_frames, image.size, image.info["loop"]) == (5, (24, 16), 0)  # type: ignore[attr-defined]
        for i in range(5):
            image.seek(i)
            image.load()
            assert image.info["duration"] == 200
            assert abs(int(np.asarray(image.convert("RGB")).mean()) - 40 * i) < 4
