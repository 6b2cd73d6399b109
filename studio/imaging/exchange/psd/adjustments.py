"""Adjustments as Photoshop stores them: in whole steps of 255, per cent and degrees."""

import itertools
from typing import Any

from psd_tools.constants import Tag
from psd_tools.psd import adjustments as structures
from psd_tools.psd.tagged_blocks import TaggedBlock, TaggedBlocks

from studio.domain.document.adjustments import (
    LINE,
    Adjustment,
    Balance,
    ColorBalance,
    CurvePoint,
    Curves,
    HueSaturation,
    Levels,
)
from studio.imaging.exchange.values import Notices

stored: Any = structures  # psd-tools declares their lists by type variables that no caller can satisfy
_block: Any = TaggedBlock  # and the data of blocks as bytes, which it is not
_MOST_POINTS = 19  # of a curve
_LEVELS = 29  # records of levels, of which the first is for all channels
_UNCHANGED = (0, 255, 0, 255, 100)
# The ranges of hues that can be changed apart, which we do not: reds, yellows, greens, cyans, blues, magentas.
_RANGES = [(315, 345, 15, 45)] + [tuple(60 * n + part for part in (15, 45, 75, 105)) for n in range(5)]
_ALL = 0  # the index of the curve for all channels

# Adjustments of Photoshop that we lack; their layers are left out.
FOREIGN = {
    Tag.BRIGHTNESS_AND_CONTRAST: "brightness and contrast",
    Tag.EXPOSURE: "exposure",
    Tag.VIBRANCE: "vibrance",
    Tag.BLACK_AND_WHITE: "black and white",
    Tag.PHOTO_FILTER: "photo filter",
    Tag.CHANNEL_MIXER: "channel mixer",
    Tag.COLOR_LOOKUP: "colour lookup",
    Tag.POSTERIZE: "posterise",
    Tag.THRESHOLD: "threshold",
    Tag.SELECTIVE_COLOR: "selective colour",
    Tag.GRADIENT_MAP: "gradient map",
}


def block_of(adjustment: Adjustment) -> Any:
    """The TaggedBlock of a layer record that says this adjustment; None for one that Photoshop lacks."""
    if isinstance(adjustment, Levels):
        return _block(key=Tag.LEVELS, data=_levels(adjustment))
    if isinstance(adjustment, Curves):
        return _block(key=Tag.CURVES, data=_curves(adjustment))
    if isinstance(adjustment, HueSaturation):
        return _block(key=Tag.HUE_SATURATION, data=_hue(adjustment))
    if isinstance(adjustment, ColorBalance):
        parts = (_hundredths(part) for part in (adjustment.shadows, adjustment.midtones, adjustment.highlights))
        return _block(
            key=Tag.COLOR_BALANCE, data=stored.ColorBalance(*parts, luminosity=adjustment.preserve_luminosity)
        )
    return None


def adjustment_of(blocks: TaggedBlocks, name: str, notices: Notices) -> Adjustment | None:
    """The adjustment that the blocks of a layer say; None where they say none that we have."""
    if (levels := blocks.get_data(Tag.LEVELS)) is not None:
        return _read_levels(levels, name, notices)
    if (curves := blocks.get_data(Tag.CURVES)) is not None:
        return _read_curves(curves, name, notices)
    if (hue := blocks.get_data(Tag.HUE_SATURATION)) is not None:
        return _read_hue(hue, name, notices)
    if (balance := blocks.get_data(Tag.COLOR_BALANCE)) is not None:
        shadows, midtones, highlights = (
            Balance(*(min(1.0, max(-1.0, value / 100)) for value in part))
            for part in (balance.shadows, balance.midtones, balance.highlights)
        )
        return ColorBalance(shadows, midtones, highlights, bool(balance.luminosity))
    if Tag.INVERT in blocks:
        return Levels(out_black=1.0, out_white=0.0)
    return None


def _levels(adjustment: Levels) -> Any:
    black, white = _byte(adjustment.black), _byte(adjustment.white)
    black = min(black, 253)
    first = (
        black,
        max(white, black + 2),
        _byte(adjustment.out_black),
        _byte(adjustment.out_white),
        min(999, max(10, round(adjustment.gamma * 100))),
    )
    records = [stored.LevelRecord(*first), *(stored.LevelRecord(*_UNCHANGED) for _ in range(_LEVELS - 1))]
    return stored.Levels(records, version=2)


