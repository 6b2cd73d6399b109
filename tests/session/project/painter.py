"""A scripted user of a canvas: step n of a seed is always the same, so that another process can tell what it left.

Run as a program, it waits for lines "PATH SEED STEP" and lets a forked copy of itself paint from there on, which says
"saved N" when everything before step N is in the file and goes on until it is killed. Then comes "killed".
"""

import dataclasses
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.domain.document import edits
from studio.domain.document.document import Document
from studio.domain.document.history import History
from studio.domain.document.layers import Mask, PaintLayer
from studio.domain.geometry import Rect, Size
from studio.imaging.tiles import MemoryBlobs, TileStore
from studio.session.canvas import CanvasSession

ROOT = Path(__file__).resolve().parents[3]
LAYERS = ("below", "above")
BLANK = Document(Size(600, 600), tuple(PaintLayer(id=name, name=name) for name in LAYERS), active="below")

State = tuple[object, ...]


@dataclass
class Model:
    """What a session should be: the same history, without a file."""

    history: History
    store: TileStore

    @classmethod
    def new(cls) -> "Model":
        return cls(History.of(BLANK, "New"), TileStore(MemoryBlobs()))

    def reopened(self) -> "Model":
        """A copy as it is after a restart."""
        documents = {version.id: self.history.document_of(version.id) for version in self.history.versions}
        versions = [dataclasses.replace(version, merge="") for version in self.history.versions]
        history = History(versions, self.history.current.id, self.history.tip.id, documents.__getitem__)
        return Model(history, self.store)

    @property
    def document(self) -> Document:
        return self.history.document

    def commit(self, label: str, document: Document, merge: str = "") -> object:
        return None if document is self.document else self.history.commit(label, document, merge)

    def undo(self) -> object:
        return self.history.undo()

    def redo(self) -> object:
        return self.history.redo()

    def jump(self, version_id: int) -> object:
        return self.history.jump(version_id)

    def name(self, name: str) -> object:
        return self.history.named(self.history.current.id, name)


def step(user: Model | CanvasSession, seed: int, number: int) -> None:
    """Do the step of this number."""
    chance = random.Random(f"{seed} {number}")
    kind = chance.choices(
        ("stroke", "erase", "select", "drag", "undo", "redo", "jump", "name"), (10, 2, 2, 4, 4, 2, 1, 1)
    )
    document, layer_id = user.document, chance.choice(LAYERS)
    rect = Rect(chance.randrange(560), chance.randrange(560), chance.randrange(1, 60), chance.randrange(1, 60))
    match kind[0]:
        case "stroke" | "erase":
            colour = [chance.randrange(256) for _ in range(4)] if kind[0] == "stroke" else [0] * 4
            pixels = np.broadcast_to(np.array(colour, np.uint8), (rect.height, rect.width, 4))
            layer = document.find(layer_id)
            assert isinstance(layer, PaintLayer)
            tiles = user.store.painted(layer.tiles, rect, pixels)
            user.commit(f"{kind[0]} {number}", edits.with_tiles(document, layer_id, tiles))
        case "select":
            values = np.full((rect.height, rect.width), chance.randrange(256), np.uint8)
            mask = user.store.masked(Mask(), rect, values)
            user.commit("select", edits.with_selection(document, mask))
        case "drag":
            user.commit("opacity", edits.changed(document, layer_id, opacity=chance.random()), merge=layer_id)
        case "undo":
            user.undo()
        case "redo":
            user.redo()
        case "jump":
            user.jump(chance.choice(user.history.versions).id)
        case "name":
            user.name(f"named {number}")


def state(history: History) -> State:
    """All that has to survive, but when it was made."""
    versions = tuple(dataclasses.replace(each, made=0.0, merge="") for each in history.versions)
    return versions, history.current.id, history.tip.id, history.document


def paint(path: Path, seed: int, number: int) -> None:
    """Go on until killed."""
    session = CanvasSession.open(path)
    bursts = random.Random()
    while True:
        for _ in range(bursts.choice((1, 1, 2, 5))):
            step(session, seed, number)
            number += 1
        if bursts.random() < 0.05:
            session.compact()
        if session.flush():
            os.write(1, f"saved {number}\n".encode())


def main() -> None:
    """Fork a painter for each line."""
    for line in sys.stdin:
        path, seed, number = line.split()
        child = os.fork()
        if not child:
            paint(Path(path), int(seed), int(number))
        os.write(1, f"painting {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"killed\n")


if __name__ == "__main__":
    main()
