"""Stacks of layers drawn: groups, clipping, masks, adjustments, and the layer that is being painted on."""

import functools
from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from studio.domain.document.adjustments import Blur, Sharpen
from studio.domain.document.blending import BlendMode
from studio.domain.document.layers import AdjustmentLayer, GroupLayer, ImageLayer, Layer, PaintLayer
from studio.domain.document.tiles import TILE
from studio.domain.geometry import Rect
from studio.imaging.adjust import adjusted
from studio.imaging.blend import blend_atop, blend_onto, faded, mixed, straight
from studio.imaging.composing.blurring import Wide, cells_for, halvings, shrunk, softened
from studio.imaging.composing.formulas import Planes
from studio.imaging.composing.kept import Kept
from studio.imaging.composing.levels import Levels, cut, reach_at, scaled
from studio.imaging.composing.units import (
    Unit,
    Units,
    active_mask,
    children_of,
    draws_nothing,
    entering,
    holds,
    margin_of,
    units_of,
)
from studio.imaging.tiles import Pixels

NOWHERE = Rect(0, 0, 0, 0)
CELL = 64  # pixels: what is composed under a brush at once; whole tiles would be felt when it reaches the next one


@dataclass(frozen=True, slots=True)
class Live:
    """A layer whose pixels or mask are not those of the document just now, `rect` being where they are known."""

    layer_id: str
    rect: Rect = NOWHERE
    pixels: Pixels | None = None
    mask: Pixels | None = None
    keys: dict[Hashable, Hashable] = field(default_factory=dict)  # of the cells of what does not change, once found


@dataclass(slots=True)
class _Canvas:
    """Pixels that may be written to, and where they lie."""

    pixels: Pixels
    rect: Rect

    def inner(self, rect: Rect) -> Pixels:
        """A part of it, not copied."""
        return self.pixels[cut(rect, self.rect)]