def _read_levels(levels: Any, name: str, notices: Notices) -> Levels:
    first, *channels = levels
    if any(
        (r.input_floor, r.input_ceiling, r.output_floor, r.output_ceiling, r.gamma) != _UNCHANGED for r in channels[:3]
    ):
        notices.add("Levels of single channels were left out.", "This program sets levels for all together.", name)
    black = min(first.input_floor, 254) / 255
    white = max(first.input_ceiling, min(first.input_floor, 254) + 1) / 255
    gamma = min(10.0, max(0.1, first.gamma / 100))
    return Levels(
        black, min(1.0, white), gamma, min(255, first.output_floor) / 255, min(255, first.output_ceiling) / 255
    )


def _curves(adjustment: Curves) -> Any:
    """Curves by channel: all, red, green, blue; a point is (output, input)."""
    curves = (adjustment.value, adjustment.red, adjustment.green, adjustment.blue)
    changed = [(number, points) for number, points in enumerate(curves) if points != LINE] or [(_ALL, LINE)]
    data = [[(_byte(point.y), _byte(point.x)) for point in _distinct(points)] for _, points in changed]
    extra = stored.CurvesExtraMarker(
        [stored.CurvesExtraItem(number, points) for (number, _), points in zip(changed, data, strict=True)], version=4
    )
    count_map = sum(1 << number for number, _ in changed)
    return stored.Curves(is_map=False, version=1, count_map=count_map, data=data, extra=extra)


def _distinct(points: tuple[CurvePoint, ...]) -> list[CurvePoint]:
    """Those that differ in whole steps, as many as Photoshop takes, the ends among them."""
    found = [p for p, after in itertools.pairwise(points) if _byte(p.x) != _byte(after.x)] + [points[-1]]
    if len(found) > _MOST_POINTS:
        step = (len(found) - 1) / (_MOST_POINTS - 1)
        found = [found[round(number * step)] for number in range(_MOST_POINTS)]
    return found if len(found) > 1 else list(LINE)


def _read_curves(curves: Any, name: str, notices: Notices) -> Curves:
    if curves.is_map:
        notices.add("A curve drawn by hand became a straight one.", "This program knows curves of points.", name)
        return Curves()
    numbers = [n for n in range(32) if curves.count_map >> n & 1] if curves.version == 1 else list(range(32))
    found = {number: _points(points) for number, points in zip(numbers, curves.data, strict=False)}
    return Curves(*(found.get(number, LINE) for number in range(4)))


def _points(points: list[tuple[int, int]]) -> tuple[CurvePoint, ...]:
    by_input = {min(255, x): min(255, y) for y, x in points}
    line = tuple(CurvePoint(x / 255, y / 255) for x, y in sorted(by_input.items()))
    return line if len(line) > 1 else LINE


def _hue(adjustment: HueSaturation) -> Any:
    values = (round(adjustment.hue), round(adjustment.saturation * 100), round(adjustment.lightness * 100))
    # Colourising has its own values: hue and saturation as such, not as changes.
    colour = (values[0] % 360, min(100, max(0, values[1])), values[2]) if adjustment.colorize else (0, 25, 0)
    return stored.HueSaturation(
        version=2,
        enable=0 if adjustment.colorize else 1,
        colorization=colour,
        master=(0, 0, 0) if adjustment.colorize else values,
        items=[[part, (0, 0, 0)] for part in _RANGES],
    )


def _read_hue(stored_hue: Any, name: str, notices: Notices) -> HueSaturation:
    if any(any(settings) for _, settings in stored_hue.items):
        notices.add("Changes of single hues were left out.", "This program changes all hues together.", name)
    colorize = not stored_hue.enable
    hue, saturation, lightness = stored_hue.colorization if colorize else stored_hue.master
    hue = (hue + 180) % 360 - 180 if abs(hue) > 180 else hue
    saturation, lightness = (min(1.0, max(-1.0, value / 100)) for value in (saturation, lightness))
    return HueSaturation(float(hue), saturation, lightness, colorize)


def _hundredths(balance: Balance) -> tuple[int, int, int]:
    return round(balance.red * 100), round(balance.green * 100), round(balance.blue * 100)


def _byte(value: float) -> int:
    return min(255, max(0, round(value * 255)))
