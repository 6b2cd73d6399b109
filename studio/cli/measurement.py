"""`safelight measure`: any clip's seam, motion, sharpness and consistency."""

import json
from fractions import Fraction
from pathlib import Path

from rich.progress import track

from studio.cli.program import harmless, note, print_json
from studio.cli.progress import console
from studio.domain.codec import to_json
from studio.domain.errors import StudioError
from studio.domain.job_json import task_from_json
from studio.domain.sequence import changes
from studio.domain.user_paths import expanded
from studio.imaging.metrics import Measures, Meter
from studio.imaging.verdict import GOOD_DIP, GOOD_ERROR, GOOD_FLICKER, GOOD_SEAM, GOOD_VELOCITY, Verdict, verdict
from studio.imaging.video.info import VideoInfo
from studio.imaging.video.notes import clip_text
from studio.imaging.video.reading import VideoReader


def measure(path: Path, closed: bool, as_json: bool) -> int:
    """Carry out the command. Raises StudioError for a file that cannot be read."""
    path, meter = expanded(path), Meter()
    with VideoReader(path) as reader:
        frames = reader.frames()
        for frame in track(frames, "Measuring", len(reader), console=console(quiet=as_json), transient=True):
            meter.add(frame)
        info = reader.info
    measures = meter.measures(closed)
    found = verdict(measures, _is_changing(path))
    if info.problem:
        note(f"note: {info.problem}")
    if as_json:
        print_json(report(path, info, measures, found))
    else:
        print("\n".join(_lines(path, info, measures, found)))
    return 0


def _is_changing(path: Path) -> bool:
    """Does the request that a clip carries ask for other things along it?"""
    try:
        return changes(task_from_json(json.loads(clip_text(path))))
    except (ValueError, StudioError):  # another program's clip, or none that carries anything
        return False


def report(path: Path, info: VideoInfo, measures: Measures, found: Verdict) -> dict[str, object]:
    """What is said of a clip in JSON; `measures` with its values for each frame."""
    return {
        "file": str(path.absolute()),
        "frames": measures.frames,
        "fps": float(info.rate),
        "size": f"{info.size.width}x{info.size.height}",
        "light": found.light.value,
        "reasons": list(found.reasons),
        "measures": to_json(measures),
    }


def _lines(path: Path, info: VideoInfo, measures: Measures, found: Verdict) -> list[str]:
    frames = f"{measures.frames:,} frame{'' if measures.frames == 1 else 's'}"
    size = f"{info.size.width} × {info.size.height}"
    lines = [f"{harmless(str(path))}: {frames} of {size} at {spoken_rate(info.rate)} frames a second", ""]
    low, high = GOOD_SEAM
    seam = [
        ("seam ratio", f"{measures.seam_ratio:.2f}", f"{low} to {high} is good"),
        ("velocity jump at the seam", f"{measures.velocity_jump:.2f}", f"good up to {GOOD_VELOCITY}"),
        ("warp error at the seam", f"{measures.seam_warp_error:.2f}", "as inside is good"),
    ]
    inside = [
        ("warp error", f"{measures.warp_error:.2f}", f"good up to {GOOD_ERROR:.0f}"),
        ("sharpness dip", f"{measures.sharpness_dip:.2f}", f"good from {GOOD_DIP} on"),
        ("held frames", str(len(measures.held)), "0 is good"),
        ("flicker", f"{measures.flicker:.2f}", f"good up to {GOOD_FLICKER}"),
        ("colour drift (ΔE)", f"{measures.colour_drift:.2f}", "of the last frame against the first"),
        ("dynamic degree", f"{measures.dynamic_degree:.4f}", "0 stands still"),
    ]
    lines += [f"{name:<27}{value:>8}   {why}" for name, value, why in (seam if measures.closed else []) + inside]
    return [*lines, "", f"{found.light.value.capitalize()}: {'; '.join(found.reasons)}."]


def spoken_rate(rate: Fraction) -> str:
    """Frames a second as people write them: 24, 23.976."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")
