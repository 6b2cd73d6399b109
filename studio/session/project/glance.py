"""What a project shows, without working on it."""

from pathlib import Path

from studio.domain.geometry import Size
from studio.imaging.compose import Compositor
from studio.imaging.tiles import Pixels, TileStore
from studio.session.project.project import Project


def glance(path: Path, side: int) -> tuple[Pixels, Size]:
    """A project's picture, at most `side` pixels a side, premultiplied (h, w, 4), and the size of its canvas.

    The project is open meanwhile, so that no other window can write it. Raises StudioError as `Project.open`.
    """
    project = Project.open(path)
    try:
        document = project.history().document
        return Compositor(TileStore(project.blobs)).thumbnail(document, side), document.size
    finally:
        project.close()
