"""What a clip begins with: the frames of another clip, or a motion module."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSignalBlocker
from PySide6.QtWidgets import QFileDialog

from studio.domain.catalog import ModuleInfo
from studio.domain.sequence import Footage
from studio.ui.train.rows import Row
from studio.ui.widgets.wheel import Choice


def _tr(text: str) -> str:
    return QCoreApplication.translate("ClipForm", text)


class SourceField(Choice):
    """The clip that is drawn anew: one of the timeline, or a video file."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(_tr("Source clip"))
        self.setToolTip(_tr("The clip whose motion is drawn anew"))
        self.setPlaceholderText(_tr("Choose a clip"))
        self.footage: Footage | None = None
        self._offered: list[Footage | None] = []
        self.row = Row(_tr("Source"), self, lambda: self.footage, self.show_footage, self)
        self.activated.connect(self._choose)

    def offer(self, clips: Iterable[tuple[str, Footage]]) -> None:
        """List the clips of the timeline, and what is chosen if it is none of them."""
        clips = list(clips)
        found = [footage for _, footage in clips]
        with QSignalBlocker(self):
            self.clear()
            self._offered = []
            if self.footage is not None and self.footage not in found:
                self._add(_name(self.footage), self.footage)
            for name, footage in clips:
                self._add(name, footage)
            self._add(_tr("A video file…"), None)
            self.setCurrentIndex(self._offered.index(self.footage) if self.footage is not None else -1)

    def show_footage(self, footage: Footage | None) -> None:
        """Show other footage."""
        if footage != self.footage:
            self.footage = footage
            known = [(self.itemText(index), each) for index, each in enumerate(self._offered) if each is not None]
            self.offer(known)

    def _add(self, name: str, footage: Footage | None) -> None:
        self.addItem(name)
        self._offered.append(footage)

    def _choose(self, index: int) -> None:
        footage = self._offered[index]
        if footage is None:
            path, _ = QFileDialog.getOpenFileName(self, _tr("The clip to draw anew"))
            footage = Footage((path,)) if path else self.footage
        changed = footage != self.footage
        self.show_footage(footage)
        if changed:
            self.row.changed.emit()


class ModuleField(Choice):
    """The motion modules that fit the model."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(_tr("Motion module"))
        self.setToolTip(_tr("What makes a model of single pictures draw clips. Put one into the models folder."))
        self.setPlaceholderText(_tr("None installed"))
        self.row = Row(_tr("Module"), self, lambda: self.value, self.choose, self)
        self.currentIndexChanged.connect(self.row.changed)

    @property
    def value(self) -> str:
        """The module's name, "" for none."""
        return str(self.currentData() or "")

    def choose(self, name: str) -> None:
        """Choose by name; one that does not fit changes nothing."""
        if (index := self.findData(name)) >= 0:
            self.setCurrentIndex(index)

    def offer(self, modules: Iterable[ModuleInfo], *, needed: bool) -> None:
        """List modules, keeping the choice where it is among them; a video model needs none."""
        kept = self.value
        with QSignalBlocker(self):
            self.clear()
            if not needed:
                self.addItem(_tr("The model's own"), "")
            for module in modules:
                self.addItem(module.name, module.name)
            self.setCurrentIndex(0 if self.count() else -1)
            self.choose(kept)


def _name(footage: Footage) -> str:
    path = footage.paths[0] if footage.paths else ""
    return _tr("A take of a clip") if path.startswith("take:") else Path(path).name
