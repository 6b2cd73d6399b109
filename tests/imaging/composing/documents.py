"""Random documents around a corner where four tiles meet, and a plain compositor that draws them whole."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from studio.domain.document.adjustments import (
    Adjustment,
    Balance,
    Blur,
    ColorBalance,
    CurvePoint,
    Curves,
    HueSaturation,
    Levels,
    Sharpen,
)
from studio.domain.document.blending import BlendMode
from studio.domain.document.document import Document
from studio.domain.document.layers import (
    AdjustmentLayer,
    GroupLayer,
    ImageLayer,
    Layer,
    Mask,
    MaskLayer,
    Matrix,
    PaintLayer,
)
from studio.domain.document.tiles import EMPTY
from studio.domain.geometry import Rect, Size
from studio.imaging.adjust import adjusted
from studio.imaging.blend import blend, blend_atop, faded, mixed, straight
from studio.imaging.matrices import composed, corners, perspective, rotation, scaling, translation
from studio.imaging.tiles import TileStore
from studio.imaging.transforms import warp

Pixels = NDArray[np.uint8]
AREA = Rect(160, 160, 192, 192)  # all that is painted lies inside
MODES: list[BlendMode] = [mode for mode in BlendMode if mode is not BlendMode.PASS_THROUGH]
ADJUSTMENTS: tuple[Adjustment, ...] = (
    Levels(black=0.1, white=0.8, gamma=1.4),
    Curves(value=(CurvePoint(0, 0.2), CurvePoint(0.5, 0.6), CurvePoint(1, 1))),
    HueSaturation(hue=70, saturation=0.3, lightness=-0.1),
    ColorBalance(shadows=Balance(red=0.4), highlights=Balance(blue=-0.3)),
    Blur(radius=1.5),
    Blur(radius=7.0),
    Sharpen(radius=2.0, amount=1.2),
)


class Maker:
    """Makes layers from a seed."""

    def __init__(self, store: TileStore, seed: int) -> None:
        self.store, self.random = store, np.random.default_rng(seed)

    def rect(self) -> Rect:
        x, y = (int(value) for value in self.random.integers(0, 120, 2))
        width, height = (int(value) for value in self.random.integers(20, 120, 2))
        return Rect(AREA.x + x, AREA.y + y, width, height).intersected(AREA)

    def pixels(self, rect: Rect) -> Pixels:
        """Coarse noise, some of it transparent or opaque."""
        random, shape = self.random, (-(-rect.height // 8), -(-rect.width // 8), 4)
        coarse = random.integers(0, 256, shape, np.uint8)
        coarse[..., 3] = random.choice([0, 90, 200, 255], shape[:2])
        pixels = coarse.repeat(8, 0).repeat(8, 1)[: rect.height, : rect.width].copy()
        pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
        return pixels

    def mask(self) -> Mask:
        rect, outside = self.rect(), int(self.random.choice([0, 255]))
        return self.store.masked(Mask(outside=outside), rect, self.pixels(rect)[..., 0])

    def matrix(self, width: int, height: int) -> Matrix:
        """A quarter turn, any turn in any size, or a perspective, of a picture with sides of at most 60."""
        random = self.random
        x, y = random.integers(64, AREA.width - 64, 2).tolist()
        moved = translation(AREA.x + x, AREA.y + y)
        middle = translation(-width / 2, -height / 2)
        kind = random.choice(["quarter", "turned", "perspective"])
        if kind == "quarter":
            return composed(moved, rotation(90), middle)
        size = scaling(*random.uniform(0.5, 1.3, 2).tolist())
        turned = composed(moved, rotation(float(random.uniform(-180, 180))), size, middle)
        if kind == "turned":
            return turned
        by = random.uniform(-6, 6, (4, 2)).tolist()
        points = [(x + dx, y + dy) for (x, y), (dx, dy) in zip(corners(turned, width, height), by, strict=True)]
        return perspective(width, height, points)

    def layers(self, count: int, depth: int) -> tuple[Layer, ...]:
        return tuple(self.layer(depth) for _ in range(count))

    def layer(self, depth: int) -> Layer:
        random = self.random
        kind = random.choice(["paint", "paint", "paint", "image", "mask", "adjustment", "group"])
        layer: Layer
        if kind == "image":
            size = Rect(0, 0, 60, 50)
            tiles = self.store.painted(EMPTY, size, self.pixels(size))
            layer = ImageLayer(tiles=tiles, width=60, height=50, matrix=self.matrix(60, 50))
        elif kind == "mask":
            layer = MaskLayer(content=self.mask())
        elif kind == "adjustment":
            layer = AdjustmentLayer(adjustment=ADJUSTMENTS[random.integers(len(ADJUSTMENTS))])
        elif kind == "group" and depth:
            layer = GroupLayer(children=self.layers(int(random.integers(0, 4)), depth - 1))
        else:
            rect = self.rect()
            layer = PaintLayer(tiles=self.store.painted(EMPTY, rect, self.pixels(rect)))
        mode: BlendMode = MODES[random.integers(len(MODES))] if random.random() < 0.7 else BlendMode.NORMAL
        if isinstance(layer, GroupLayer) and random.random() < 0.6:
            mode = BlendMode.PASS_THROUGH
        return dataclasses.replace(
            layer,
            mode=mode,
            opacity=float(random.choice([1.0, 1.0, 0.6, 0.0])) if random.random() < 0.5 else 1.0,
            visible=bool(random.random() < 0.9),
            clipped=bool(random.random() < 0.3),
            mask=self.mask() if random.random() < 0.3 else None,
            mask_enabled=bool(random.random() < 0.8),
        )

    def document(self, count: int = 5, depth: int = 2) -> Document:
        return Document(size=Size(600, 600), layers=self.layers(count, depth))


def plainly(store: TileStore, document: Document, rect: Rect) -> Pixels:
    """The document as the words of its docstrings say, in one piece, nothing kept and nothing skipped."""
    whole = AREA.united(rect).grown(64)
    pixels = _stack(store, document.layers, whole, np.zeros((whole.height, whole.width, 4), np.uint8))
    y, x = rect.y - whole.y, rect.x - whole.x
    return pixels[y : y + rect.height, x : x + rect.width]


def _stack(store: TileStore, layers: tuple[Layer, ...], rect: Rect, backdrop: Pixels) -> Pixels:
    layers = tuple(layer for layer in layers if not isinstance(layer, MaskLayer))
    at, n = (rect.x, rect.y), 0
    while n < len(layers):
        base, n = layers[n], n + 1
        clipped: list[Layer] = []
        while not base.clipped and n < len(layers) and layers[n].clipped:
            clipped.append(layers[n])
            n += 1
        if not base.visible:
            continue
        mask = store.mask(base.mask, rect) if base.mask is not None and base.mask_enabled else None
        through = isinstance(base, GroupLayer) and base.mode is BlendMode.PASS_THROUGH
        if isinstance(base, AdjustmentLayer):
            after = _clip(store, clipped, rect, _adjusted(base, backdrop, rect))
            backdrop = mixed(backdrop, after, base.opacity, mask)
        elif isinstance(base, GroupLayer) and through and not any(map(_shows, clipped)):
            backdrop = mixed(backdrop, _stack(store, base.children, rect, backdrop), base.opacity, mask)
        elif not clipped:
            backdrop = blend(base.mode, backdrop, faded(_content(store, base, rect), base.opacity, mask), at)
        elif base.opacity:
            alone = faded(_content(store, base, rect), 1.0, mask)
            if not any(map(_shows, clipped)):
                alone = faded(_content(store, base, rect), base.opacity, mask)
            else:
                alone = faded(_clip(store, clipped, rect, alone), base.opacity, None)
            backdrop = blend(base.mode, backdrop, alone, at)
    return backdrop


def _shows(layer: Layer) -> bool:
    return layer.visible and layer.opacity > 0


def _clip(store: TileStore, layers: list[Layer], rect: Rect, pixels: Pixels) -> Pixels:
    for layer in filter(_shows, layers):
        mask = store.mask(layer.mask, rect) if layer.mask is not None and layer.mask_enabled else None
        if isinstance(layer, AdjustmentLayer):
            pixels = mixed(pixels, _adjusted(layer, pixels, rect), layer.opacity, mask)
        else:
            pixels = pixels.copy()
            source = faded(_content(store, layer, rect), layer.opacity, mask)
            blend_atop(layer.mode, pixels, source, (rect.x, rect.y))
    return pixels


def _adjusted(layer: AdjustmentLayer, pixels: Pixels, rect: Rect) -> Pixels:
    after = adjusted(pixels, layer.adjustment, (rect.x, rect.y))
    if layer.mode is BlendMode.NORMAL:
        return after
    source, out = straight(after), pixels.copy()
    source[..., 3] = 255
    blend_atop(layer.mode, out, source, (rect.x, rect.y))
    return out


def _content(store: TileStore, layer: Layer, rect: Rect) -> Pixels:
    if isinstance(layer, PaintLayer):
        return store.paint(layer.tiles, rect)
    if isinstance(layer, ImageLayer):
        return warp(store, layer, rect)
    assert isinstance(layer, GroupLayer)
    return _stack(store, layer.children, rect, np.zeros((rect.height, rect.width, 4), np.uint8))
