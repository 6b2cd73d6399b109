"""Pictures from other programs and back: dropped, pasted, copied, saved in every format."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from studio.domain.document.document import Document
from studio.domain.document.edits import insert
from studio.domain.document.layers import GroupLayer, ImageLayer, PaintLayer
from studio.domain.geometry import Rect, Size
from studio.imaging import png
from studio.imaging.exchange import FORMATS, read, write
from studio.imaging.metadata import a1111, safelight, xmp
from studio.imaging.tiles import MemoryBlobs, TileStore
from studio.ui.paint.page import PaintPage
from tests.ui.desk import Desk
from tests.ui.paint.sitting import solid

SEA = QColor(10, 120, 200)


@pytest.fixture
def page(desk: Desk) -> PaintPage:
    desk.window.workspaces.show_page("paint")
    page = desk.window.workspaces.page("paint")
    assert isinstance(page, PaintPage)
    page.begin(Size(200, 160), False)
    return page


def settle(desk: Desk, page: PaintPage) -> None:
    desk.bot.waitUntil(lambda: not page.editor.desk.is_busy)


def sea(path: Path) -> Path:
    image = QImage(80, 60, QImage.Format.Format_RGB888)
    image.fill(SEA)
    assert image.save(str(path))
    return path


def layered(path: Path) -> Path:
    """A file of 100 × 80 pixels with two layers."""
    store, rect = TileStore(MemoryBlobs()), Rect(0, 0, 50, 80)
    document = Document(Size(100, 80))
    for name, place, colour in (("left", rect, (200, 0, 0)), ("right", rect.moved(50, 0), (0, 200, 0))):
        layer = PaintLayer(name=name)
        tiles = store.painted(layer.tiles, place, solid(place, colour))
        document = insert(document, PaintLayer(name=name, tiles=tiles))
    write(path, document, store)
    return path


def drop(page: PaintPage, mime: QMimeData, x: float, y: float) -> bool:
    """Whether it was welcome."""
    surface = page.editor.surface
    place = QPointF(surface.mapTo(page, surface.view.to_screen(x, y).toPoint()))
    action, button, held = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place.toPoint(), action, mime, button, held)
    enter.ignore()
    QApplication.sendEvent(page, enter)
    QApplication.sendEvent(page, QDropEvent(place, action, mime, button, held))
    return enter.isAccepted()


def file_of(path: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    return mime


def colour(page: PaintPage, x: int, y: int) -> list[int]:
    desk = page.editor.desk
    return [int(value) for value in desk.compositor.render(desk.document, Rect(x, y, 1, 1))[0, 0]]


def test_a_file_becomes_a_layer_where_it_is_dropped(desk: Desk, page: PaintPage, tmp_path: Path) -> None:
    assert drop(page, file_of(sea(tmp_path / "sea.png")), 60, 50)
    settle(desk, page)
    layer = page.editor.desk.active
    assert isinstance(layer, ImageLayer) and layer.name == "sea"
    assert colour(page, 20, 20) == [10, 120, 200, 255] and colour(page, 99, 79)[3] == 255
    assert colour(page, 101, 50)[3] == 0 and colour(page, 19, 20)[3] == 0


def test_a_picture_without_a_file_can_be_dropped(desk: Desk, page: PaintPage) -> None:
    """As from a browser."""
    mime, image = QMimeData(), QImage(20, 10, QImage.Format.Format_RGB32)
    image.fill(SEA)
    mime.setImageData(image)
    assert drop(page, mime, 100, 80)
    settle(desk, page)
    assert colour(page, 100, 80) == [10, 120, 200, 255] and colour(page, 115, 80)[3] == 0
    assert not drop(page, QMimeData(), 10, 10), "nothing is not welcome"
    page.editor.toast.hide()


@pytest.mark.parametrize("suffix", [".ora", ".psd"])
def test_a_layered_file_may_come_twice(desk: Desk, page: PaintPage, tmp_path: Path, suffix: str) -> None:
    path = layered(tmp_path / f"two{suffix}")
    for x, y in ((50, 40), (150, 120)):
        drop(page, file_of(path), x, y)
        settle(desk, page)
    document = page.editor.desk.document
    groups = [layer for layer in document.layers if isinstance(layer, GroupLayer)]
    assert [group.name for group in groups] == ["two", "two"]
    assert [[child.name for child in group.children] for group in groups] == [["left", "right"]] * 2
    ids = [layer.id for layer in document.walk()]
    assert len(ids) == len(set(ids)) == 7
    assert colour(page, 10, 10) == [200, 0, 0, 255] and colour(page, 90, 70) == [0, 200, 0, 255]
    assert colour(page, 110, 90) == [200, 0, 0, 255] and colour(page, 190, 150) == [0, 200, 0, 255]
    assert colour(page, 150, 20)[3] == 0
    page.editor.toast.hide()


def test_the_files_of_a_file_manager_can_be_pasted(desk: Desk, page: PaintPage, tmp_path: Path) -> None:
    QGuiApplication.clipboard().setMimeData(file_of(sea(tmp_path / "sea.png")))
    page.paste()
    settle(desk, page)
    layer = page.editor.desk.active
    assert isinstance(layer, ImageLayer) and layer.name == "sea"
    QGuiApplication.clipboard().clear()


def test_what_is_copied_is_a_picture_to_other_programs(desk: Desk, page: PaintPage) -> None:
    page.editor.edits.fill()
    settle(desk, page)
    page.editor.selection.copy()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (200, 160) and image.pixelColor(5, 5) == QColor(0, 0, 0)
    QGuiApplication.clipboard().clear()
    page.paste()
    assert "no picture" in page.editor.toast.text()
    page.editor.toast.hide()


@pytest.mark.parametrize("name", [entry.name for entry in FORMATS if entry.write])
def test_every_format_that_is_offered_is_written(desk: Desk, page: PaintPage, tmp_path: Path, name: str) -> None:
    drop(page, file_of(layered(tmp_path / "two.ora")), 100, 80)
    settle(desk, page)
    suffix = next(entry.suffixes[0] for entry in FORMATS if entry.name == name)
    path = tmp_path / f"out{suffix}"
    page.export(path)
    desk.bot.waitUntil(lambda: page.editor.toast.text().startswith("Exported"))
    store = TileStore(MemoryBlobs())
    found = read(path, store).document
    assert found.size == Size(200, 160)
    from studio.imaging.compose import Compositor

    red, green, blue, alpha = Compositor(store).render(found, Rect(70, 80, 1, 1))[0, 0]
    assert abs(int(red) - 200) < 6 and green < 6 and blue < 6 and alpha == 255
    page.editor.toast.hide()


def test_a_picture_keeps_its_texts_and_a_painted_one_not_its_recipe(
    desk: Desk, page: PaintPage, tmp_path: Path
) -> None:
    path = sea(tmp_path / "sea.png")
    texts = {
        a1111.KEYWORD: "sea\nSteps: 20",
        safelight.PNG_KEYWORD: "{}",
        xmp.PNG_KEYWORD: xmp.packet(xmp.SourceType.GENERATED),
    }
    path.write_bytes(png.with_chunks(path.read_bytes(), [png.international(*each) for each in texts.items()]))
    page.open_path(path)
    desk.bot.waitUntil(lambda: page.editor.desk.document.size == Size(80, 60))

    def exported(name: str) -> dict[str, str]:
        page.export(tmp_path / name)
        desk.bot.waitUntil(lambda: (tmp_path / name).exists())
        with (tmp_path / name).open("rb") as file:
            return png.read(file).fields

    assert exported("same.png") == texts
    page.editor.edits.fill()
    settle(desk, page)
    painted = exported("painted.png")
    assert safelight.PNG_KEYWORD not in painted and painted[a1111.KEYWORD] == texts[a1111.KEYWORD]
    assert xmp.source_type(painted[xmp.PNG_KEYWORD]) is xmp.SourceType.COMPOSITE
    page.editor.desk.undo()
    assert exported("again.png") == texts, "the very picture again"
    page.begin(Size(50, 50), True)
    assert exported("other.png") == {}, "another project knows nothing of it"
    page.editor.toast.hide()


def test_pixels_survive_the_clipboard(desk: Desk, page: PaintPage) -> None:
    editor = page.editor
    editor.edits.fill()
    settle(desk, page)
    before = editor.desk.compositor.render(editor.desk.document, Rect(0, 0, 200, 160))
    editor.selection.cut()
    settle(desk, page)
    page.paste()
    settle(desk, page)
    after = editor.desk.compositor.render(editor.desk.document, Rect(0, 0, 200, 160))
    assert np.array_equal(before, after)
