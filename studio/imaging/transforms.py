"""Layers moved, cropped and transformed."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np

from studio.domain.document.document import MAX_SIDE
from studio.domain.document.layers import ImageLayer, Layer, Mask, Matrix, PaintLayer, new_id
from studio.domain.document.tiles import EMPTY, TILE, Place, TileMap, places_in
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect
from studio.imaging import matrices
from studio.imaging.painting.ink import scaled
from studio.imaging.painting.resampling import Picture, resampled
from studio.imaging.painting.shapes import bounds as bounds_of
from studio.imaging.painting.tiled import inside, remasked, repainted
from studio.imaging.tiles import Pixels, TileStore

Image = TypeVar("Image", bound=ImageLayer)


def warp(store: TileStore, layer: ImageLayer, rect: Rect) -> Pixels:
    """The pixels (h, w, 4) that a transformed picture shows in a rectangle of the document, without mask and opacity.

    Moves by whole pixels, turns by quarters and mirrors are exact; otherwise pixels are averaged where the picture is
    reduced, and bicubic where it is enlarged. How rectangles are cut makes no difference. Nothing is shown of a picture
    whose matrix squeezes it flat, folds it or takes it to infinity: what makes such matrices refuses them.
    """
    move = matrices.whole_move(layer.matrix)
    if move is not None:
        return store.paint(layer.tiles, rect.moved(-move[0], -move[1]))
    try:
        outline = matrices.corners(layer.matrix, layer.width, layer.height)
        back = matrices.inverse(layer.matrix)
    except StudioError:
        return np.zeros((rect.height, rect.width, 4), np.uint8)
    return resampled(Picture(store, layer.tiles, layer.width, layer.height), back, outline, rect)


def corners(layer: ImageLayer) -> matrices.Corners:
    """Where the picture's corners lie in the document: upper left, upper right, lower right, lower left of the picture.

    Raises StudioError (INPUT) for a matrix that squeezes the picture flat, folds it or takes it to infinity.
    """
    return matrices.corners(layer.matrix, layer.width, layer.height)


def bounds(layer: ImageLayer) -> Rect:
    """The smallest rectangle of whole pixels that holds the transformed picture. Raises as `corners` does."""
    # A corner on a whole pixel must not reach into the next by an error in its last digits.
    return bounds_of(np.round(np.array(corners(layer)), 6))


def transformed(layer: Image, matrix: Matrix) -> Image:
    """The layer after one more transformation of the document's plane. Raises StudioError (INPUT) as `corners` does."""
    product = matrices.composed(matrix, layer.matrix)
    matrices.corners(product, layer.width, layer.height)
    return dataclasses.replace(layer, matrix=product)


def placed(layer: Image, points: matrices.Corners) -> Image:
    """The layer with its corners (in the order of `corners`) at these points. Raises StudioError (INPUT) if they do not
    go round a convex area.
    """
    return dataclasses.replace(layer, matrix=matrices.perspective(layer.width, layer.height, points))


def applied(store: TileStore, layer: ImageLayer, within: Rect | None = None) -> PaintLayer:
    """A paint layer of what the transformed picture shows, all of it or what lies inside `within`.

    Raises StudioError (INPUT) as `corners` does, and for a picture larger than any canvas when `within` is None.
    """
    area = bounds(layer)
    if within is not None:
        area = area.intersected(within)
    elif max(area.width, area.height) > 2 * MAX_SIDE:
        message = f"The transformed picture would be {area.width} × {area.height} pixels."
        raise StudioError(ErrorKind.INPUT, message, "Make it smaller, or crop it to the canvas.", "matrix")
    move = matrices.whole_move(layer.matrix)
    if move is not None and within is None:
        tiles = shifted(store, layer.tiles, *move)
    else:

        def change(rect: Rect, base: Pixels) -> Pixels:
            out, part = np.zeros_like(base), rect.intersected(area)
            out[inside(part, rect)] = warp(store, layer, part)
            return out

        tiles = repainted(store, EMPTY, places_in(area), change)
    return PaintLayer(**_common(layer), tiles=tiles)


class Lifted(NamedTuple):
    """What of a paint layer stays, and what was lifted from it to be transformed."""

    rest: PaintLayer
    picture: ImageLayer


