"""Tools that go by colour: magic wand, colour range, and the bucket."""

import math
from typing import ClassVar

from PySide6.QtCore import QCoreApplication

from studio.domain.document.document import Document
from studio.domain.document.edits import with_selection, with_tiles
from studio.domain.document.layers import Layer, Mask, PaintLayer
from studio.domain.geometry import Rect
from studio.imaging.fills import filled, filled_mask, flooded
from studio.imaging.painting.regions import Sample
from studio.imaging.selections import feathered, joined, likeness, region
from studio.ui.paint.desk import Change, PaintDesk
from studio.ui.paint.tools.base import Pointer, Tool
from studio.ui.paint.tools.pick import PickTool
from studio.ui.paint.tools.select import combination
from studio.ui.paint.tools.targets import grey


def sample_of(desk: PaintDesk, document: Document, layer: Layer | None) -> Sample:
    """What decides: the picture, or only the active layer."""
    if layer is None or desk.options.all_layers:
        return lambda rect: desk.compositor.render(document, rect)
    return lambda rect: desk.compositor.layer_pixels(layer, rect)


def pixel_at(at: Pointer) -> tuple[int, int]:
    """The pixel under the pen."""
    return math.floor(at.x), math.floor(at.y)


class WandTool(Tool):
    """Selects what is similar to the pixel that is clicked."""

    name: ClassVar[str] = "wand"

    def press(self, at: Pointer) -> None:
        """One edit."""
        desk, options, seed = self.desk, self.desk.options, pixel_at(at)
        if not desk.ready() or not desk.document.rect.contains(Rect(*seed, 1, 1)):
            return
        how, store = combination(at, options.how), desk.store
        sample = sample_of(desk, desk.document, desk.active)

        def change(document: Document) -> Document:
            canvas = document.rect
            found = region(store, sample, seed, canvas, options.tolerance, options.contiguous, 0, options.antialias)
            found = feathered(store, found, options.feather)
            return with_selection(document, joined(store, document.selection, found, how))

        desk.later(_tr("Magic wand"), change)


class RangeTool(Tool):
    """Selects everything of the colour that is clicked, softly, by how alike the eye finds it."""

    name: ClassVar[str] = "colour-range"

    def press(self, at: Pointer) -> None:
        """One edit."""
        desk, options, seed = self.desk, self.desk.options, pixel_at(at)
        colour = PickTool(desk).colour_at(*seed)
        if not desk.ready() or colour is None:
            return
        how, store = combination(at, options.how), desk.store
        sample = sample_of(desk, desk.document, desk.active)

        def change(document: Document) -> Document:
            found = likeness(store, sample, [colour], float(options.tolerance), document.rect)
            found = feathered(store, found, options.feather)
            return with_selection(document, joined(store, document.selection, found, how))

        desk.later(_tr("Colour range"), change)


class FillTool(Tool):
    """Pours the front colour over what is similar to the pixel that is clicked; in a selection only there."""

    name: ClassVar[str] = "fill"
    picks: ClassVar[bool] = True

    def press(self, at: Pointer) -> None:
        """One edit."""
        desk, seed = self.desk, pixel_at(at)
        if not desk.ready() or not desk.document.rect.contains(Rect(*seed, 1, 1)):
            return
        change = self._on_mask(seed) if self.mask() is not None else self._on_layer(seed)
        if change is not None:
            desk.set_inks(desk.inks.used())
            desk.later(_tr("Fill"), change)

    def _found(self, seed: tuple[int, int], document: Document, layer: Layer | None) -> Mask:
        options = self.desk.options
        sample = sample_of(self.desk, document, layer)
        return flooded(
            self.desk.store,
            sample,
            seed,
            document.rect,
            options.tolerance,
            options.contiguous,
            options.gap,
            options.grow,
            options.antialias,
        )

    def _on_layer(self, seed: tuple[int, int]) -> Change | None:
        desk = self.desk
        layer = self.paintable()
        if layer is None:
            return None
        colour, options, store = desk.inks.front, desk.options, desk.store

        def change(document: Document) -> Document:
            now = document.find(layer.id)
            if not isinstance(now, PaintLayer):
                return document
            area, opacity = self._found(seed, document, now), options.brush.opacity
            lock, chosen = options.lock_alpha, document.selection
            tiles = filled(store, now, colour, document.rect, area, chosen, opacity, lock_alpha=lock)
            return with_tiles(document, now.id, tiles)

        return change

    def _on_mask(self, seed: tuple[int, int]) -> Change:
        desk, layer, value = self.desk, self.desk.active, grey(self.desk.inks.front)

        def fill(document: Document, mask: Mask, selection: Mask | None) -> Mask:
            area = self._found(seed, document, layer)
            return filled_mask(desk.store, mask, value, document.rect, area, selection)

        return self.on_mask(fill)


def _tr(text: str) -> str:
    return QCoreApplication.translate("PaintTools", text)
