"""Finished frames of a clip on their way out."""

import json
from pathlib import Path

from studio.domain.codec import to_json
from studio.domain.jobs import Picture
from studio.domain.messages import PictureDone, Run
from studio.domain.sequence import Provenance
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import Pixels, encode_png


def finished(command: Run, index: int, seed: int, pixels: Pixels, provenance: Provenance) -> PictureDone:
    """Put frame `index` into the job's store; what is to be told of it. Raises StudioError (DISK)."""
    # Each frame is a blob of its own, by its number: of two that look the same, whoever keeps the first one drops its
    # blob, perhaps before the second one is heard of.
    digest = BlobStore(Path(command.store)).put(encode_png(pixels, f"Frame {index}"))
    height, width = pixels.shape[:2]
    about = json.dumps(to_json(provenance), separators=(",", ":"))
    return PictureDone(command.job_id, Picture(index, seed, digest, width, height, about=about))
