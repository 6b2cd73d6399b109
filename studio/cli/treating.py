"""`safelight loopify`, `interpolate` and `deflicker`: frames come in, are treated and go out one by one."""

import dataclasses
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from rich.progress import track

from studio.cli.clip_files import free_file, preset_of, rate_of
from studio.cli.measurement import report, spoken_rate
from studio.cli.program import announce, note, print_json
from studio.cli.progress import console
from studio.domain.job_json import task_to_json
from studio.domain.jobs import without_folders
from studio.domain.sequence import Footage
from studio.domain.treatment import Deflicker, Interpolation, Loopify, require_valid_treatment
from studio.domain.user_paths import expanded
from studio.imaging.looping.mixing import unheard
from studio.imaging.looping.treating import Treated, treated
from studio.imaging.metrics import Meter
from studio.imaging.pixels import Pixels
from studio.imaging.verdict import verdict
from studio.imaging.video.info import VideoInfo, probe
from studio.imaging.video.presets import Preset
from studio.imaging.video.soundtracks import Soundtrack
from studio.imaging.video.verifying import verify
from studio.imaging.video.writing import write_clip

_Task = Loopify | Interpolation | Deflicker


def loopify(video: Path, output: Path, limits: tuple[int, int, int], fps: str, as_json: bool) -> int:
    """Carry out the command; `limits` are the least and the most frames of the loop, and those to be blended."""
    info = probe(video)
    least, most, blend = limits
    task = Loopify(_footage(video), rate_of(fps, info.rate), least, most, blend)
    return _make(task, info, output, True, as_json)


def interpolate(video: Path, output: Path, factor: int, closed: bool, fps: str, as_json: bool) -> int:
    """Carry out the command."""
    info = probe(video)
    task = Interpolation(_footage(video), rate_of(fps, info.rate * factor), factor, closed)
    return _make(task, info, output, closed, as_json)


def deflicker(video: Path, output: Path, strength: float, closed: bool, fps: str, as_json: bool) -> int:
    """Carry out the command."""
    info = probe(video)
    task = Deflicker(_footage(video), rate_of(fps, info.rate), strength, closed)
    return _make(task, info, output, closed, as_json)


def _make(task: _Task, info: VideoInfo, output: Path, closed: bool, as_json: bool) -> int:
    require_valid_treatment(task)
    output = free_file(expanded(output))
    preset = preset_of(output, closed, info.alpha)
    sound, text = _sound(task, info, preset), json.dumps(task_to_json(without_folders(task)), ensure_ascii=False)
    with treated(task, unheard) as found:
        written = write_clip(
            output, _shown(found, as_json), info.size, task.rate, preset.id, sound=sound, metadata=text
        )
    for notice in written.notices:
        note(f"note: {notice}")
    meter = Meter()
    checked = verify(written.path, frames=found.total, watch=meter.add)
    for problem in checked.problems:
        note(f"note: {problem}")
    measures = meter.measures(closed)
    judged = verdict(measures)
    if as_json:
        result = dataclasses.replace(info, rate=written.rate, size=checked.size)
        print_json(report(written.path, result, measures, judged) | _origin(task, found))
        return 0
    note(_sentence(found, written.rate))
    note(f"{judged.light.value.capitalize()}: {'; '.join(judged.reasons)}.")
    announce(written.path)
    return 0


def _sound(task: _Task, info: VideoInfo, preset: Preset) -> Soundtrack | None:
    """The clip's sound, where the result lasts as long and can have any; what is left out is told."""
    factor = task.factor if isinstance(task, Interpolation) else 1
    if not info.sound:
        return None
    if preset.sound and not isinstance(task, Loopify) and task.rate == info.rate * factor:
        return Soundtrack(Path(task.source.paths[0]))
    note("note: The sound is left out, as it does not fit the result any more.")
    return None


def _shown(found: Treated, as_json: bool) -> Iterator[Pixels]:
    """The frames, with a bar that counts them."""
    for frame in track(found.frames, "Making frames", found.total, console=console(quiet=as_json), transient=True):
        yield frame.pixels


def _origin(task: _Task, found: Treated) -> dict[str, object]:
    cut = None if found.cut is None else dataclasses.asdict(found.cut)
    return {"source": task.source.paths[0], **({} if cut is None else {"cut": cut})}


def _sentence(found: Treated, rate: Fraction) -> str:
    frames = f"{found.total:,} frames at {spoken_rate(rate)} frames a second"
    if found.cut is None:
        return f"{frames}."
    cut = found.cut
    if cut.closed:
        return f"{frames}: the clip is a loop already, so all its frames are kept unchanged."
    return f"{frames}: frames {cut.first} to {cut.stop - 1} of the clip, {cut.blend} of them blended over the cut."


def _footage(video: Path) -> Footage:
    return Footage((str(expanded(video).absolute()),))
