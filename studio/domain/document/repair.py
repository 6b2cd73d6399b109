"""A frame of a clip on the canvas: how it gets there, and how the canvas is left again."""

import dataclasses

from studio.domain.document.document import Document, FrameRepair
from studio.domain.document.edits import insert
from studio.domain.document.layers import Layer, PaintLayer
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size


def place_for(document: Document, size: Size) -> Rect:
    """Where a frame of `size` goes: pixel by pixel around the middle of the generation frame, and wholly on the canvas;
    one that is larger than the canvas is made as small as that, in the middle.
    """
    canvas = document.size
    scale = min(1.0, canvas.width / size.width, canvas.height / size.height)
    width, height = max(1, round(size.width * scale)), max(1, round(size.height * scale))
    frame = document.frame if scale == 1 else document.rect
    x, y = frame.x + (frame.width - width) // 2, frame.y + (frame.height - height) // 2
    return Rect(min(max(x, 0), canvas.width - width), min(max(y, 0), canvas.height - height), width, height)


def with_repair(document: Document, layer: PaintLayer, clip: str, take: str, number: int, rect: Rect) -> Document:
    """The canvas with a frame on top of all, as `layer` at `rect`, where pictures are generated from then on; one that
    was there before goes, as by `without_repair`.
    """
    document = without_repair(document)
    others = tuple(each.id for each in document.layers)
    repair = FrameRepair(clip, take, number, layer.id, rect, others, document.frame)
    return dataclasses.replace(insert(document, layer), repair=repair, frame=rect)


def without_repair(document: Document) -> Document:
    """The canvas without the frame that was repaired, and without the layers that came onto it. What was merged with
    layers that were there before stays.
    """
    repair = document.repair
    if repair is None:
        return document
    gone = {layer.id for layer in _came(document, repair)}
    kept = tuple(layer for layer in document.layers if layer.id not in gone)
    after = dataclasses.replace(document, layers=kept, frame=repair.frame, repair=None)
    if after.find(after.active) is not None:
        return after
    return dataclasses.replace(after, active=kept[-1].id if kept else "")


def layers_of(document: Document) -> tuple[Layer, ...]:
    """What makes up the repaired frame, the lowest first: its layer and those that came onto it; all layers of the
    canvas where its own was merged with some that were there before. Raises StudioError (INPUT) for no repair.
    """
    return _came(document, require_repair(document)) or document.layers


def _came(document: Document, repair: FrameRepair) -> tuple[Layer, ...]:
    """The outermost layers that are there since the frame is, from its own on if that is one of them; none where it was
    merged with some that were there before, and cannot be told from them.
    """
    ids = [layer.id for layer in document.layers]
    first = ids.index(repair.layer) if repair.layer in ids else 0
    came = tuple(layer for layer in document.layers[first:] if layer.id not in repair.others)
    apart = dataclasses.replace(document, layers=came).find(repair.layer) is not None or {*repair.others} <= {*ids}
    return came if apart else ()


def require_repair(document: Document) -> FrameRepair:
    """The frame that is on the canvas. Raises StudioError (INPUT) for none."""
    if document.repair is None:
        hint = "Choose one on the timeline, and Repair this frame."
        raise StudioError(ErrorKind.INPUT, "No frame of a clip is on the canvas.", hint)
    return document.repair
