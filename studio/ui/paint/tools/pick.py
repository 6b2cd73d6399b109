"""The pipette."""

import dataclasses
import math
from typing import ClassVar

from studio.domain.geometry import Rect
from studio.ui.paint.pictures import Colour
from studio.ui.paint.tools.base import Pointer, Tool


class PickTool(Tool):
    """Takes the colour under the pen to the front, with Shift to the back: of the picture, or of the active layer."""

    name: ClassVar[str] = "pick"

    def press(self, at: Pointer) -> None:
        """Take it."""
        colour = self.colour_at(math.floor(at.x), math.floor(at.y))
        if colour is not None:
            inks = self.desk.inks
            changed = dataclasses.replace(inks, back=colour) if at.shift else dataclasses.replace(inks, front=colour)
            self.desk.set_inks(changed)

    def move(self, at: Pointer) -> None:
        """Go on taking."""
        self.press(at)

    def colour_at(self, x: int, y: int) -> Colour | None:
        """The colour of a pixel, None outside of the document and where nothing is."""
        desk, spot = self.desk, Rect(x, y, 1, 1)
        if not desk.document.rect.contains(spot):
            return None
        layer = None if desk.options.all_layers else desk.active
        if layer is None:
            pixel = desk.compositor.render(desk.document, spot)[0, 0]
        else:
            pixel = desk.compositor.layer_pixels(layer, spot)[0, 0]
        alpha = int(pixel[3])
        if alpha == 0:
            return None
        red, green, blue = (min(255, round(int(channel) * 255 / alpha)) for channel in pixel[:3])
        return red, green, blue
