"""Documents for tests of the exchange: built by hand, or drawn by hypothesis."""

import dataclasses
from typing import Any

import numpy as np
from hypothesis import strategies as st

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
from studio.domain.document.document import Document, Guide
from studio.domain.document.layers import (
    AdjustmentLayer,
    GroupLayer,
    ImageLayer,
    Layer,
    Mask,
    MaskLayer,
    PaintLayer,
)
from studio.domain.document.tiles import EMPTY, TileMap
from studio.domain.geometry import Rect, Size
from studio.imaging.compose import Compositor
from studio.imaging.tiles import MemoryBlobs, Pixels, TileStore

STORE = TileStore(MemoryBlobs())
_fractions = st.floats(0, 1, width=32)
_bytes = st.integers(0, 255)
_names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def noise(seed: int, height: int, width: int) -> Pixels:
    """Valid premultiplied pixels: clear, half clear and opaque ones."""
    random = np.random.default_rng(seed)
    alpha = random.choice(np.array([0, 1, 90, 200, 255, 255, 255]), (height, width, 1))
    colour = random.integers(0, 256, (height, width, 3)) * alpha // 255
    return np.concatenate([colour, alpha], axis=2).astype(np.uint8)


def painted(seed: int, rect: Rect, store: TileStore = STORE) -> TileMap:
    """Tiles of noise in a rectangle."""
    return store.painted(EMPTY, rect, noise(seed, rect.height, rect.width))


def solid(rect: Rect, colour: tuple[int, int, int, int], store: TileStore = STORE) -> TileMap:
    """Tiles of one colour (premultiplied)."""
    return store.painted(EMPTY, rect, np.full((rect.height, rect.width, 4), colour, np.uint8))


def masked(seed: int, rect: Rect, outside: int = 0) -> Mask:
    """A mask of noise."""
    values = np.random.default_rng(seed).integers(0, 256, (rect.height, rect.width), dtype=np.uint8)
    return STORE.masked(Mask(EMPTY, outside), rect, values)


def rendered(document: Document, store: TileStore = STORE) -> Pixels:
    """The picture."""
    return Compositor(store).render(document, document.rect)


def nameless(document: Document) -> Document:
    """The same with nothing that a reading makes anew or that only we store: ids, selection, frame, active layer."""
    layers = tuple(_nameless(layer) for layer in document.layers)
    return Document(document.size, layers, guides=document.guides)


def _nameless(layer: Layer) -> Layer:
    if isinstance(layer, GroupLayer):
        layer = dataclasses.replace(layer, children=tuple(_nameless(child) for child in layer.children))
    return dataclasses.replace(layer, id="")


rects = st.builds(Rect, st.integers(-40, 60), st.integers(-300, 60), st.integers(1, 48), st.integers(1, 40))
_seeds = st.integers(0, 2**32)
_tiles = st.builds(painted, _seeds, rects) | st.just(EMPTY)


def _masks(outsides: st.SearchStrategy[int]) -> st.SearchStrategy[Mask | None]:
    return st.none() | st.builds(masked, _seeds, rects, outsides) | st.builds(Mask, st.just(EMPTY), outsides)


def _curves(values: st.SearchStrategy[float]) -> st.SearchStrategy[tuple[CurvePoint, ...]]:
    points = st.lists(st.tuples(values, values), min_size=2, max_size=6, unique_by=lambda point: point[0])
    return points.map(lambda pairs: tuple(CurvePoint(x, y) for x, y in sorted(pairs)))


