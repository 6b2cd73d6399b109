"""Frames beside a timeline, into a project."""

from pathlib import Path

from studio.domain.document.document import Document
from studio.session.canvas import CanvasSession
from studio.session.interchange.frames_in import bring
from tests.session.clips.desk import png


def test_frames_are_brought_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:05}.png").write_bytes(png(number))
    (folder / "00040.png").write_bytes(b"no picture")
    (folder / "thumb.png").write_bytes(png(0))
    (folder / "00041.png").mkdir()
    session = CanvasSession.create(tmp_path / "p.safelight", Document())
    session.takes.keep("a", 3, png(99)).result(10)
    assert bring({"a": folder, "b": tmp_path / "nowhere", "c": tmp_path / "p.safelight"}, session.takes) == 39
    assert session.takes.numbers("a") == frozenset(range(40))
    assert session.takes.png("a", 3) == png(99) and session.takes.png("a", 39) == png(39)
    session.close()
