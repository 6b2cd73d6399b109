"""The ZIP file around an OpenRaster document, and stack.xml in it, read without trust."""

import contextlib
import struct
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO
from xml.parsers import expat

from studio.imaging.exchange.errors import MAX_DEPTH, MAX_LAYERS, refused

MAX_MEMBERS = 4 * MAX_LAYERS
MAX_STACK = 16 * 2**20  # bytes of stack.xml
MAX_MEMBER = 2**32  # bytes of a picture
_MAX_DIRECTORY = 2**24  # bytes of the list of members
_TAIL = 22 + 2**16  # the record at the end of a ZIP file, and its comment
_SPOOL = 2**25  # bytes of a member that are kept in memory


@dataclass(slots=True)
class Element:
    """An element of stack.xml; names with their prefix, as written."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)

    def find(self, tag: str) -> "Element | None":
        """The first child with this name."""
        return next((child for child in self.children if child.tag == tag), None)


class Archive:
    """The members of an OpenRaster file. Raises StudioError and zipfile's errors."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        _require_small_directory(path, file)
        self._zip = zipfile.ZipFile(file)
        self._members = {info.filename: info for info in self._zip.infolist()}
        kind = self._kind()
        if kind not in ("", "image/openraster") and "stack.xml" not in self._members:
            hint = "Export it as OpenRaster (.ora) from the program that made it."
            raise refused(path, f"is a file of kind “{kind[:40]}”, not OpenRaster", hint)
        if "stack.xml" not in self._members:
            hint = "Choose an OpenRaster document (.ora)."
            raise refused(path, "is a ZIP archive without the layers of an OpenRaster document", hint)

    def stack(self) -> Element:
        """The root of stack.xml. Raises ValueError and ExpatError."""
        with self.member("stack.xml", MAX_STACK) as file:
            return parsed(file.read())

    def has(self, name: str) -> bool:
        """Whether there is such a member."""
        return name in self._members

    def checksum(self, name: str) -> int:
        """The CRC-32 of a member's content, as the archive states it; -1 for none. Reading verifies it."""
        info = self._members.get(name)
        return -1 if info is None else info.CRC

    def member(self, name: str, limit: int = MAX_MEMBER) -> IO[bytes]:
        """The content of a member in a file that vanishes when closed. Raises StudioError, ValueError, BadZipFile."""
        info = self._members.get(name)
        if info is None:
            raise ValueError(f"it lacks {name[:100]}")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
            raise refused(self._path, "is packed or encrypted in a way this program does not read", "Save it again.")
        if info.file_size > limit:
            raise refused(self._path, f"holds “{name[:60]}” of {info.file_size:,} bytes", "It is not to be trusted.")
        with contextlib.ExitStack() as failed:
            out = failed.enter_context(tempfile.SpooledTemporaryFile(_SPOOL))
            with self._zip.open(info) as source:  # gives no more than the size stated, and checks the CRC at the end
                while part := source.read(2**20):
                    out.write(part)
            out.seek(0)
            failed.pop_all()
        return out

    def _kind(self) -> str:
        if "mimetype" not in self._members:
            return ""
        with self.member("mimetype", 1024) as file:
            return file.read().decode("ascii", "replace").strip()


def parsed(data: bytes) -> Element:
    """The root element of an XML document. No document type, hence no entities, is let in: an OpenRaster file has none,
    and they are the way to read other files and to grow without bound.

    Raises ValueError and ExpatError.
    """
    root = Element("")
    open_elements = [root]
    count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MAX_MEMBERS or len(open_elements) > 2 * MAX_DEPTH:
            raise ValueError("its list of layers is too long or too deep")
        element = Element(tag, attributes)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(tag: str) -> None:
        open_elements.pop()

    def refuse(*_: object) -> None:
        raise ValueError("its list of layers has a document type, which may hide entities")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.Parse(data, True)
    return root.children[0]


def _require_small_directory(path: Path, file: BinaryIO) -> None:
    """zipfile reads the whole list of members at once: look at what the end of the file says of it before."""
    end = file.seek(0, 2)
    file.seek(max(0, end - _TAIL))
    tail = file.read(_TAIL)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + 22:
        raise ValueError("the end of the archive is missing")
    members, size = struct.unpack_from("<HI", tail, at + 10)
    # A list too large for these fields is stated elsewhere; no document needs that.
    if members > MAX_MEMBERS or size > _MAX_DIRECTORY:
        raise refused(path, "holds more files than a document has", "It is not to be trusted.")
