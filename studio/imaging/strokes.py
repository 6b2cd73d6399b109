"""Strokes: what a brush covers on its way, and the layer or mask painted with it.

While the pen is down, the window composes `painted(pixels of the layer, stroke.coverage(rect), ...)`; when it is
lifted, `Stroke.applied` or `Stroke.masked` gives the tiles of the one edit to commit.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from studio.domain.document.brushes import NO_SYMMETRY, Brush, BrushKind, Image, PenPoint, Symmetry
from studio.domain.document.layers import Mask, PaintLayer
from studio.domain.document.tiles import TILE, Place, TileMap, places_in
from studio.domain.geometry import Rect
from studio.imaging.painting.ink import Color, painted, painted_mask
from studio.imaging.painting.paths import Mark, Path
from studio.imaging.painting.textures import paper
from studio.imaging.painting.tiled import inside, remasked, repainted
from studio.imaging.painting.tips import Tip, dab
from studio.imaging.tiles import Pixels, TileStore

__all__ = ["Stroke", "painted", "painted_mask"]

NOWHERE = Rect(0, 0, 0, 0)


class Stroke:
    """The coverage of one stroke, in tiles where the brush has been.

    A dab of tip m (0 to 1) raises the coverage c where it is smaller to c + flow × (m − c): dabs build up, and never
    beyond the tip, so that edges stay as smooth as the tip however dense the dabs are. The brush's opacity is not in
    the coverage: it goes to `painted` and bounds the stroke as a whole. `within` is where it may paint, None for
    everywhere; equal `seed`s scatter and jitter equally.
    """

    def __init__(
        self, brush: Brush, symmetry: Symmetry = NO_SYMMETRY, within: Rect | None = None, seed: int = 0
    ) -> None:
        self.brush = brush
        self.touched: tuple[Rect, ...] = ()  # what the last call changed, for each image of the symmetry by itself
        self.bounds = NOWHERE  # all that was changed
        self._images, self._within = symmetry.images(), within
        self._path = Path(brush, seed)
        self._tiles: dict[Place, NDArray[np.float32]] = {}

    def extend(self, points: Iterable[PenPoint]) -> Rect:
        """Go on through these points; the smallest rectangle that holds what changed.

        The piece of the curve after the last point but one is drawn with the next point, which decides how it bends, or
        by `finish`. How points are split among calls makes no difference.
        """
        return self._deposit(mark for point in points for mark in self._path.extend(point))

    def finish(self) -> Rect:
        """The pen was lifted: draw the rest of the way to where it was; what changed."""
        return self._deposit(self._path.finish())

    @property
    def places(self) -> Iterator[Place]:
        """The tiles that the stroke has reached, in the order of rows."""
        yield from sorted(self._tiles, key=lambda place: (place.row, place.column))

    def reaches(self, place: Place) -> bool:
        """Whether the stroke has been in a tile."""
        return place in self._tiles

    def coverage(self, rect: Rect) -> Pixels:
        """What is covered in a rectangle: (h, w) uint8, 0 to 255, before the brush's opacity."""
        out = np.zeros((rect.height, rect.width), np.uint8)
        for place in places_in(rect):
            if (held := self._tiles.get(place)) is not None:
                part = place.rect.intersected(rect)
                out[inside(part, rect)] = _bytes(held[inside(part, place.rect)])
        return out

    def applied(
        self,
        store: TileStore,
        layer: PaintLayer,
        color: Color,
        selection: Mask | None = None,
        erase: bool = False,
        lock_alpha: bool = False,
    ) -> TileMap:
        """The layer's tiles with the stroke on them; tiles that it does not change are shared."""

        def change(rect: Rect, base: Pixels) -> Pixels:
            chosen = None if selection is None else store.mask(selection, rect)
            return painted(base, self.coverage(rect), color, self.brush.opacity, chosen, erase, lock_alpha)

        return repainted(store, layer.tiles, self.places, change)

    def masked(self, store: TileStore, mask: Mask, value: int, selection: Mask | None = None) -> Mask:
        """A mask with the stroke painted on it by a value of 0 (hides) to 255 (shows)."""

        def change(rect: Rect, base: Pixels) -> Pixels:
            chosen = None if selection is None else store.mask(selection, rect)
            return painted_mask(base, self.coverage(rect), value, self.brush.opacity, chosen)

        return remasked(store, mask, self.places, change)

    def _deposit(self, marks: Iterable[Mark]) -> Rect:
        touched = [NOWHERE] * len(self._images)
        for mark in marks:
            for i, image in enumerate(self._images):
                touched[i] = touched[i].united(self._stamp(mark, image))
        self.touched = tuple(rect for rect in touched if not rect.empty)
        whole = NOWHERE
        for rect in self.touched:
            whole = whole.united(rect)
        self.bounds = self.bounds.united(whole)
        return whole

    def _stamp(self, mark: Mark, image: Image) -> Rect:
        """Put one dab down; where."""
        brush = self.brush
        angle = image.turn + (-mark.angle if image.mirrored else mark.angle)
        texture = brush.texture if brush.kind is BrushKind.TEXTURED else None
        tip = Tip(mark.size, brush.hardness, mark.roundness, angle, image.mirrored, texture)
        x, y, values = dab(tip, *image.of(mark.x, mark.y))
        whole = Rect(x, y, values.shape[1], values.shape[0])
        rect = whole if self._within is None else whole.intersected(self._within)
        for place in places_in(rect):
            part = place.rect.intersected(rect)
            at = inside(part, place.rect)
            aim = values[inside(part, whole)]
            if mark.opacity < 1:
                aim = aim * np.float32(mark.opacity)
            if brush.grain:
                aim = aim * (1 - np.float32(brush.grain) * paper()[at])
            held = self._tiles.get(place)
            if held is None:
                if not aim.any():
                    continue
                held = self._tiles[place] = np.zeros((TILE, TILE), np.float32)
            _build_up(held[at], aim, mark.flow)
        return rect


def _build_up(held: NDArray[np.float32], aim: NDArray[np.float32], flow: float) -> None:
    if flow >= 1:
        np.maximum(held, aim, out=held)
        return
    missing = aim - held
    np.maximum(missing, 0, out=missing)
    missing *= np.float32(flow)
    held += missing


def _bytes(values: NDArray[np.float32]) -> Pixels:
    return np.asarray(np.rint(values * np.float32(255)), np.uint8)
