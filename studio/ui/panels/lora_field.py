"""The LoRAs of the recipe."""

import itertools

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget, QWidgetAction

from studio.domain.catalog import FAMILIES, Library, LoraInfo, ModelInfo
from studio.domain.recipe import MAX_LORAS, Lora, Sampling
from studio.ui.panels.lora_row import LoraRow, described
from studio.ui.plurals import counted
from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label


class LoraField(QWidget):
    """A card for each LoRA, and a button with a menu of those that fit the model.

    `opening` comes before the menu is filled, so that it can follow what lies in the folder; `folder_wanted` asks for
    that folder, `trigger_wanted` for words in the prompt, and `settings_wanted` for those that a LoRA was made for.
    """

    changed = Signal()
    opening = Signal()
    folder_wanted = Signal()
    trigger_wanted = Signal(str)
    settings_wanted = Signal(Sampling)

    def __init__(self, library: Library, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library, self._prompt, self._sampling = library, "", Sampling()
        self._model: ModelInfo | None = None
        self.rows: list[LoraRow] = []
        self.add_button = push_button(
            self.tr("Add a LoRA…"),
            sign="blend",
            hint=self.tr("A small file that teaches the model a subject or a style"),
        )
        self.add_button.clicked.connect(self._popup)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE.small)
        self._column.addWidget(self.add_button)

    @property
    def value(self) -> tuple[Lora, ...]:
        """The LoRAs as shown, also those that are missing or do not fit."""
        return tuple(row.value for row in self.rows)

    def set_value(self, loras: tuple[Lora, ...]) -> None:
        """Show other LoRAs."""
        if loras == self.value:
            return
        for row in tuple(self.rows):
            self._drop(row)
        for lora in loras:
            self._show(lora)
        self.changed.emit()

    def set_library(self, library: Library) -> None:
        """Offer what another library has."""
        self._library = library
        self._describe()

    def set_model(self, model: ModelInfo | None) -> None:
        """Offer what fits another model."""
        self._model = model
        self._describe()

    def show_prompt(self, prompt: str) -> None:
        """Follow the prompt, to offer trigger words that are not in it."""
        self._prompt = prompt
        for row in self.rows:
            row.show_prompt(prompt)

    def show_sampling(self, sampling: Sampling) -> None:
        """Follow the settings, to offer those that a LoRA was made for where they are others."""
        self._sampling = sampling
        for row in self.rows:
            row.show_sampling(sampling)

    def add(self, name: str) -> None:
        """One more, at full weight."""
        self._show(Lora(name))
        self.rows[-1].weight.slider.setFocus()
        self.changed.emit()

    def remove(self, row: LoraRow) -> None:
        """Do without this one."""
        self._drop(row)
        self.add_button.setFocus()
        self.changed.emit()

    def menu(self) -> QMenu:
        """What can be added, and how to get more."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        used = {row.name for row in self.rows}
        for info in (info for info in self._fitting() if info.name not in used):
            action = menu.addAction(info.title.replace("&", "&&"))
            action.setToolTip(described(info))
            action.setData(info.name)
            action.triggered.connect(lambda _=False, name=info.name: self.add(name))
        if text := self._note(used):
            _add_note(menu, text)
        menu.addSeparator()
        folder = menu.addAction(icon("folder-open", COLOURS.muted), self.tr("Open the LoRA folder"))
        folder.triggered.connect(self.folder_wanted)
        return menu

    def _fitting(self) -> tuple[LoraInfo, ...]:
        return self._library.loras_for(self._model.family) if self._model else ()

    def _note(self, used: set[str]) -> str:
        fitting = self._fitting()
        others = len(self._library.loras) - len(fitting)
        lines = []
        if not fitting and self._model:
            lines.append(self.tr("There is no LoRA for {model} yet.").format(model=self._model.title))
            lines.append(self.tr("Train one, or put a .safetensors file into the folder."))
        elif all(info.name in used for info in fitting):
            lines.append(self.tr("All that fit are in use."))
        if others:
            lines.append(counted(self.tr("%n more for other models", "", others), others))
        return "\n".join(lines)

    def _popup(self) -> None:
        self.opening.emit()
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.setMinimumWidth(self.add_button.width())
        menu.popup(self.add_button.mapToGlobal(QPoint(0, self.add_button.height() + SPACE.hair)))

    def _show(self, lora: Lora) -> None:
        row = LoraRow(lora)
        row.changed.connect(self.changed)
        row.removed.connect(lambda: self.remove(row))
        row.trigger_wanted.connect(self.trigger_wanted)
        row.settings_wanted.connect(self.settings_wanted)
        self._column.insertWidget(len(self.rows), row)
        self.rows.append(row)
        stops = (self.add_button, *row.stops(), self.add_button)
        for before, after in itertools.pairwise(stops):
            QWidget.setTabOrder(before, after)
        self._describe()

    def _drop(self, row: LoraRow) -> None:
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._describe()

    def _describe(self) -> None:
        known = {info.name: info for info in self._library.loras} | {info.path: info for info in self._library.loras}
        for row in self.rows:
            info = known.get(row.name)
            row.describe(info, self._problem(row.name, info))
            row.show_prompt(self._prompt)
            row.show_sampling(self._sampling)
        self.add_button.setEnabled(len(self.rows) < MAX_LORAS)

    def _problem(self, name: str, info: LoraInfo | None) -> str:
        if info is None:
            is_path = "/" in name or "\\" in name
            return "" if is_path else self.tr("Not in the LoRA folder.")
        if self._model and info.family is not self._model.family:
            return self.tr("Made for {family}, not for this model.").format(family=FAMILIES[info.family].title)
        return ""


def _add_note(menu: QMenu, text: str) -> None:
    action = QWidgetAction(menu)
    action.setDefaultWidget(label(text, "note"))
    action.setEnabled(False)
    menu.addAction(action)