def _stored_adjustments() -> st.SearchStrategy[Adjustment]:
    """What a PSD holds exactly."""
    steps = _bytes.map(lambda value: value / 255)
    percents = st.integers(-100, 100).map(lambda value: value / 100)
    balances = st.builds(Balance, percents, percents, percents)
    blacks = st.integers(0, 200).map(lambda value: value / 255)
    whites = st.integers(203, 255).map(lambda value: value / 255)
    gammas = st.integers(10, 999).map(lambda value: value / 100)
    line = st.just(Curves().value)
    hues = st.integers(-180, 180).map(float)
    return st.one_of(
        st.builds(Levels, blacks, whites, gammas, steps, steps),
        st.builds(Curves, *[line | _curves(steps)] * 4),
        st.builds(HueSaturation, hues, percents, percents),
        st.builds(ColorBalance, balances, balances, balances, st.booleans()),
    )


def _all_adjustments() -> st.SearchStrategy[Adjustment]:
    radii = st.floats(0, 6)
    return _stored_adjustments() | st.builds(Blur, radii) | st.builds(Sharpen, radii, st.floats(0, 5), _fractions)


@st.composite
def _layers(draw: st.DrawFn, everything: bool, depth: int) -> tuple[Layer, ...]:
    found: list[Layer] = []
    kinds = ["paint", "paint", "adjustment"] + (["group"] if depth else []) + (["image", "mask"] if everything else [])
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(kinds))
        opacities = _fractions if everything else _bytes.map(lambda value: value / 255)
        common: dict[str, Any] = {
            "name": draw(_names),
            "opacity": draw(opacities),
            "mode": draw(st.sampled_from([mode for mode in BlendMode if mode is not BlendMode.PASS_THROUGH])),
            "visible": draw(st.booleans()),
            "locked": draw(st.booleans()),
            "clipped": draw(st.booleans()),
            "mask": draw(_masks(_bytes if everything else st.sampled_from([0, 255]))),
        }
        # Without a mask, whether it is in force means nothing, and PSD has no place for it.
        common["mask_enabled"] = draw(st.booleans()) if everything or common["mask"] else True
        if kind == "paint":
            found.append(PaintLayer(**common, tiles=draw(_tiles)))
        elif kind == "adjustment":
            adjustments = _all_adjustments() if everything else _stored_adjustments()
            found.append(AdjustmentLayer(**common, adjustment=draw(adjustments)))
        elif kind == "image":
            tiles, numbers = painted(draw(_seeds), Rect(0, 0, 20, 12)), st.floats(-2, 2)
            matrix = (
                1.0,
                draw(numbers),
                draw(numbers),
                draw(numbers),
                1.5,
                draw(numbers),
                0.0,
                draw(_fractions) / 99,
                1.0,
            )
            found.append(ImageLayer(**common, tiles=tiles, width=20, height=12, matrix=matrix))
        elif kind == "mask":
            content = draw(_masks(_bytes)) or Mask()
            found.append(MaskLayer(**common, content=content, tint=(draw(_bytes), 3, 4)))
        else:
            if draw(st.booleans()):
                common["mode"] = BlendMode.PASS_THROUGH
            children = draw(_layers(everything, depth - 1))
            found.append(GroupLayer(**common, children=children, expanded=draw(st.booleans())))
    return tuple(found)


@st.composite
def documents(draw: st.DrawFn, everything: bool = True) -> Document:
    """A document; with `everything` all that ours can hold, otherwise what a PSD holds exactly."""
    size = Size(draw(st.integers(1, 60)), draw(st.integers(1, 300)))
    document = Document(size, draw(_layers(everything, 2)))
    steps = st.integers(0, 9000).map(lambda value: value / 32)
    guides = draw(st.lists(st.builds(Guide, st.floats(-9, 99) if everything else steps, st.booleans()), max_size=3))
    document = dataclasses.replace(document, guides=tuple(guides))
    if not everything:
        return document
    ids = [layer.id for layer in document.walk()]
    frame = Rect(draw(st.integers(-99, 99)), draw(st.integers(-99, 99)), 64, draw(st.integers(1, 999)))
    return dataclasses.replace(
        document, selection=draw(_masks(_bytes)), active=draw(st.sampled_from(["", *ids])), frame=frame
    )
