"""Measures and verdict, calibrated on clips whose truth is known: each defect is told from every other."""

import json
import math
import tracemalloc
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from studio.domain.codec import from_json, to_json
from studio.imaging.metrics import Measures, measure
from studio.imaging.pixels import Pixels
from studio.imaging.verdict import Light, verdict
from tests.imaging.looping import clips


def seen(frames: list[Pixels], closed: bool = True) -> tuple[Measures, Light, str]:
    measures = measure(frames, closed)
    found = verdict(measures)
    return measures, found.light, "; ".join(found.reasons)


def test_a_correct_loop_is_green() -> None:
    measures, light, reasons = seen(clips.correct())
    assert light is Light.GREEN and "usual step" in reasons
    assert measures.seam_ratio == pytest.approx(1.01, abs=0.04)
    assert measures.velocity_jump < 1.2 and measures.sharpness_dip > 0.9
    assert measures.dynamic_degree > 0.004 and measures.colour_drift < 0.5 and measures.flicker < 0.1
    assert measures.held == measures.cuts == ()
    assert measures.seam_warp_error < 4 * measures.warp_error


def test_an_endpoint_that_is_included_shows_as_a_seam_of_nothing() -> None:
    measures, light, reasons = seen(clips.endpoint_included())
    assert measures.seam_ratio == pytest.approx(0, abs=0.01)
    assert light is Light.RED and reasons == "the last frame repeats the first: the seam is 0.00 of a usual step"


def test_a_ping_pong_has_a_good_seam_and_a_velocity_that_jumps() -> None:
    measures, light, reasons = seen(clips.ping_pong())
    assert measures.seam_ratio == pytest.approx(1, abs=0.04)
    assert measures.velocity_jump == pytest.approx(4, abs=0.6)
    assert light is Light.RED and reasons.startswith("the motion turns round at the seam") and ";" not in reasons


def test_colours_that_drift_are_the_reason_and_not_only_the_jump() -> None:
    measures, light, reasons = seen(clips.drifting())
    assert measures.seam_ratio == pytest.approx(2.01, abs=0.6)
    assert measures.colour_drift > 5
    assert light is Light.RED and reasons.startswith("its colours drift") and "soft" not in reasons


def test_a_cross_faded_pan_has_a_good_seam_and_is_soft_there() -> None:
    measures, light, reasons = seen(clips.cross_faded(clips.pan(clips.FRAMES + 6), 6))
    assert measures.seam_ratio == pytest.approx(1.12, abs=0.2)
    assert measures.sharpness_dip < 0.85 and measures.velocity_jump < 1.5
    assert light is not Light.GREEN and "blurred as by a cross-fade" in reasons


def test_a_loop_that_is_quickest_at_its_seam_is_uneven_and_does_not_jump() -> None:
    turns = [i / 24 + 0.75 * math.sin(2 * math.pi * (i + 0.5) / 24) / (2 * math.pi) for i in range(24)]
    measures, light, reasons = seen(clips.circle(turns))
    assert measures.seam_ratio > 1.5
    assert light is Light.AMBER and "its speed is uneven" in reasons and "jumps" not in reasons


def test_a_pan_that_is_merely_cut_off_jumps() -> None:
    _, light, reasons = seen(clips.pan())
    assert light is Light.RED and reasons.startswith("the seam jumps")


def test_a_jump_no_larger_than_a_step_is_found_by_its_motion() -> None:
    """Fine grain: frames that have nothing in common differ hardly more than neighbours."""
    rng = np.random.default_rng(3)
    grain = cv2.GaussianBlur(rng.random((400, 800, 3)).astype(np.float32), (0, 0), 1.2)
    grain = cv2.normalize(grain, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)  # type: ignore[call-overload]
    measures, light, reasons = seen([grain[:256, 3 * i : 3 * i + 256] for i in range(16)])
    assert measures.seam_ratio < 1.5
    assert light is Light.RED and "the picture does not go on there" in reasons


def test_a_frozen_clip_stands_still() -> None:
    measures, light, reasons = seen(clips.correct()[:1] * clips.FRAMES)
    assert (measures.step, measures.seam_ratio) == (0, 1) and measures.dynamic_degree < 1e-4
    assert light is Light.RED and reasons == "it stands still"


def test_a_blurred_clip_is_told_from_a_good_one_by_its_edges_alone() -> None:
    good, blurred = (measure(frames, True) for frames in (clips.correct(12), clips.blurred(clips.correct(12))))
    assert blurred.warp_error < good.warp_error, "blur is rewarded by consistency"
    assert blurred.sharpness < 0.03 < good.sharpness / 2
    assert verdict(blurred).light is Light.AMBER and "blurred" in verdict(blurred).reasons[0]


def test_frames_that_are_held_soft_or_of_another_scene_are_named() -> None:
    frames = clips.correct(side=128)
    held = [*frames[:7], frames[6], *frames[8:]]
    measures, light, reasons = seen(held)
    assert measures.held == (7,) and light is Light.AMBER and "frame 7 is held" in reasons
    soft = [*frames[:12], *clips.blurred(frames[12:13], 1.5), *frames[13:]]
    assert seen(soft)[0].softest == 12 and "frame 12 is soft" in seen(soft)[2]
    cut = [*frames[:9], clips.board(128), *frames[10:]]
    assert seen(cut)[0].cuts == (9, 10) and "frames 9 and 10 begin other scenes" in seen(cut)[2]


