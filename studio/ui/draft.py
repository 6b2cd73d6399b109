"""The request as it is typed, kept on disk: a kill costs at most the last moment."""

from PySide6.QtCore import QObject, QTimer

from studio.domain.catalog import ModelInfo
from studio.domain.recipe import Recipe
from studio.session.settings import SettingsFile
from studio.ui.panels.prompt_panel import PromptPanel

DELAY = 300  # milliseconds


class DraftKeeper(QObject):
    """Writes the panel's recipe into the settings a moment after each edit, and brings it back at the start."""

    def __init__(self, panel: PromptPanel, settings: SettingsFile, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._settings = panel, settings
        self._aside = False
        self._timer = QTimer(self, singleShot=True, interval=DELAY)
        self._timer.timeout.connect(self.save)

    def restore(self) -> None:
        """Show what was left, or the first example of the chosen model; from now on, follow the edits."""
        settings = self._settings.value
        if settings.draft is not None:
            self._panel.show_recipe(settings.draft, seed_locked=settings.seed_locked)
        else:
            self._panel.show_recipe(_first(self._panel.model.model), seed_locked=False)
            self._panel.seed.roll()
        self._panel.changed.connect(self._edited)

    def put_aside(self) -> None:
        """The form is about to show something else for a while, which is no draft."""
        self.save()
        self._aside = True

    def take_up(self) -> None:
        """The form shows the draft again."""
        self._aside = False

    def save(self) -> None:
        """Write now."""
        self._timer.stop()
        if self._aside:
            return
        value = self._settings.value
        draft, locked = self._panel.recipe(), self._panel.seed.locked
        if (draft, locked) != (value.draft, value.seed_locked):
            self._settings.change(draft=draft, seed_locked=locked)

    def _edited(self) -> None:
        if not self._timer.isActive():  # a steady typist is saved too, each 300 ms
            self._timer.start()


def _first(model: ModelInfo | None) -> Recipe:
    if model is None:
        return Recipe()
    prompt = model.examples[0] if model.examples else ""
    return Recipe(prompt=prompt, model=model.name, size=model.default_size, sampling=model.default_sampling)
