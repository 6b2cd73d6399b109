"""Fills: regions of similar colour, whole selections, and gradients, poured into the tiles of a layer or a mask."""

from collections.abc import Iterator

import numpy as np

from studio.domain.document.layers import Mask, PaintLayer
from studio.domain.document.tiles import Place, TileMap, places_in
from studio.domain.geometry import Rect
from studio.imaging.gradients import Gradient, gradient_pixels
from studio.imaging.painting.ink import Color, painted, painted_mask, poured, strength
from studio.imaging.painting.morphology import grown
from studio.imaging.painting.regions import Sample, region
from studio.imaging.painting.tiled import inside, remasked, repainted
from studio.imaging.tiles import Pixels, TileStore


def flooded(
    store: TileStore,
    sample: Sample,
    seed: tuple[int, int],
    within: Rect,
    tolerance: int = 32,
    contiguous: bool = True,
    gap: int = 0,
    grow: float = 0.0,
    antialias: bool = True,
) -> Mask:
    """What a click of the bucket at `seed` fills, as a mask; see `region` for how it is found.

    `sample` gives the pixels that decide: of the layer, or of what is visible. The region is then made `grow` pixels
    larger, which brings colour under the soft edge of a line. Raises StudioError (INPUT) for a seed outside `within`.
    """
    found = region(store, sample, seed, within, tolerance, contiguous, gap, antialias and not grow)
    return grown(store, found, grow) if grow else found


def filled(
    store: TileStore,
    layer: PaintLayer,
    color: Color,
    within: Rect,
    area: Mask | None = None,
    selection: Mask | None = None,
    opacity: float = 1.0,
    erase: bool = False,
    lock_alpha: bool = False,
) -> TileMap:
    """A layer's tiles with a colour filled in inside `within`, where area and selection both are (None is all)."""

    def change(rect: Rect, base: Pixels) -> Pixels:
        return painted(base, _cover(store, rect, within, area), color, opacity, _chosen(store, selection, rect), erase,
                       lock_alpha)  # fmt: skip

    return repainted(store, layer.tiles, _places(within, area, selection), change)


def filled_mask(
    store: TileStore,
    mask: Mask,
    value: int,
    within: Rect,
    area: Mask | None = None,
    selection: Mask | None = None,
    opacity: float = 1.0,
) -> Mask:
    """A mask with a value (0 to 255) filled in; the places are those of `filled`."""

    def change(rect: Rect, base: Pixels) -> Pixels:
        return painted_mask(base, _cover(store, rect, within, area), value, opacity, _chosen(store, selection, rect))

    return remasked(store, mask, _places(within, area, selection), change)


def graded(
    store: TileStore,
    layer: PaintLayer,
    gradient: Gradient,
    within: Rect,
    selection: Mask | None = None,
    opacity: float = 1.0,
    lock_alpha: bool = False,
) -> TileMap:
    """A layer's tiles with a gradient over them inside `within`, where the selection is (None is all)."""

    def change(rect: Rect, base: Pixels) -> Pixels:
        amount = strength(_cover(store, rect, within, None), opacity, _chosen(store, selection, rect))
        return poured(base, gradient_pixels(gradient, rect), amount, lock_alpha)

    return repainted(store, layer.tiles, _places(within, None, selection), change)


def graded_mask(
    store: TileStore,
    mask: Mask,
    gradient: Gradient,
    within: Rect,
    selection: Mask | None = None,
    opacity: float = 1.0,
) -> Mask:
    """A mask with the gradient's brightness (its red, as both colours are grey) laid over it inside `within`."""

    def change(rect: Rect, base: Pixels) -> Pixels:
        amount = strength(_cover(store, rect, within, None), opacity, _chosen(store, selection, rect))
        pixels = gradient_pixels(gradient, rect)
        opaque = np.dstack([base, base, base, np.full_like(base, 255)])
        return np.ascontiguousarray(poured(opaque, pixels, amount)[..., 0])

    return remasked(store, mask, _places(within, None, selection), change)


def _places(within: Rect, area: Mask | None, selection: Mask | None) -> Iterator[Place]:
    """The tiles that a fill can reach: not those in which a mask that is empty outside has none."""
    bounding = [mask.tiles for mask in (area, selection) if mask is not None and not mask.outside]
    if not bounding:
        yield from places_in(within)
        return
    for place in min(bounding, key=len):
        if all(place in tiles for tiles in bounding) and not place.rect.intersected(within).empty:
            yield place


def _cover(store: TileStore, rect: Rect, within: Rect, area: Mask | None) -> Pixels:
    """How much of a tile is to be filled."""
    out = np.zeros((rect.height, rect.width), np.uint8)
    part = rect.intersected(within)
    out[inside(part, rect)] = 255 if area is None else store.mask(area, part)
    return out


def _chosen(store: TileStore, selection: Mask | None, rect: Rect) -> Pixels | None:
    return None if selection is None else store.mask(selection, rect)
