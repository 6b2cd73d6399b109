"""What clips, frames and measures are told of in words."""

from PySide6.QtCore import QCoreApplication

from studio.domain.sequence import Provenance
from studio.imaging.metrics import Measures
from studio.session.clips.joins import Join

_METHODS = {"circle": "noise circle", "video": "drawn anew", "motion": "motion model"}


def _tr(text: str) -> str:
    return QCoreApplication.translate("Clips", text)


def provenance_text(number: int, found: Provenance | None, *, there: bool) -> str:
    """Where a frame comes from, in a few lines."""
    if not there:
        return _tr("Frame {n} is not there yet.").format(n=number + 1)
    head = _tr("Frame {n}").format(n=number + 1)
    if found is None:
        return _tr("{frame}. Nothing is known of its origin.").format(frame=head)
    parts = [head]
    if found.method:
        parts.append(_tr(_METHODS.get(found.method, found.method)))
    if found.seed:
        parts.append(_tr("seed {n}").format(n=found.seed))
    if found.turn >= 0:
        parts.append(_tr("{degrees}° of the circle").format(degrees=round(found.turn * 360)))
    if found.mix > 0:
        parts.append(_tr("prompt {n}, {share} % on the way to the next").format(
            n=found.key + 1, share=round(found.mix * 100)))  # fmt: skip
    elif found.key:
        parts.append(_tr("prompt {n}").format(n=found.key + 1))
    if found.model:
        parts.append(found.model)
    text = " · ".join(parts)
    return f"{text}\n{found.note}" if found.note else text


def join_text(joins: tuple[Join | None, Join | None]) -> str:
    """How well the frames of a range fit to those before and after it."""
    before, after = joins
    scores = " · ".join(
        words.format(score=f"{join.score:.1f}")
        for words, join in ((_tr("{score} × a usual step into them"), before), (_tr("{score} × out of them"), after))
        if join is not None
    )
    good = all(join is None or join.good for join in joins)
    head = (
        _tr("The new frames fit to their neighbours")
        if good
        else _tr("The new frames can be told from their neighbours")
    )
    return f"{head}: {scores}."


def measure_rows(measures: Measures) -> tuple[tuple[str, str, str], ...]:
    """Name, value and meaning of each measure."""
    loop = measures.closed
    rows = [
        (_tr("Frames"), f"{measures.frames}", _tr("How many were measured")),
        (_tr("Step"), f"{measures.step:.2f}", _tr("Mean difference of a frame and the next, in levels of 255")),
        (_tr("Movement"), f"{100 * measures.dynamic_degree:.2f} %",
         _tr("How far the quickest parts go in a step, of the picture's diagonal; 0 stands still")),
    ]  # fmt: skip
    if loop:
        rows += [
            (_tr("Seam"), f"{measures.seam_ratio:.2f} ×",
             _tr("The step from the last frame to the first, in usual steps: 0.8 to 1.2 is good")),
            (_tr("Velocity jump"), f"{measures.velocity_jump:.2f} ×",
             _tr("How much the motion changes its course at the seam: up to 1.5 is good")),
            (_tr("Warp error, seam"), f"{measures.seam_warp_error:.2f}",
             _tr("How badly the last frame's motion leads to the first")),
        ]  # fmt: skip
    rows += [
        (_tr("Warp error"), f"{measures.warp_error:.2f}", _tr("How badly each frame's motion leads to the next")),
        (_tr("Sharpness dip"), f"{measures.sharpness_dip:.2f}",
         _tr("The softest frame, of the usual sharpness: from 0.85 on it is good")),
        (_tr("Flicker"), f"{measures.flicker:.2f}", _tr("Of the mean brightness, in levels of 255")),
        (_tr("Colour drift"), f"ΔE {measures.colour_drift:.1f}", _tr("Of the last frame against the first")),
        (_tr("Held frames"), f"{len(measures.held)}", _tr("Frames that repeat the one before")),
        (_tr("Cuts"), f"{len(measures.cuts)}", _tr("Frames that begin another scene")),
    ]  # fmt: skip
    return tuple(rows)
