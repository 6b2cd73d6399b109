"""What can be exported of a project, and in which formats."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from PySide6.QtCore import QCoreApplication

from studio.domain.document.document import Document
from studio.domain.errors import StudioError
from studio.domain.timeline.model import Clip
from studio.imaging.video.presets import DEFAULT_LOOP, DEFAULT_VIDEO, Family, Preset, gif_rate
from studio.session.cutting import Cut, alone, whole, zoned
from studio.session.interchange.files import FORMATS
from studio.ui.timeline.naming import clip_name


def _tr(text: str) -> str:
    return QCoreApplication.translate("Export", text)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the timeline with its title; `name` is what its file is called at first."""

    id: str
    title: str
    name: str
    cut: Cut


def parts_of(document: Document, title: str, clip: Clip | None) -> tuple[Part, ...]:
    """What there is to export, the likeliest first."""
    timeline = document.timeline
    ring = _tr("The ring, one turn") if timeline.ring else _tr("The whole timeline")
    wanted: list[tuple[str, str, str, Callable[[], Cut]]] = []
    if timeline.zone is not None:
        wanted.append(("zone", _tr("Between in and out point"), title, lambda: zoned(document)))
    wanted.append(("timeline", ring, title, lambda: whole(document)))
    clips = [clip] if clip is not None else []
    clips += [each for track in timeline.tracks for each in track.clips if each is not clip]
    for each in clips[:50]:
        name = clip_name(each)
        label = _tr("The clip “{name}”").format(name=name if len(name) <= 40 else name[:39] + "…")
        wanted.append((each.id, label, name, lambda each=each: alone(document, each)))  # type: ignore[misc]
    found = []
    for part_id, label, name, cut in wanted:
        try:
            found.append(Part(part_id, label, name, cut()))
        except StudioError:  # there is nothing of it
            continue
    return tuple(found)


def first_preset(cut: Cut) -> str:
    """The format to begin with."""
    return DEFAULT_LOOP if cut.closed else DEFAULT_VIDEO


def traits(preset: Preset) -> str:
    """What a format can do, in a few words."""
    words = [
        _tr("keeps transparency") if preset.alpha else _tr("no transparency"),
        _tr("says that it loops") if preset.loops else "",
        _tr("every value as it is") if preset.lossless else "",
        _tr("with sound") if preset.sound else _tr("no sound"),
    ]
    return " · ".join(filter(None, words))


def rates(preset: Preset, rate: Fraction) -> tuple[Fraction, ...]:
    """The rates that are offered for a cut: its own, or those that a GIF can have."""
    usual = tuple(map(Fraction, (12, 24, 25, 30, 50, 60)))
    if preset.family is Family.GIF:
        near = gif_rate(rate).rate
        offered = (near, Fraction(10), Fraction(20), Fraction(25), Fraction(100, 3), Fraction(50))
        return tuple(dict.fromkeys(offered))
    return tuple(dict.fromkeys((rate, *usual)))


def exchange_titles() -> tuple[tuple[str, str], ...]:
    """The formats of other editors: suffix and title."""
    return tuple((suffix, title) for suffix, title in FORMATS.items())
