"""Flat pictures as canvases of one layer."""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from studio.imaging import png
from studio.imaging.exchange.errors import require_canvas, require_memory
from studio.imaging.exchange.png_rows import PngRows
from studio.imaging.exchange.rows import PillowRows, Rows, document_of, upright_exif
from studio.imaging.exchange.values import Imported, Notices
from studio.imaging.metadata.carry import Carried
from studio.imaging.pictures import grey_to_8_bit
from studio.imaging.tiles import TileStore


def read_png(path: Path, store: TileStore) -> Imported:
    """A PNG in bands of rows; an interlaced one as a whole."""
    with path.open("rb") as file:
        rows = PngRows(file)
        header = rows.header
        require_canvas(path, header.size.width, header.size.height)
        file.seek(0)
        texts = png.read(file).fields
        if header.interlaced:
            return read_whole(path, store, "PNG", texts)
        return _imported(path, store, _PngPicture(rows), Notices(), texts)


class _PngPicture:
    """A PNG's rows under the names that all readers share."""

    def __init__(self, rows: PngRows) -> None:
        self._rows = rows
        self.size, self.profile, self.exif = rows.header.size, rows.header.profile, rows.header.exif
        self.mode = "L" if rows.is_grey else "RGB"
        self.take = rows.take


def read_tiff(path: Path, store: TileStore) -> Imported:
    """A TIFF part by part; kinds that only Pillow knows as a whole."""
    from studio.imaging.exchange.tiff import TiffRows  # tifffile takes a while to load

    notices = Notices()
    with path.open("rb") as file:
        try:
            rows = TiffRows(path, file)
        except NotImplementedError:
            return read_whole(path, store, "TIFF")
        if rows.pages:
            notices.add("Only the first page was taken.", "This file holds several.")
        return _imported(path, store, rows, notices, {})


def read_whole(path: Path, store: TileStore, kind: str, texts: dict[str, str] | None = None) -> Imported:
    """A picture that Pillow decodes at once; `kind` is Pillow's name of the format."""
    notices = Notices()
    with _opened(path, kind) as image:
        if getattr(image, "n_frames", 1) > 1:
            notices.add("Only the first picture was taken.", "This file holds several.")
            image.seek(0)
        image.load()
        if image.mode in ("I", "F") or image.mode.startswith("I;16"):
            notices.add("Grey values of more than 8 bits were rounded to 8.", "This program paints in 8 bits.")
            whole = Image.fromarray(grey_to_8_bit(np.asarray(image)))
            whole.info = image.info
            return _imported(path, store, PillowRows(whole), notices, texts or {})
        return _imported(path, store, PillowRows(image), notices, texts or {})


@contextlib.contextmanager
def _opened(path: Path, kind: str) -> Iterator[Image.Image]:
    """As Image.open, whose limit of pixels is smaller than our largest canvas; ours is checked instead."""
    Image.init()
    factory, _ = Image.OPEN[kind]
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd metadata
        with factory(file, "") as image:
            size = require_canvas(path, *image.size)
            require_memory(path, 5 * size.pixels)
            yield image


def _imported(path: Path, store: TileStore, rows: Rows, notices: Notices, texts: dict[str, str]) -> Imported:
    document = document_of(store, rows, path.stem, notices)
    return Imported(document, notices.all, Carried(texts=texts, exif=upright_exif(rows.exif)))