def lifted(store: TileStore, layer: PaintLayer, selection: Mask | None = None) -> Lifted:
    """Take what is selected, or all, out of a paint layer, as a picture that is still where it was.

    Without a selection the picture keeps the layer's id, whose place it takes; with one it is a new layer without mask.
    Raises StudioError (INPUT) where there is nothing to take.
    """
    rest, taken = layer.tiles, layer.tiles
    if selection is not None:
        chosen = selection

        def taking(rect: Rect, base: Pixels) -> Pixels:
            return scaled(base, store.mask(chosen, rect)[..., None])

        def leaving(rect: Rect, base: Pixels) -> Pixels:
            return scaled(base, 255 - store.mask(chosen, rect)[..., None])

        taken = repainted(store, layer.tiles, [*layer.tiles], taking)
        rest = repainted(store, layer.tiles, [*layer.tiles], leaving)
    area = content(store, taken)
    if area.empty:
        message = "There is nothing here to transform."
        raise StudioError(ErrorKind.INPUT, message, "Choose a layer or a selection that holds pixels.")
    fields: dict[str, Any] = {
        "tiles": shifted(store, taken, -area.x, -area.y),
        "width": area.width,
        "height": area.height,
        "matrix": matrices.translation(area.x, area.y),
    }
    common = _common(layer)
    if selection is None:
        return Lifted(dataclasses.replace(layer, tiles=EMPTY), ImageLayer(**common, **fields))
    common |= {"id": new_id(), "mask": None}
    return Lifted(dataclasses.replace(layer, tiles=rest), ImageLayer(**common, **fields))


def shifted(store: TileStore, tiles: TileMap, dx: int, dy: int) -> TileMap:
    """A paint layer's tiles moved by whole pixels; by multiples of 256 they are shared."""
    if shared := _renamed(tiles, dx, dy):
        return EMPTY.edited(shared)

    def change(rect: Rect, base: Pixels) -> Pixels:
        return store.paint(tiles, rect.moved(-dx, -dy))

    return repainted(store, EMPTY, _targets(tiles, dx, dy), change)


def shifted_mask(store: TileStore, mask: Mask, dx: int, dy: int) -> Mask:
    """A mask moved by whole pixels; by multiples of 256 its tiles are shared."""
    if shared := _renamed(mask.tiles, dx, dy):
        return Mask(EMPTY.edited(shared), mask.outside)

    def change(rect: Rect, base: Pixels) -> Pixels:
        return store.mask(mask, rect.moved(-dx, -dy))

    return remasked(store, Mask(outside=mask.outside), _targets(mask.tiles, dx, dy), change)


def cropped(store: TileStore, tiles: TileMap, rect: Rect) -> TileMap:
    """A paint layer's tiles without what lies outside a rectangle; tiles inside are shared."""

    def change(whole: Rect, base: Pixels) -> Pixels:
        out, part = np.zeros_like(base), whole.intersected(rect)
        out[inside(part, whole)] = base[inside(part, whole)]
        return out

    return repainted(store, tiles, [place for place in tiles if not rect.contains(place.rect)], change)


def cropped_mask(store: TileStore, mask: Mask, rect: Rect) -> Mask:
    """A mask that is what it has outside its tiles everywhere outside a rectangle; tiles inside are shared."""

    def change(whole: Rect, base: Pixels) -> Pixels:
        out, part = np.full_like(base, mask.outside), whole.intersected(rect)
        out[inside(part, whole)] = base[inside(part, whole)]
        return out

    return remasked(store, mask, [place for place in mask.tiles if not rect.contains(place.rect)], change)


def content(store: TileStore, tiles: TileMap) -> Rect:
    """The smallest rectangle that holds all that is not transparent."""
    found = Rect(0, 0, 0, 0)
    for place, digest in tiles.items():
        if found.contains(place.rect):
            continue
        alpha = store.get(digest)[..., 3]
        rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
        if len(rows):
            x, y = int(columns[0]), int(rows[0])
            part = Rect(place.rect.x + x, place.rect.y + y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1)
            found = found.united(part)
    return found


def _renamed(tiles: TileMap, dx: int, dy: int) -> dict[Place, str | None] | None:
    """The same tiles at other places, where the move is by whole tiles."""
    if dx % TILE or dy % TILE:
        return None
    return {Place(at.column + dx // TILE, at.row + dy // TILE): digest for at, digest in tiles.items()}


def _targets(tiles: TileMap, dx: int, dy: int) -> set[Place]:
    return {place for at in tiles for place in places_in(at.rect.moved(dx, dy))}


def _common(layer: Layer) -> dict[str, Any]:
    """What all kinds of layers have."""
    values: Mapping[str, Any] = {field.name: getattr(layer, field.name) for field in dataclasses.fields(Layer)}
    return dict(values)
