"""A frame of a clip, out of the project onto the canvas and back; in any thread."""

import dataclasses
import io
import time

import cv2
import numpy as np
from PIL import Image

from studio.domain.document.document import Document
from studio.domain.document.layers import PaintLayer
from studio.domain.document.repair import layers_of, place_for, require_repair, with_repair, without_repair
from studio.domain.document.tiles import EMPTY
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Rect, Size
from studio.domain.timeline.model import Clip, Generated, Take, Timeline, new_id
from studio.imaging.blend import premultiplied, straight
from studio.imaging.compose import Compositor
from studio.imaging.pictures import DAMAGE
from studio.imaging.pixels import encode_png
from studio.imaging.tiles import Pixels, TileStore
from studio.session.clips import changes, generating
from studio.session.clips.provenance import noted
from studio.session.clips.takes import Made, TakeStore

NOTE = "repaired on the canvas"
_SAME = 2  # of 255: what differs less was not touched; resizing rounds
_EDGE = 2  # canvas pixels around what was touched that are taken over, too


def opened(
    store: TileStore, takes: TakeStore, document: Document, clip_id: str, take_id: str, number: int, name: str
) -> Document:
    """The document with a frame of a take on top of all, as a layer called `name`.

    Raises StudioError (INPUT) when the clip, the take or the frame is not there.
    """
    _take(_clip(document.timeline, clip_id), take_id)
    pixels = frame_pixels(takes, take_id, number)
    rect = place_for(document, Size(pixels.shape[1], pixels.shape[0]))
    tiles = store.painted(EMPTY, rect, premultiplied(_resized(pixels, rect)))
    return with_repair(document, PaintLayer(name=name, tiles=tiles), clip_id, take_id, number, rect)


def brought_back(compositor: Compositor, takes: TakeStore, document: Document, name: str) -> Document:
    """The document without the repaired frame's layers, and with a new take of its clip, called `name`, in which this
    one is as it was on the canvas. The frames are in the project file before the timeline names their take.

    Raises StudioError: INPUT when clip or take are not there any more, DISK when the frame cannot be kept.
    """
    repair = require_repair(document)
    clip = showing(_clip(document.timeline, repair.clip), repair.take)
    pixels = repaired_pixels(compositor, document, frame_pixels(takes, repair.take, repair.number))
    generation = generating.repair(clip, [repair.number], name, takes.numbers(repair.take))
    take = Take(new_id(), generation.frames, generation.task, name, repair.take, time.time())
    about = noted(takes.about(repair.take, repair.number), NOTE)
    takes.keep_all(take.id, [Made(repair.number, encode_png(pixels), about)]).result()
    takes.copy(repair.take, take.id, generation.copied).result()
    timeline = changes.with_take(document.timeline, generation, take)
    return dataclasses.replace(without_repair(document), timeline=timeline)


def repaired_pixels(compositor: Compositor, document: Document, before: Pixels) -> Pixels:
    """The repaired frame, of the size of what it was `before`, (h, w, 3) where nothing of it is transparent.

    One that did not fit on the canvas keeps its own pixels where it was not touched.
    """
    rect = require_repair(document).rect
    after = straight(compositor.render_layers(layers_of(document), rect))
    if before.shape[:2] != after.shape[:2]:
        after = _fitted(before, after, rect)
    return np.ascontiguousarray(after[..., :3]) if (after[..., 3] == 255).all() else after


def frame_pixels(takes: TakeStore, take: str, number: int) -> Pixels:
    """A frame of a take, (h, w, 4), straight alpha. Raises StudioError (INPUT) for one that is missing."""
    png = takes.png(take, number)
    try:
        with Image.open(io.BytesIO(png or b"")) as image:
            return np.asarray(image.convert("RGBA"))
    except (*DAMAGE, Image.DecompressionBombError) as error:
        hint = "Wait until it is made, or choose another one."
        raise StudioError(ErrorKind.INPUT, f"Frame {number + 1} of the clip is not there.", hint, "number") from error


def showing(clip: Clip, take_id: str) -> Clip:
    """The clip with this take as the one that is seen. Raises StudioError (INPUT) where it has none such."""
    _take(clip, take_id)
    assert isinstance(clip.media, Generated)
    return dataclasses.replace(clip, media=dataclasses.replace(clip.media, active=take_id))


def _fitted(before: Pixels, after: Pixels, rect: Rect) -> Pixels:
    """What lies on the canvas at the frame's own size, and only where it is another than it was."""
    touched = np.asarray(cv2.absdiff(_resized(before, rect), after).max(axis=2) > _SAME, np.uint8) * 255
    touched = np.asarray(cv2.dilate(touched, np.ones((2 * _EDGE + 1,) * 2, np.uint8)), np.uint8)
    size = before.shape[1], before.shape[0]
    large = cv2.resize(after, size, interpolation=cv2.INTER_CUBIC)
    share = cv2.resize(touched, size, interpolation=cv2.INTER_LINEAR)[..., None].astype(np.float32) / 255
    return np.asarray(np.rint(before + share * (large.astype(np.float32) - before)), np.uint8)


def _resized(pixels: Pixels, rect: Rect) -> Pixels:
    if (pixels.shape[1], pixels.shape[0]) == (rect.width, rect.height):
        return pixels
    return np.asarray(cv2.resize(pixels, (rect.width, rect.height), interpolation=cv2.INTER_AREA), np.uint8)


def _clip(timeline: Timeline, clip_id: str) -> Clip:
    if (clip := timeline.clip(clip_id)) is None:
        hint = "Undo what took it away, or discard the frame."
        raise StudioError(ErrorKind.INPUT, "The frame's clip is not on the timeline any more.", hint, "clip")
    return clip


def _take(clip: Clip, take_id: str) -> Take:
    takes = clip.media.takes if isinstance(clip.media, Generated) else ()
    found = next((take for take in takes if take.id == take_id), None)
    if found is None:
        hint = "Undo what took it away, or discard the frame."
        raise StudioError(ErrorKind.INPUT, "The clip has not the frame's take any more.", hint, "clip")
    return found
