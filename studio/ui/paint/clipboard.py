"""What comes from other programs and goes to them, by the clipboard or dropped."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData
from PySide6.QtGui import QGuiApplication, QImage

PNG = "image/png"
_OURS = "application/x-safelight"  # what this program put on the clipboard


def files_in(mime: QMimeData) -> tuple[Path, ...]:
    """The files of this machine that are handed over."""
    return tuple(Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile())


def has_picture(mime: QMimeData) -> bool:
    """Whether `picture_in` will find one, as far as can be told without taking it."""
    return mime.hasFormat(PNG) or mime.hasImage()


def picture_in(mime: QMimeData) -> bytes:
    """The picture that is handed over as the bytes of a PNG; none for no picture."""
    if mime.hasFormat(PNG):
        return bytes(mime.data(PNG).data())
    image = mime.imageData()
    if not isinstance(image, QImage) or image.isNull():
        return b""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(data.data())


def offer(png: bytes) -> None:
    """Put a picture on the clipboard: as the PNG it is, which says where it was, and as an image."""
    mime = QMimeData()
    mime.setData(PNG, QByteArray(png))
    mime.setData(_OURS, QByteArray())
    mime.setImageData(QImage.fromData(png))
    QGuiApplication.clipboard().setMimeData(mime)


def leave_behind() -> None:
    """The program ends: what it put on the clipboard becomes a plain image, which Qt owns.

    Qt 6 deletes data that was made in Python after the interpreter has gone, and crashes at it.
    """
    clipboard = QGuiApplication.clipboard()
    mime = clipboard.mimeData()
    if mime is not None and mime.hasFormat(_OURS):
        clipboard.setImage(clipboard.image())
