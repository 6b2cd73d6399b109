"""The tools' ids, titles, signs and keys: data that costs nothing to load."""

from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

LIVE, LIVE_KEY = "live", "Ctrl+Shift+L"  # the command that switches live painting


@dataclass(frozen=True, slots=True)
class Entry:
    """A tool as the window shows it: id, title, icon and key; `group` parts the strip, `options` names its form."""

    id: str
    title: str
    sign: str
    key: str
    group: int
    options: str


def _named(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("PaintTools", text))


TOOLS: tuple[Entry, ...] = (
    Entry("brush", _named("Brush"), "brush", "B", 0, "brush"),
    Entry("eraser", _named("Eraser"), "eraser", "E", 0, "eraser"),
    Entry("fill", _named("Fill"), "paint-bucket", "G", 0, "fill"),
    Entry("gradient", _named("Gradient"), "blend", "Shift+G", 0, "gradient"),
    Entry("pick", _named("Pick a colour"), "pipette", "I", 0, "pick"),
    Entry("move", _named("Move"), "move", "V", 1, "move"),
    Entry("transform", _named("Transform"), "scaling", "Ctrl+T", 1, "transform"),
    Entry("text", _named("Text"), "type", "T", 1, "text"),
    Entry("crop", _named("Crop"), "crop", "C", 1, "crop"),
    Entry("select-rectangle", _named("Select a rectangle"), "square-dashed", "R", 2, "area"),
    Entry("select-ellipse", _named("Select an ellipse"), "circle-dashed", "Shift+R", 2, "area"),
    Entry("lasso", _named("Lasso"), "lasso", "L", 2, "area"),
    Entry("select-polygon", _named("Select a polygon"), "pentagon", "Shift+L", 2, "area"),
    Entry("wand", _named("Magic wand"), "wand", "W", 2, "wand"),
    Entry("colour-range", _named("Select a colour"), "droplets", "Shift+W", 2, "range"),
    Entry("frame", _named("Generation frame"), "frame", "F", 3, "frame"),
    Entry("flow", _named("Flow"), "wind", "A", 3, "flow"),
)


def title_of(entry: Entry) -> str:
    """The tool's name in the user's language."""
    return QCoreApplication.translate("PaintTools", entry.title)
