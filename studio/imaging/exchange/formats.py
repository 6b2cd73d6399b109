"""The table of formats: which there are, what each can do, and which one a file is in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from studio.domain.document.document import Document
from studio.domain.errors import ErrorKind, StudioError
from studio.imaging.exchange import ora, pictures_in, pictures_out
from studio.imaging.exchange.errors import refused
from studio.imaging.exchange.pictures_out import Write
from studio.imaging.exchange.values import Imported, Notices, Saving
from studio.imaging.tiles import TileStore

Read = Callable[[Path, TileStore], Imported]


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its name, its suffixes (the first is the usual one), and what reads and writes it, if anything.

    `layers`: whether layers survive. `alpha`: whether transparency does. `quality`: whether it is chosen.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Read | None = None
    write: Write | None = None
    layers: bool = False
    alpha: bool = True
    quality: bool = False


def _whole(kind: str) -> Read:
    return lambda path, store: pictures_in.read_whole(path, store, kind)


def _read_psd(path: Path, store: TileStore) -> Imported:
    from studio.imaging.exchange import psd  # psd-tools takes a while to load

    return psd.read(path, store)


def _write_psd(
    file: BinaryIO, path: Path, document: Document, store: TileStore, saving: Saving, notices: Notices
) -> None:
    from studio.imaging.exchange import psd  # as above

    psd.write(file, path, document, store, saving, notices)


FORMATS = (
    Format("OpenRaster", (".ora",), ora.read, ora.write, layers=True),
    Format("Photoshop", (".psd", ".psb"), _read_psd, _write_psd, layers=True),
    Format("PNG", (".png",), pictures_in.read_png, pictures_out.write_png),
    Format("JPEG", (".jpg", ".jpeg", ".jfif"), _whole("JPEG"), pictures_out.write_jpeg, alpha=False, quality=True),
    Format("WebP", (".webp",), _whole("WEBP"), pictures_out.write_webp, quality=True),
    Format("AVIF", (".avif",), _whole("AVIF"), pictures_out.write_avif, quality=True),
    Format("TIFF", (".tif", ".tiff"), pictures_in.read_tiff, pictures_out.write_tiff),
    Format("GIF", (".gif",), _whole("GIF")),
    Format("BMP", (".bmp", ".dib"), _whole("BMP"), alpha=False),
    Format("JPEG 2000", (".jp2", ".j2k", ".jpx"), _whole("JPEG2000")),
    Format("PPM", (".ppm", ".pgm", ".pbm", ".pnm"), _whole("PPM"), alpha=False),
    Format("TGA", (".tga",), _whole("TGA")),
    Format("ICO", (".ico",), _whole("ICO")),
)
_BY_NAME = {entry.name: entry for entry in FORMATS}

# What files begin with. TGA has no signature and is known by its suffix alone.
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"8BPS", "Photoshop"),
    (b"PK\x03\x04", "OpenRaster"),
    (b"PK\x05\x06", "OpenRaster"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\1\0", "ICO"),
)


def recognised(path: Path) -> Format:
    """The format of a file by its content. Raises StudioError (INPUT) for none of ours, OSError when unreadable."""
    with path.open("rb") as file:
        head = file.read(32)
    name = next((name for start, name in _SIGNATURES if head.startswith(start)), None)
    if name is None and head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        name = "WebP"
    elif name is None and head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis", b"mif1"):
        name = "AVIF"
    elif name is None and head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        name = "PPM"
    elif name is None and path.suffix.lower() == ".tga" and len(head) >= 18:
        name = "TGA"
    if name is None:
        hint = "Use PNG, JPEG, WebP, AVIF, TIFF, GIF, BMP, OpenRaster (.ora) or Photoshop (.psd)."
        raise refused(path, "is no picture in a format this program reads", hint)
    return _BY_NAME[name]


def format_for(path: Path) -> Format:
    """The format to write for a suffix. Raises StudioError (INPUT) for none that can be written."""
    suffix = path.suffix.lower()
    found = next((entry for entry in FORMATS if suffix in entry.suffixes and entry.write), None)
    if found is None or suffix == ".psb":
        known = ", ".join(entry.suffixes[0] for entry in FORMATS if entry.write)
        message = f"“{suffix or path.name}” is no ending that pictures can be saved under."
        raise StudioError(ErrorKind.INPUT, message, f"Use one of {known}.")
    return found
