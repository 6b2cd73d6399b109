"""Pixels taken out of a paint layer and put down again."""

import dataclasses

import numpy as np

from studio.domain.document.layers import ImageLayer, Layer, Mask, PaintLayer
from studio.domain.document.tiles import EMPTY, TileMap
from studio.domain.geometry import Rect
from studio.imaging import matrices
from studio.imaging.painting.ink import poured, scaled
from studio.imaging.painting.tiled import repainted
from studio.imaging.tiles import Pixels, TileStore
from studio.imaging.transforms import shifted


def standing_picture(store: TileStore, layer: PaintLayer, tiles: TileMap) -> ImageLayer:
    """Some tiles of a layer as a picture that lies where they are, without a tile being made."""
    place = tiles.bounds  # whole tiles, so that shifting to the origin only renames them
    common = {field.name: getattr(layer, field.name) for field in dataclasses.fields(Layer)}
    return ImageLayer(
        **common,
        tiles=shifted(store, tiles, -place.x, -place.y),
        width=place.width,
        height=place.height,
        matrix=matrices.translation(place.x, place.y),
    )


def taken_apart(store: TileStore, tiles: TileMap, chosen: Mask) -> tuple[TileMap, TileMap]:
    """What a mask selects of a layer's tiles, and what it leaves."""
    reached = [place for place in tiles if chosen.outside or place in chosen.tiles]

    def taking(rect: Rect, base: Pixels) -> Pixels:
        return scaled(base, store.mask(chosen, rect)[..., None])

    def leaving(rect: Rect, base: Pixels) -> Pixels:
        return scaled(base, 255 - store.mask(chosen, rect)[..., None])

    taken = EMPTY.edited({place: tiles[place] for place in reached})
    return repainted(store, taken, reached, taking), repainted(store, tiles, reached, leaving)


def dropped(store: TileStore, tiles: TileMap, above: TileMap) -> TileMap:
    """Tiles with others laid over them."""

    def dropping(rect: Rect, base: Pixels) -> Pixels:
        part = store.paint(above, rect)
        return poured(base, part, np.full(part.shape[:2], 255, np.uint8))

    return repainted(store, tiles, above, dropping)
