"""A clip of the canvas as it flows, on the project's timeline; in any thread."""

import dataclasses
from fractions import Fraction

import numpy as np

from studio.domain.document.document import Document
from studio.domain.document.flow import faster
from studio.domain.geometry import Size
from studio.domain.timeline.model import new_id
from studio.domain.timeline.requests import request_name_clip
from studio.domain.treatment import FlowLoop, require_valid_treatment
from studio.imaging.pixels import encode_png
from studio.session.clips.sources import take_path
from studio.session.clips.takes import Made, TakeStore
from studio.ui.animate.new_clips import with_new_loop
from studio.ui.paint.desk import Options, PaintDesk
from studio.ui.paint.frames.still import still_of

SIDE = 2048  # pixels: a larger canvas flows at this size
NAME = "Flow"


def with_loop(desk: PaintDesk, takes: TakeStore, document: Document, options: Options, clip_id: str) -> Document:
    """The document with a clip `clip_id` on its timeline that is a loop of the canvas, or of its active layer.

    The still and what of it is frozen are frames of a take of their own, 0 and 1, which the clip's task names: they are
    in the project file before the clip is. Raises StudioError: INPUT without arrows, DISK when they cannot be kept.
    """
    take = new_id()
    task = FlowLoop(
        take_path(take, 0),
        faster(document.flow, options.flow_speed),
        "",
        options.flow_frames,
        Fraction(options.flow_rate),
        options.flow_reach,
    )
    require_valid_treatment(task)
    still = still_of(desk.compositor, desk.store, document, SIDE, alone=options.flow_layer)
    made = [Made(0, encode_png(still.pixels))]
    if still.freeze is not None:
        made.append(Made(1, encode_png(np.where(still.freeze, np.uint8(255), np.uint8(0)))))
        task = dataclasses.replace(task, freeze=take_path(take, 1))
    takes.keep_all(take, made).result()
    height, width = still.pixels.shape[:2]
    timeline = with_new_loop(document.timeline, task, clip_id, 0, Size(width, height))
    return dataclasses.replace(document, timeline=request_name_clip(timeline, clip_id, NAME))
