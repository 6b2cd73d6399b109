"""How a frame came to be, as the text that goes with it."""

import dataclasses
import json

from studio.domain.codec import from_json, to_json
from studio.domain.sequence import Provenance


def write_provenance(provenance: Provenance) -> str:
    """The JSON of a provenance."""
    return json.dumps(to_json(provenance), ensure_ascii=False, separators=(",", ":"))


def read_provenance(text: str) -> Provenance | None:
    """What `write_provenance` wrote; None for what says nothing, or nothing that this version understands."""
    try:
        return from_json(Provenance, json.loads(text))
    except (ValueError, RecursionError):
        return None


def noted(text: str, note: str, method: str = "") -> str:
    """The same with a note of what was done to the frame since; `method` takes the place of what made it, if given."""
    before = read_provenance(text) or Provenance("", 0)
    return write_provenance(dataclasses.replace(before, note=note, method=method or before.method))
