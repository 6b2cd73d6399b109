"""A painter's errand in a real window: open a picture, select a part, have it made anew by the starter model, accept,
undo, save, close, and come back.

It takes a minute of two quiet cores, and several of busy ones: `pytest -m slow tests/e2e/test_inpainting.py`.
"""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from studio.domain.document.document import Document
from studio.domain.geometry import Rect
from studio.domain.recipe import Recipe, Sampling
from studio.imaging.compose import Compositor
from studio.imaging.tiles import Pixels
from studio.session.canvas import CanvasSession
from studio.session.settings import SettingsFile
from tests.e2e.screen import Program, Screen, studio_window, virtual_screen, wait_for

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool"),
]
SIDE, EDGE = 256, 8
GREEN = (0, 255, 0)  # a frame that nothing else on the screen has the colour of
MARKED = Rect(72, 80, 96, 88)  # what is selected, in pixels of the picture
REACH = 12 + 2  # the intent Fill grows by 4 and fades over 8; where the mouse points is a pixel uncertain
PROMPT = "a red rocket"
PATIENCE = 400.0  # seconds for what a model does


def landscape() -> Pixels:
    """A sky over a meadow in a green frame."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    sky = np.stack([90 + rows // 4, 140 + rows // 4, 235 - columns // 8], axis=2)
    meadow = np.stack([60 + columns // 8, 140 - rows // 8, 50 + columns // 16], axis=2)
    pixels = np.where(rows[..., None] < 150, sky, meadow).astype(np.uint8)
    pixels[:EDGE] = pixels[-EDGE:] = pixels[:, :EDGE] = pixels[:, -EDGE:] = GREEN
    return pixels


class Table:
    """The canvas on the screen: where a pixel of the picture is seen."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

        def place() -> tuple[int, int, float] | None:
            green = (screen.pixels() == GREEN).all(axis=2)
            # Whole sides, not those of the thumbnail among the layers.
            rows, columns = (np.flatnonzero(green.sum(axis=axis) >= SIDE) for axis in (1, 0))
            if len(rows) < 2 * EDGE or len(columns) < 2 * EDGE:
                return None
            return int(columns[0]), int(rows[0]), (int(columns[-1]) - int(columns[0]) + 1) / SIDE

        self.left, self.top, self.scale = settled(place, "the picture on the canvas")

    def at(self, x: float, y: float) -> tuple[int, int]:
        return round(self.left + x * self.scale), round(self.top + y * self.scale)

    def drag(self, rect: Rect) -> None:
        """From corner to corner, as a hand does."""
        do = self._screen.do
        start, end = self.at(rect.x, rect.y), self.at(rect.right, rect.bottom)
        do("mousemove", *map(str, start), "mousedown", "1")
        for share in (0.3, 0.7, 1.0):
            x, y = (round(a + (b - a) * share) for a, b in zip(start, end, strict=True))
            do("mousemove", str(x), str(y))
            time.sleep(0.1)
        do("mouseup", "1")

    def seen(self, x: int, y: int) -> NDArray[np.float64]:
        """The mean colour of a few pixels around one of the picture."""
        column, row = self.at(x + 0.5, y + 0.5)
        return np.asarray(self._screen.pixels()[row - 2 : row + 3, column - 2 : column + 3].mean(axis=(0, 1)))


def settled(probe: Callable[[], tuple[int, int, float] | None], what: str) -> tuple[int, int, float]:
    """The value of a probe once it stays the same for half a second."""
    last: tuple[int, int, float] | None = None

    def same() -> tuple[int, int, float] | None:
        nonlocal last
        before, last = last, probe()
        time.sleep(0.5)
        return last if last is not None and last == before else None

    found = wait_for(same, what)
    assert found is not None
    return found


def project_of(home: Path) -> Path:
    """What the window has on its table."""
    (first, *_) = json.loads((home / "data" / "recent-projects.json").read_text("utf-8"))
    return Path(first)


def looked_at(path: Path) -> tuple[Document, Pixels]:
    """The document in a project file that a window has open, and its picture."""
    session = CanvasSession.open(path)
    try:
        document = session.document
        return document, Compositor(session.store).render(document, document.rect)
    finally:
        session.close()


def layers(home: Path) -> int:
    return len(looked_at(project_of(home))[0].layers)


def title(program: Program) -> str:
    return program.screen.do("getwindowname", program.window)


def choose_file(program: Program, chord: str, path: Path) -> None:
    """Name a file in the dialog that a key opens."""
    screen = program.screen

    def windows() -> list[str]:
        return screen.do("search", "--onlyvisible", "--name", ".").split()

    program.keys(chord)
    (dialog,) = wait_for(lambda: [each for each in windows() if each != program.window], "the dialog")
    screen.do("windowfocus", "--sync", dialog)
    program.type(str(path))
    time.sleep(0.5)
    screen.do("key", "Return")
    wait_for(lambda: windows() == [program.window], "the end of the dialog")
    screen.do("windowfocus", "--sync", program.window)  # there is no window manager to give it the keyboard back


def outside() -> Pixels:
    """Where nothing may change."""
    kept = np.ones((SIDE, SIDE), bool)
    reach = MARKED.grown(REACH)
    kept[reach.y : reach.bottom, reach.x : reach.right] = False
    return kept