def test_only_softness_at_the_seam_alone_is_called_a_cross_fade() -> None:
    frames = clips.correct(side=128)
    at_seam = [*clips.blurred(frames[:2], 1.5), *frames[2:-1], *clips.blurred(frames[-1:], 1.5)]
    assert "blurred as by a cross-fade" in seen(at_seam)[2]
    elsewhere = [*at_seam[:11], *clips.blurred(frames[11:12], 1.2), *at_seam[12:]]
    assert "cross-fade" not in seen(elsewhere)[2] and "is soft" in seen(elsewhere)[2]


def test_an_open_clip_may_go_out_of_focus_but_not_for_a_frame() -> None:
    frames = clips.pan(16, 1, 128)
    unfocused = [clips.blurred([frame], 0.3 + 0.1 * i)[0] for i, frame in enumerate(frames)]
    measures, _, reasons = seen(unfocused, closed=False)
    assert measures.sharpness_dip < 0.6 and "soft" not in reasons
    assert "frame 9 is soft" in seen([*frames[:9], *clips.blurred(frames[9:10], 1.5), *frames[10:]], closed=False)[2]


def test_an_animation_on_twos_moves() -> None:
    frames = [frame for frame in clips.correct(12, 128) for _ in range(2)]
    measures, _, reasons = seen(frames)
    assert len(measures.held) == 12 and "frames 1, 3, 5, 7 and 8 more are held" in reasons
    assert measures.step > 1 and measures.seam_ratio == pytest.approx(1, abs=0.1)


def test_flicker_of_light_is_told_from_shimmering_details() -> None:
    rng = np.random.default_rng(7)
    lit = [np.clip(frame + rng.normal(0, 4), 0, 255).astype(np.uint8) for frame in clips.correct(side=128)]
    measures, light, reasons = seen(lit)
    assert measures.flicker > 4 and light is Light.RED and "brightness flickers" in reasons
    noisy = [
        np.clip(frame + rng.normal(0, 20, frame.shape), 0, 255).astype(np.uint8) for frame in clips.correct(side=128)
    ]
    measures, light, reasons = seen(noisy)
    assert measures.flicker < 1 and measures.warp_error > 10 and reasons.startswith("its details shimmer")


def test_an_open_clip_has_no_seam_to_be_blamed_for() -> None:
    measures, light, reasons = seen(clips.pan(side=128), closed=False)
    assert light is Light.GREEN and "seam" not in reasons
    assert (measures.seam_ratio, measures.velocity_jump, measures.seam_warp_error) == (1, 0, 0)
    assert measures.series.steps[-1] == measures.series.flicker[0] == 0


def test_the_series_show_where() -> None:
    frames = clips.correct(side=128)
    broken = [*frames[:9], np.roll(frames[9] // 2 + 90, 9, 0), *frames[10:]]
    series = measure(broken, True).series
    for values in (series.steps, series.warp_error, series.flicker, series.drift, series.sharpness):
        assert len(values) == len(frames)
    assert set(np.argsort(series.warp_error)[-2:]) == {8, 9} and np.argmax(series.flicker) == 9
    assert np.argmax(series.drift) == 9 and np.argmin(series.sharpness) == 9


@pytest.mark.parametrize("count", [0, 1, 2, 3])
@pytest.mark.parametrize("closed", [True, False])
def test_few_frames_have_finite_measures(count: int, closed: bool) -> None:
    measures, light, reasons = seen(clips.correct(6, side=48)[:count], closed)
    assert measures.frames == count and reasons and light in Light
    numbers = json.loads(json.dumps(to_json(measures), allow_nan=False))
    assert from_json(Measures, numbers) == measures
    if count < 2:
        assert light is Light.RED and reasons == ("it has no frames", "it is a single picture")[count]


def test_any_shape_and_depth_can_be_measured() -> None:
    frame = clips.correct(2, side=40)[0]
    rgba = np.dstack([frame, np.full((40, 40), 255, np.uint8)])
    assert measure([rgba, rgba], True) == measure([frame, frame], True)
    hidden = rgba.copy()
    hidden[..., 3] = 0
    assert measure([hidden, rgba], True).step > 20, "what is transparent does not count"
    assert measure([frame[..., 0], frame], True).frames == 2
    assert measure([frame, frame[:20], frame[:1, :1]], True).frames == 3, "scaled to the first"
    black, white = np.zeros((9, 70, 3), np.uint8), np.full((9, 70, 3), 255, np.uint8)
    assert math.isfinite(sum(measure([black, white, black], True).series.sharpness))


def test_a_long_clip_is_not_held_in_memory() -> None:
    def frames(count: int) -> Iterator[Pixels]:
        painted = clips.scene(side=64)
        for i in range(count):
            yield clips.look(painted, 8 * math.sin(i / 5), 0, 48)

    tracemalloc.start()
    measure(frames(15), True)
    few = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    measured = measure(frames(60), True)
    many = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert measured.frames == 60 and many < few + 45 * 1000, "a few numbers a frame, not its 7 KB"


def test_a_cancel_is_heard_at_each_frame() -> None:
    heard = []
    measure(clips.correct(5, side=32), True, lambda: heard.append(1))
    assert len(heard) == 5
