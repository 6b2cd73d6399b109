"""Kinds of Photoshop's layers that become plain pixels here."""

from psd_tools.constants import Tag
from psd_tools.psd.layer_and_mask import LayerRecord

from studio.imaging.exchange.values import Notices

_KINDS = {
    "Texts became pixels.": (Tag.TYPE_TOOL_OBJECT_SETTING, Tag.TYPE_TOOL_INFO),
    "Smart objects became pixels.": (
        Tag.SMART_OBJECT_LAYER_DATA1,
        Tag.SMART_OBJECT_LAYER_DATA2,
        Tag.PLACED_LAYER1,
        Tag.PLACED_LAYER2,
    ),
    "Shapes became pixels.": (Tag.VECTOR_STROKE_DATA, Tag.VECTOR_ORIGINATION_DATA),
    "Fills with a gradient or a pattern became pixels.": (Tag.GRADIENT_FILL_SETTING, Tag.PATTERN_FILL_SETTING),
    "Layer styles were left out.": (Tag.EFFECTS_LAYER, Tag.OBJECT_BASED_EFFECTS_LAYER_INFO),
}


def noticed(record: LayerRecord, name: str, notices: Notices) -> None:
    """Tell what a layer loses."""
    for what, keys in _KINDS.items():
        if any(key in record.tagged_blocks for key in keys):
            notices.add(what, "This program has no such layers.", name)


def solid_colour(record: LayerRecord) -> tuple[int, int, int] | None:
    """The RGB colour of a fill layer; None for other layers, and for colours of another kind."""
    block = record.tagged_blocks.get_data(Tag.SOLID_COLOR_SHEET_SETTING)
    colour = None if block is None else block.get(b"Clr ")
    if colour is None or record.width or record.height:
        return None
    try:
        red, green, blue = (min(255, max(0, round(float(colour[key].value)))) for key in (b"Rd  ", b"Grn ", b"Bl  "))
    except KeyError:
        return None
    return red, green, blue