class Stack:
    """Draws stacks of layers; composed tiles are kept by what entered them. Safe in several threads."""

    def __init__(self, levels: Levels, budget: int) -> None:
        self.levels = levels
        self.kept: Kept[Pixels] = Kept(budget - budget // 8)
        self._shrunk: Kept[Wide] = Kept(budget // 8)  # for wide blurs

    def clear(self) -> None:
        """Give up all that is kept."""
        self.kept.clear()
        self._shrunk.clear()

    def compose(self, units: Units, rect: Rect, level: int, live: Live | None = None) -> Pixels:
        """The pixels of a stack over nothing; a new array."""
        at = _index_of(units, live)
        if at is None:
            if live is not None or not units:
                return self.kept_over(units, rect, level, live).copy()
            # What a wide blur looks at is larger than what it gives: take it from the kept tiles.
            looking = [n for n, unit in enumerate(units) if unit.margin(level)]
            at = looking[-1] if looking else 0
        return self._from(at, units, rect, level, live)

    def kept_over(self, units: Units, rect: Rect, level: int, live: Live | None = None) -> Pixels:
        """The same from kept tiles; may be read-only. None of the units may hold the live layer."""
        if not units:
            return np.zeros((rect.height, rect.width, 4), np.uint8)
        side = TILE if live is None else CELL
        rows, columns = range(rect.y // side * side, rect.bottom, side), range(rect.x // side * side, rect.right, side)
        cells = [Rect(x, y, side, side) for y in rows for x in columns]
        if len(cells) == 1:
            return self.tile(units, cells[0], level, live)[cut(rect, cells[0])]
        if live is not None:
            self._compose_missing(units, cells, level, live)
        out = np.empty((rect.height, rect.width, 4), np.uint8)
        for cell in cells:
            part = cell.intersected(rect)
            out[cut(part, rect)] = self.tile(units, cell, level, live)[cut(part, cell)]
        return out

    def _compose_missing(self, units: Units, cells: list[Rect], level: int, live: Live) -> None:
        """Compose several cells that are not kept as one piece, which costs little more than one of them."""
        keys = ((cell, _remembered_key(units, cell, level, live)) for cell in cells)
        missing = {cell: key for cell, key in keys if key and self.kept.get((level, key)) is None}
        whole = functools.reduce(Rect.united, missing, NOWHERE)
        if len(missing) < 2 or whole.size.pixels > 2 * CELL * CELL * len(missing):
            return
        pixels = self.compose(units, whole, level)
        for cell, key in missing.items():
            self.kept.put((level, key), pixels[cut(cell, whole)].copy())

    def tile(self, units: Units, rect: Rect, level: int, live: Live | None = None) -> Pixels:
        """A stack inside a tile or a cell, read-only."""
        key = entering(units, rect, level) if live is None else _remembered_key(units, rect, level, live)
        if not key:
            return _CLEAR if rect.width == TILE else _CLEAR[: rect.height, : rect.width]
        if (found := self.kept.get((level, key))) is not None:
            return found
        return self.kept.put((level, key), self.compose(units, rect, level))

    def drawn(self, layer: Layer, rect: Rect, level: int, live: Live | None = None) -> Pixels:
        """A layer's pixels with its mask and opacity; may be read-only."""
        return self._faded(layer, self._content(layer, rect, level, live), rect, level, live)

    def _from(self, at: int, units: Units, rect: Rect, level: int, live: Live | None) -> Pixels:
        """Composed, with what lies under the unit `at` taken from the kept tiles."""
        area = rect.grown(margin_of(units[at + 1 :], level))
        unit, under = units[at], units[:at]
        if live is not None and unit.passes_through and unit.base.id != live.layer_id:
            inside = self.compose(under + units_of(children_of(unit.base)), area, level, live)
            before = self.kept_over(under, area, level, live)
            canvas = _Canvas(self._mixed(unit.base, before, inside, area, level, live).copy(), area)
            at += 1
        elif isinstance(unit.base, AdjustmentLayer) and (radius := _wide_radius(unit.base, level)):
            area = area.grown(unit.inner_margin(level))
            canvas = _Canvas(self.kept_over(under, area, level, live).copy(), area)
            soft = self._softened(under, area, radius, level, live)
            canvas = self._adjusted(canvas, unit.base, unit.clipped, level, live, soft)
            at += 1
        else:
            area = area.grown(unit.margin(level))
            canvas = _Canvas(self.kept_over(under, area, level, live).copy(), area)
        for above in units[at:]:
            canvas = self._drawn_onto(canvas, above, level, live)
        return canvas.pixels

    def _drawn_onto(self, canvas: _Canvas, unit: Unit, level: int, live: Live | None) -> _Canvas:
        """The canvas after a unit, smaller by the unit's margin."""
        base = unit.base
        if isinstance(base, AdjustmentLayer):
            return self._adjusted(canvas, base, unit.clipped, level, live)
        if unit.passes_through:
            inside = _Canvas(canvas.pixels.copy(), canvas.rect)
            for child in units_of(children_of(base)):
                inside = self._drawn_onto(inside, child, level, live)
            before = canvas.inner(inside.rect)
            inside.pixels = self._mixed(base, before, inside.pixels, inside.rect, level, live)
            return inside
        source = self._unit_source(unit, canvas.rect, level, live)
        if source is not None:
            blend_onto(base.mode, canvas.pixels, source, (canvas.rect.x, canvas.rect.y))
        return canvas

    def _unit_source(self, unit: Unit, rect: Rect, level: int, live: Live | None) -> Pixels | None:
        """What a unit lays over the backdrop; None where it is empty."""
        if not unit.clipped:
            if self._is_empty(unit.base, rect, level, live):
                return None
            return self.drawn(unit.base, rect, level, live)
        # The base and what is clipped to it are one picture, which its opacity and its mode then apply to.
        area = rect.grown(unit.inner_margin(level))
        if self._is_empty(unit.base, area, level, live):
            return None
        pixels = self._content(unit.base, area, level, live)
        canvas = _Canvas(faded(pixels, 1.0, self._mask(unit.base, area, level, live)).copy(), area)
        return faded(self._clipped_onto(canvas, unit.clipped, level, live).pixels, unit.base.opacity, None)

    def _clipped_onto(self, canvas: _Canvas, layers: tuple[Layer, ...], level: int, live: Live | None) -> _Canvas:
        for layer in layers:
            if isinstance(layer, AdjustmentLayer):
                canvas = self._adjusted(canvas, layer, (), level, live)
            elif not self._is_empty(layer, canvas.rect, level, live):
                source = self.drawn(layer, canvas.rect, level, live)
                blend_atop(layer.mode, canvas.pixels, source, (canvas.rect.x, canvas.rect.y))
        return canvas

    def _softened(self, units: Units, rect: Rect, radius: float, level: int, live: Live | None) -> Planes:
        """A stack under a wide blur: a tile of it is shrunk once, and not again for each tile that looks at it."""
        times = halvings(radius)
        cells = cells_for(rect, radius)
        out = np.zeros((cells.height, cells.width, 4), np.uint16)
        side = TILE >> times
        for y in range(cells.y // side * side, cells.bottom, side):
            for x in range(cells.x // side * side, cells.right, side):
                tile = Rect(x << times, y << times, TILE, TILE)
                if (found := self._shrunk_tile(units, tile, times, level, live)) is not None:
                    part = (whole := Rect(x, y, side, side)).intersected(cells)
                    out[cut(part, cells)] = found[cut(part, whole)]
        return softened(out, (cells.x, cells.y), radius, rect)

    def _shrunk_tile(self, units: Units, rect: Rect, times: int, level: int, live: Live | None) -> Wide | None:
        """A tile of a stack, reduced so many times; None where it is empty."""
        key = entering(units, rect, level) if live is None else _remembered_key(units, rect, level, live)
        if not key:
            return None
        if (found := self._shrunk.get((level, times, key))) is not None:
            return found
        return self._shrunk.put((level, times, key), shrunk(self.tile(units, rect, level), times))

    def _adjusted(
        self,
        canvas: _Canvas,
        layer: AdjustmentLayer,
        clipped: tuple[Layer, ...],
        level: int,
        live: Live | None,
        soft: Planes | None = None,
    ) -> _Canvas:
        """The canvas under an adjustment layer with what is clipped to it, smaller by their reach; `soft` takes the
        place of the adjustment's own."""
        margin = reach_at(layer.adjustment, level) if soft is None else 0
        corner, inner = (canvas.rect.x, canvas.rect.y), canvas.rect.grown(-margin)
        pixels = adjusted(canvas.pixels, scaled(layer.adjustment, level), corner, margin, soft)
        if layer.mode not in (BlendMode.NORMAL, BlendMode.PASS_THROUGH):
            pixels = straight(pixels)
            pixels[..., 3] = 255
            below = canvas.inner(inner).copy()
            blend_atop(layer.mode, below, pixels, (inner.x, inner.y))
            pixels = below
        changed = self._clipped_onto(_Canvas(pixels, inner), clipped, level, live)
        before = canvas.inner(changed.rect)
        mixture = self._mixed(layer, before, changed.pixels, changed.rect, level, live)
        return _Canvas(np.ascontiguousarray(mixture), changed.rect)

    def _content(self, layer: Layer, rect: Rect, level: int, live: Live | None) -> Pixels:
        """A layer's pixels without its mask and opacity; may be read-only. Adjustments and masks have none."""
        if live is not None and live.pixels is not None and layer.id == live.layer_id:
            return live.pixels[cut(rect, live.rect)]
        if isinstance(layer, PaintLayer):
            return self.levels.paint(layer.tiles, rect, level)
        if isinstance(layer, ImageLayer):
            return self.levels.image(layer, rect, level)
        if not isinstance(layer, GroupLayer):
            return np.zeros((rect.height, rect.width, 4), np.uint8)
        units = units_of(layer.children)
        if live is not None and not holds(layer, live.layer_id):
            return self.kept_over(units, rect, level, live)
        return self.compose(units, rect, level, live)

    def _is_empty(self, layer: Layer, rect: Rect, level: int, live: Live | None) -> bool:
        if live is not None and holds(layer, live.layer_id):
            return False
        return draws_nothing(layer, rect, level)

    def _faded(self, layer: Layer, pixels: Pixels, rect: Rect, level: int, live: Live | None) -> Pixels:
        return faded(pixels, layer.opacity, self._mask(layer, rect, level, live))

    def _mixed(self, layer: Layer, before: Pixels, after: Pixels, rect: Rect, level: int, live: Live | None) -> Pixels:
        return mixed(before, after, layer.opacity, self._mask(layer, rect, level, live))

    def _mask(self, layer: Layer, rect: Rect, level: int, live: Live | None) -> Pixels | None:
        if live is not None and live.mask is not None and layer.id == live.layer_id and layer.mask_enabled:
            return live.mask[cut(rect, live.rect)]
        mask = active_mask(layer)
        return None if mask is None else self.levels.mask(mask, rect, level)


def _index_of(units: Units, live: Live | None) -> int | None:
    """The unit that the live layer belongs to."""
    if live is None:
        return None
    belongs = (any(holds(layer, live.layer_id) for layer in unit.members) for unit in units)
    return next((n for n, found in enumerate(belongs) if found), None)


def _wide_radius(layer: AdjustmentLayer, level: int) -> float:
    """The radius of a blur or a sharpening that is computed on shrunk tiles; 0 for anything else."""
    adjustment = scaled(layer.adjustment, level)
    if not isinstance(adjustment, Blur | Sharpen) or not 0 < 1 << halvings(adjustment.radius) <= TILE:
        return 0.0
    return adjustment.radius if halvings(adjustment.radius) else 0.0


def _remembered_key(units: Units, rect: Rect, level: int, live: Live) -> Hashable:
    """`entering`, whose layers are those of one document that is held meanwhile: their identity says it all."""
    name = (level, rect, *(id(unit.base) for unit in units))
    key = live.keys.get(name)
    if key is None:
        key = live.keys[name] = entering(units, rect, level)
    return key


_CLEAR = np.zeros((TILE, TILE, 4), np.uint8)
_CLEAR.flags.writeable = False
