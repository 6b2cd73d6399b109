"""The canvas in and out of the files of other programs: flat pictures, OpenRaster and Photoshop documents.

What cannot go over as it is becomes a `Notice`. Nothing in a file is trusted: sizes are checked before anything is
unpacked, and whatever is wrong is a StudioError.
"""

from pathlib import Path

from studio.domain.document.document import Document
from studio.domain.user_paths import expanded
from studio.imaging.exchange.errors import errors_of, require_file, writing
from studio.imaging.exchange.formats import FORMATS, Format, format_for, recognised
from studio.imaging.exchange.values import Imported, Notice, Notices, Saving
from studio.imaging.files import replacing
from studio.imaging.tiles import TileStore

__all__ = ["FORMATS", "Format", "Imported", "Notice", "Saving", "format_for", "read", "recognised", "write"]


def read(path: Path, store: TileStore) -> Imported:
    """The document in a file, whatever its suffix says; its tiles are put into `store`.

    Raises StudioError: INPUT for what is missing, damaged, hostile, too large or in no format of ours, DISK for what
    cannot be read, MEMORY for what does not fit. Tiles that were put into the store by then stay there, unused.
    """
    path = expanded(path)
    require_file(path)
    with errors_of(path):
        found = recognised(path)
        assert found.read is not None  # what is recognised can be read
        return found.read(path, store)


def write(path: Path, document: Document, store: TileStore, saving: Saving | None = None) -> tuple[Notice, ...]:
    """Save a document in the format of the suffix, replacing what was there in one step; what it does not hold.

    Raises StudioError: INPUT for a suffix or a canvas that no format takes, DISK or MEMORY when it cannot be written.
    What was there before is then untouched.
    """
    path = expanded(path)
    found = format_for(path)
    assert found.write is not None  # as format_for says
    notices = Notices()
    with writing(path), replacing(path) as file:
        found.write(file, path, document, store, saving or Saving(), notices)
    return notices.all
