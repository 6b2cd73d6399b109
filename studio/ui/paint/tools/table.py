"""The tools of an editor, by their ids in `studio/ui/paint/keys.py`."""

from collections.abc import Callable

from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.live import Live
from studio.ui.paint.tools.alike import FillTool, RangeTool, WandTool
from studio.ui.paint.tools.base import Tool
from studio.ui.paint.tools.brush import BrushTool, EraserTool
from studio.ui.paint.tools.flow_brush import FlowTool
from studio.ui.paint.tools.framing import CropTool, FrameTool
from studio.ui.paint.tools.gradient import GradientTool
from studio.ui.paint.tools.moving import MoveTool
from studio.ui.paint.tools.pick import PickTool
from studio.ui.paint.tools.select import EllipseTool, LassoTool, PolygonTool, RectangleTool
from studio.ui.paint.tools.text import TextTool
from studio.ui.paint.tools.transform import TransformTool

MAKERS: dict[str, Callable[[PaintDesk], Tool]] = {
    "move": MoveTool,
    "transform": TransformTool,
    "text": TextTool,
    "crop": CropTool,
    "frame": FrameTool,
    "flow": FlowTool,
    "fill": FillTool,
    "gradient": GradientTool,
    "pick": PickTool,
    "select-rectangle": RectangleTool,
    "select-ellipse": EllipseTool,
    "lasso": LassoTool,
    "select-polygon": PolygonTool,
    "wand": WandTool,
    "colour-range": RangeTool,
}


def tools(desk: PaintDesk, live: Live) -> dict[str, Tool]:
    """All tools for a desk, by their ids."""
    made: dict[str, Tool] = {"brush": BrushTool(desk, live), "eraser": EraserTool(desk, live)}
    return made | {name: make(desk) for name, make in MAKERS.items()}
