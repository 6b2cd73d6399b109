"""The second opinion on a loop's file tells apart what it is to tell apart."""

from fractions import Fraction
from pathlib import Path

import pytest

from studio.domain.geometry import Size
from studio.engine.sequences.bench import panned
from studio.engine.sequences.seam import Seam, seam_of
from studio.imaging.metrics import measure
from studio.imaging.pixels import Pixels
from studio.imaging.video.writing import write_clip
from tests.imaging.looping import clips

SIDE, FRAMES = 128, 24


def found(folder: Path, frames: list[Pixels]) -> Seam:
    height, width = frames[0].shape[:2]
    return seam_of(write_clip(folder / "x.webm", frames, Size(width, height), Fraction(12), "webm-loop").path)


def test_a_right_loop_is_told_from_wrong_ones(tmp_path: Path) -> None:
    right = clips.correct(FRAMES, SIDE)
    good = found(tmp_path, right)
    assert good.frames == FRAMES and good.held == 0 and good.dynamic_degree > 0
    assert 0.85 < good.ratio < 1.15 and good.velocity_jump < 1.5 and good.sharpness_dip > 0.9
    (tmp_path / "x.webm").unlink()
    twice = found(tmp_path, [*right[1:], right[0], right[1]])
    assert twice.ratio < 0.3 and twice.held == 1, "the end that is the beginning"
    (tmp_path / "x.webm").unlink()
    there = clips.pan(FRAMES // 2 + 1, side=SIDE)
    back = found(tmp_path, [*there, *there[-2:0:-1]])
    assert 0.8 < back.ratio < 1.2 and back.velocity_jump > 2.5, "there and back"
    (tmp_path / "x.webm").unlink()
    assert found(tmp_path, clips.pan(FRAMES, side=SIDE)).ratio > 1.5, "a clip with two ends"


def test_blurred_and_held_frames_are_found(tmp_path: Path) -> None:
    frames = clips.correct(FRAMES, SIDE)
    ghost = (frames[5].astype(int) + frames[11]) // 2
    frames[8] = ghost.astype("uint8")
    seen = found(tmp_path, frames)
    assert seen.softest == 8 and seen.sharpness_dip < 0.85
    (tmp_path / "x.webm").unlink()
    frames = clips.correct(FRAMES, SIDE)
    frames[7] = frames[6]
    assert found(tmp_path, frames).held == 1


def test_the_clip_to_draw_on_moves_and_is_closed() -> None:
    still = clips.correct(1, SIDE)[0]
    seen = measure(panned(still, FRAMES), closed=True)
    assert 0.7 < seen.seam_ratio < 1.3 and seen.velocity_jump < 1.5 and seen.dynamic_degree > 0.005 and not seen.held


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_bench_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    from studio.engine.sequences.bench import main

    assert main(["seam", "--prompts", "1"]) == 0
    shown = capsys.readouterr().out
    assert "velocity_jump" in shown and "sunset over the sea" in shown