@pytest.mark.timeout(1800)
def test_a_part_is_made_anew_and_all_of_it_survives(tmp_path: Path) -> None:
    home, buffer, picture = tmp_path / "home", tmp_path / "screen", tmp_path / "meadow.png"
    buffer.mkdir()
    PIL.Image.fromarray(landscape()).save(picture)
    SettingsFile(home / "config" / "settings.json").change(draft=Recipe(prompt="", sampling=Sampling(steps=6)))
    kept = home / "rocket.safelight"
    with virtual_screen(buffer) as screen:
        with studio_window(screen, home) as program:
            before, after = paint(program, home, picture)
            save_and_close(program, kept)
        assert np.array_equal(looked_at(kept)[1], after), "the file keeps what was seen last"
        with studio_window(screen, home) as program:
            come_back(program, kept, before, after)


def paint(program: Program, home: Path, picture: Path) -> tuple[Pixels, Pixels]:
    """Open, select, generate, accept, undo and redo; the picture before and after."""
    screen = program.screen
    program.keys("ctrl+alt+2")
    wait_for(lambda: "saved" in title(program), "the canvas")
    choose_file(program, "ctrl+o", picture)
    table = Table(screen)
    document, before = looked_at(project_of(home))
    assert np.array_equal(before[..., :3], landscape())
    count = len(document.layers)

    screen.do("mousemove", *map(str, table.at(20, 20)), "click", "2")  # the keyboard goes to the canvas
    program.keys("r")
    table.drag(MARKED)
    wait_for(lambda: looked_at(project_of(home))[0].selection is not None, "the selection in the project file")
    selected = looked_at(project_of(home))[0].selection
    session = CanvasSession.open(project_of(home))
    assert selected is not None
    values = session.store.mask(selected, Rect(0, 0, SIDE, SIDE))
    session.close()
    inner = MARKED.grown(-2)
    assert (values[inner.y : inner.bottom, inner.x : inner.right] == 255).all()
    assert not values[outside()].any()

    screen.do("mousemove", "170", "140", "click", "1")  # the prompt
    program.keys("ctrl+a")
    program.type(PROMPT)
    program.keys("ctrl+Return")
    wait_for(lambda: list((home / "pictures").rglob("*.png")), "the picture", PATIENCE)
    assert layers(home) == count, "nothing is changed before it is accepted"
    middle = (MARKED.x + MARKED.width // 2, MARKED.y + MARKED.height // 2)
    old = before[middle[1], middle[0], :3]
    wait_for(lambda: np.abs(table.seen(*middle) - old).max() > 12, "the candidate over the canvas")

    screen.do("mousemove", *map(str, table.at(20, 20)), "click", "2")
    wait_for(lambda: accepted(program, home, count), "the layer in the project file")
    document, after = looked_at(project_of(home))
    assert document.layers[-1].name == PROMPT
    assert np.array_equal(after[outside()], before[outside()]), "a pixel outside the feathered mask changed"
    changed = np.abs(after.astype(int) - before).max(axis=2)
    assert (changed[inner.y : inner.bottom, inner.x : inner.right] > 8).mean() > 0.5
    wait_for(lambda: near(table.seen(*middle), after, middle), "the accepted picture on the screen")
    for spot in ((40, 30), (230, 40), (30, 220)):
        assert near(table.seen(*spot), before, spot)

    program.keys("ctrl+z")
    wait_for(lambda: layers(home) == count, "the undo in the project file")
    assert np.array_equal(looked_at(project_of(home))[1], before)
    wait_for(lambda: near(table.seen(*middle), before, middle), "the undo on the screen")
    program.keys("ctrl+shift+z")
    wait_for(lambda: layers(home) == count + 1, "the redo in the project file")
    assert np.array_equal(looked_at(project_of(home))[1], after)
    return before, after


def accepted(program: Program, home: Path, before: int) -> bool:
    """Press Return; what is seen may still be a preview, which cannot be taken."""
    program.keys("Return")
    end = time.monotonic() + 5
    while time.monotonic() < end and layers(home) == before:
        time.sleep(0.1)
    return layers(home) == before + 1


def near(seen: NDArray[np.float64], picture: Pixels, spot: tuple[int, int]) -> bool:
    """Does the screen show this pixel of a picture, and its neighbours?"""
    x, y = spot
    return bool(np.abs(seen - picture[y - 1 : y + 2, x - 1 : x + 2, :3].mean(axis=(0, 1))).max() < 10)


def save_and_close(program: Program, path: Path) -> None:
    choose_file(program, "ctrl+s", path)
    wait_for(path.exists, "the project under its name")
    wait_for(lambda: title(program).startswith(f"{path.stem} · saved"), "the project's name in the title")
    program.keys("ctrl+q")
    assert program.process.wait(30) == 0


def come_back(program: Program, path: Path, before: Pixels, after: Pixels) -> None:
    """The next window shows the project as it was left, and its history goes on."""
    program.keys("ctrl+alt+2")
    wait_for(lambda: title(program).startswith(path.stem), "the project that was open last")
    table = Table(program.screen)
    middle = (MARKED.x + MARKED.width // 2, MARKED.y + MARKED.height // 2)
    wait_for(lambda: near(table.seen(*middle), after, middle), "the picture on the screen")
    program.keys("ctrl+z")
    wait_for(lambda: np.array_equal(looked_at(path)[1], before), "an undo of what the window before did")
    program.keys("ctrl+q")
    assert program.process.wait(30) == 0
