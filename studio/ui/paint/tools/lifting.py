"""Pixels taken out of a paint layer and put down again, and what a layer looks like while they are in the hand."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.domain.document.layers import GroupLayer, ImageLayer, Layer, Mask, PaintLayer, new_id
from studio.domain.document.tiles import EMPTY, TileMap
from studio.domain.geometry import Rect
from studio.imaging import matrices
from studio.imaging.painting.ink import poured, scaled
from studio.imaging.painting.tiled import repainted
from studio.imaging.tiles import Pixels, TileStore
from studio.imaging.transforms import applied, shifted


@dataclass(frozen=True, slots=True)
class Standing:
    """A layer as it is shown while it is moved, without a tile being made on the way: pictures take the place of
    pixels, and those named in `moving` go along.
    """

    layer: Layer
    moving: frozenset[str]

    def at(self, dx: int, dy: int) -> Layer:
        """The layer after a move by whole pixels."""
        return self._moved(self.layer, dx, dy)

    def _moved(self, layer: Layer, dx: int, dy: int) -> Layer:
        if isinstance(layer, GroupLayer):
            return dataclasses.replace(layer, children=tuple(self._moved(child, dx, dy) for child in layer.children))
        if isinstance(layer, ImageLayer) and layer.id in self.moving:
            move = matrices.translation(dx, dy)
            return dataclasses.replace(layer, matrix=matrices.composed(move, layer.matrix))
        return layer


def standing(store: TileStore, layer: Layer) -> Standing:
    """All of a layer, ready to be moved. Masks of layers with pixels go along with them; that of a group stays."""
    made = _pictures(store, layer)
    return Standing(made, frozenset(each.id for each in _walk(made) if isinstance(each, ImageLayer)))


def standing_part(store: TileStore, layer: PaintLayer, rest: TileMap, taken: TileMap) -> Standing:
    """What was taken out of a paint layer, over what is left of it."""
    if not taken:
        return Standing(layer, frozenset())
    picture = plain(standing_picture(store, layer, taken))
    return Standing(over_rest(layer, rest, picture), frozenset((picture.id,)))


def over_rest(layer: PaintLayer, rest: TileMap, picture: ImageLayer) -> GroupLayer:
    """A layer with a plain picture over what is left of its pixels, as one that looks as if both were merged."""
    below = PaintLayer(id=f"{layer.id}-rest", tiles=rest)
    return GroupLayer(**_common(layer), children=(below, picture))


def standing_picture(store: TileStore, layer: PaintLayer, tiles: TileMap) -> ImageLayer:
    """Some tiles of a layer as a picture that lies where they are, without a tile being made."""
    place = tiles.bounds  # whole tiles, so that shifting to the origin only renames them
    return ImageLayer(
        **_common(layer),
        tiles=shifted(store, tiles, -place.x, -place.y),
        width=place.width,
        height=place.height,
        matrix=matrices.translation(place.x, place.y),
    )


def plain(picture: ImageLayer) -> ImageLayer:
    """The picture's pixels alone: neither mask nor mode, wholly opaque, under an id of their own."""
    return ImageLayer(
        id=new_id(), tiles=picture.tiles, width=picture.width, height=picture.height, matrix=picture.matrix
    )


def taken_apart(store: TileStore, tiles: TileMap, chosen: Mask) -> tuple[TileMap, TileMap]:
    """What a mask selects of a layer's tiles, and what it leaves."""
    reached = [place for place in tiles if chosen.outside or place in chosen.tiles]

    def leaving(rect: Rect, base: Pixels) -> Pixels:
        return scaled(base, 255 - store.mask(chosen, rect)[..., None])

    taken = EMPTY.edited({place: tiles[place] for place in reached})
    return _masked(store, taken, chosen), repainted(store, tiles, reached, leaving)


def dropped(store: TileStore, tiles: TileMap, above: TileMap) -> TileMap:
    """Tiles with others laid over them."""

    def dropping(rect: Rect, base: Pixels) -> Pixels:
        part = store.paint(above, rect)
        return poured(base, part, np.full(part.shape[:2], 255, np.uint8))

    return repainted(store, tiles, above, dropping)


def _pictures(store: TileStore, layer: Layer) -> Layer:
    if isinstance(layer, GroupLayer):
        return dataclasses.replace(layer, children=tuple(_pictures(store, child) for child in layer.children))
    if isinstance(layer, ImageLayer) and layer.mask is not None and layer.mask_enabled:
        layer = applied(store, layer)
    if not isinstance(layer, PaintLayer) or not layer.tiles:
        return layer
    tiles = layer.tiles
    if layer.mask is not None and layer.mask_enabled:
        tiles = _masked(store, tiles, layer.mask)
    picture = standing_picture(store, layer, tiles) if tiles else layer
    return dataclasses.replace(picture, mask=None)


def _masked(store: TileStore, tiles: TileMap, mask: Mask) -> TileMap:
    def taking(rect: Rect, base: Pixels) -> Pixels:
        return scaled(base, store.mask(mask, rect)[..., None])

    return repainted(store, tiles, tiles, taking)


def _walk(layer: Layer) -> list[Layer]:
    children = layer.children if isinstance(layer, GroupLayer) else ()
    return [layer, *(each for child in children for each in _walk(child))]


def _common(layer: Layer) -> dict[str, Any]:
    """What all kinds of layers have."""
    return {field.name: getattr(layer, field.name) for field in dataclasses.fields(Layer)}
