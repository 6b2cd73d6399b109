"""Keeping all candidates: as layers of a group, of which one is seen."""

from collections.abc import Sequence

from studio.domain.document.document import Document
from studio.domain.document.edits import insert, with_active
from studio.domain.document.layers import GroupLayer, PaintLayer
from studio.domain.document.tiles import EMPTY
from studio.ui.paint.editor import Editor
from studio.ui.paint.staging import Candidate


def keep_all(editor: Editor, taken: Sequence[Candidate], shown: int) -> None:
    """The candidates as a group on top of all, the first lowest; only the one of the number `shown` is visible, and
    active. One step of the history.
    """
    store = editor.desk.store
    name = taken[shown].name or editor.tr("Generated")
    names = [f"{candidate.name or name} {number}" for number, candidate in enumerate(taken, 1)]

    def change(document: Document) -> Document:
        layers = tuple(
            PaintLayer(
                name=title,
                tiles=store.painted(EMPTY, candidate.patch.rect, candidate.patch.pixels),
                visible=number == shown,
            )
            for number, (title, candidate) in enumerate(zip(names, taken, strict=True))
        )
        return with_active(insert(document, GroupLayer(name=name, children=layers)), layers[shown].id)

    editor.desk.later(editor.tr("Keep all of “{name}”").format(name=name), change)
