"""Tooltips of the strip."""

import html

from studio.domain.timeline.model import Clip, Generated, Sound, Timeline
from studio.domain.timeline.seen import source_frame
from studio.ui.timeline.facts import Facts, Light
from studio.ui.timeline.naming import clip_name, kind_name, tr
from studio.ui.timeline.rows import RowKind
from studio.ui.timeline.spots import Part, Spot
from studio.ui.timeline.ticks import timecode


def hint(timeline: Timeline, spot: Spot, facts: Facts) -> str:
    """What lies there, in rich text; "" for nothing."""
    if spot.clip is None or spot.row is None:
        return ""
    if spot.row.kind is RowKind.CLIPS:
        lines = [
            f"<b>{html.escape(clip_name(spot.clip))}</b>",
            *map(html.escape, about_clip(timeline, spot.clip, facts)),
        ]
        return "<br>".join(lines) if spot.part is not Part.NOTHING else ""
    frame = int(spot.frame // 1) - spot.turn * timeline.ring
    if spot.row.kind is RowKind.MEASURES:
        return html.escape(_measured(timeline, spot.clip, frame, facts))
    if spot.row.kind is RowKind.WORDS:
        return html.escape(tr("Double-click: a prompt from here on. Drag a flag: the prompt begins elsewhere."))
    return html.escape(tr("Double-click: a key. Drag a key, or the handles of its curve; Del deletes it."))


def about_clip(timeline: Timeline, clip: Clip, facts: Facts) -> list[str]:
    """What is to be said of a clip, in lines: kind and place, what is missing, its take, its light with the reason."""
    start, end = timecode(clip.start, timeline.rate), timecode(clip.end, timeline.rate)
    lines = [
        tr("{kind}, {start} to {end}, {n} frames").format(
            kind=kind_name(clip.media), start=start, end=end, n=clip.length
        )
    ]
    media = clip.media
    if why := facts.missing(media):
        lines.append(why)
    if isinstance(media, Generated):
        lines += _about_take(media, facts)
    if not isinstance(media, Sound) and clip.speed != 1:
        lines.append(tr("Speed {n} %").format(n=f"{float(clip.speed) * 100:g}"))
    diagnosis = facts.diagnosis(clip)
    if diagnosis is not None:
        lights = {Light.GOOD: tr("Good"), Light.FAIR: tr("Fair"), Light.POOR: tr("Poor")}
        lines.append(f"{lights[diagnosis.light]}: {diagnosis.reason}")
    return lines


def _about_take(media: Generated, facts: Facts) -> list[str]:
    take = media.take
    if take is None:
        return [tr("Nothing is generated yet")]
    lines = []
    if len(media.takes) > 1:
        number = media.takes.index(take) + 1
        lines.append(tr("Take {n} of {all}").format(n=number, all=len(media.takes)))
    there = facts.present(take.id)
    if there is not None and len(there) < take.frames:
        words = (
            tr("{n} of {all} frames are there; more are being made")
            if facts.arriving(take.id)
            else tr("{n} of {all} frames are there")
        )
        lines.append(words.format(n=len(there), all=take.frames))
    return lines


def _measured(timeline: Timeline, clip: Clip, frame: int, facts: Facts) -> str:
    diagnosis = facts.diagnosis(clip)
    if diagnosis is None:
        return tr("Not measured yet")
    source = source_frame(clip, frame, timeline.rate, timeline.ring)
    values = []
    for name, series in (
        (tr("Warp error"), diagnosis.warp),
        (tr("Flicker"), diagnosis.flicker),
        (tr("Drift"), diagnosis.drift),
    ):
        if 0 <= source < len(series):
            values.append(f"{name} {series[source]:.3g}")
    head = tr("Frame {n}: {values}. Click to repair it.")
    return head.format(n=source, values=", ".join(values) or tr("not measured"))
