"""Files brought by a drop or a paste."""

from pathlib import Path

from PySide6.QtCore import QMimeData

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif")
CLIPS = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".otio")  # a .gif is taken for a picture
PROJECT = ".safelight"


def dropped_files(mime: QMimeData) -> list[str]:
    """The local pictures among what is dropped."""
    paths = [url.toLocalFile() for url in mime.urls() if url.isLocalFile()]
    return [path for path in paths if is_picture(path)]


def is_project(path: str) -> bool:
    """Does the name say it is a project?"""
    return Path(path).suffix.lower() == PROJECT


def is_clip(path: str) -> bool:
    """Does the name say it is a video or a timeline?"""
    return Path(path).suffix.lower() in CLIPS


def is_picture(path: str) -> bool:
    """Does the name say it is a picture?"""
    return Path(path).suffix.lower() in PICTURES
