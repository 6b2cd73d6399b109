"""Fast mode: a few-steps LoRA with the settings it was made for, and the way back."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QToolButton

from studio.domain.catalog import Library, LoraInfo, ModelInfo
from studio.domain.recipe import Lora, Sampling
from studio.ui.panels.lora_field import LoraField
from studio.ui.panels.sampler_field import settings_text
from studio.ui.widgets.buttons import hint_with

KEY = "Ctrl+Shift+F"


class FastMode(QObject):
    """Keeps `button` and the LoRAs in step: fast is on exactly while a fitting few-steps LoRA is among them.

    `sampling_wanted` carries settings for the form, which `sampling` reads. Those from before are remembered when such
    a LoRA comes in, and wanted back when it goes. `changed` tells that fast mode went on or off, or can be had or not.
    """

    sampling_wanted = Signal(Sampling)
    changed = Signal()

    def __init__(
        self,
        button: QToolButton,
        loras: LoraField,
        library: Library,
        sampling: Callable[[], Sampling],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._button, self._loras, self._library, self._sampling = button, loras, library, sampling
        self._model: ModelInfo | None = None
        self._before: Sampling | None = None
        self.active: LoraInfo | None = None  # the few-steps LoRA in use
        button.clicked.connect(self.switch)
        loras.changed.connect(self._follow)

    @property
    def liked(self) -> Sampling | None:
        """The settings that suit the model with its LoRAs; None without a model."""
        if self.active is not None:
            return self.active.sampling
        return self._model.default_sampling if self._model else None

    @property
    def offered(self) -> LoraInfo | None:
        """The LoRA that switching on takes, or the one in use."""
        return self.active or (self._library.fast_lora(self._model.family) if self._model else None)

    def set_library(self, library: Library) -> None:
        """Offer what another library has."""
        self._library = library
        self._follow()

    def set_model(self, model: ModelInfo | None) -> None:
        """Another model: fast goes on with a LoRA that fits it, or ends."""
        was, self._model = self.active, model
        if was is not None and model is not None and was.family is not model.family:
            self._take_out(was)
            self.switch(True)
        self._follow()

    def switch(self, wanted: bool) -> None:
        """On, where a LoRA for it is there, or off."""
        lora = self.offered
        if lora is not None and wanted and self.active is None:
            self._loras.set_value((*self._loras.value, Lora(lora.name)))
            self.sampling_wanted.emit(lora.sampling)
        elif lora is not None and not wanted:
            self._take_out(lora)
        self._describe()

    def toggle(self) -> None:
        """On if it is off."""
        self.switch(self.active is None)

    def forget(self) -> None:
        """The form was filled anew: what was set before is no more wanted back."""
        self._before = None

    def _take_out(self, lora: LoraInfo) -> None:
        self._loras.set_value(tuple(one for one in self._loras.value if one.name not in (lora.name, lora.path)))

    def _follow(self) -> None:
        """See which few-steps LoRA is in use now."""
        was, self.active = self.active, self._in_use()
        if was is None and self.active is not None:
            self._before = self._sampling()
        elif was is not None and self.active is None:
            self._bring_back()
        self._describe()

    def _bring_back(self) -> None:
        before, self._before = self._before or self.liked, None
        if before is not None:
            self.sampling_wanted.emit(before)

    def _in_use(self) -> LoraInfo | None:
        names = {lora.name for lora in self._loras.value}
        fitting = self._library.loras_for(self._model.family) if self._model else ()
        return next((one for one in fitting if one.sampling is not None and names & {one.name, one.path}), None)

    def _describe(self) -> None:
        offered = self.offered
        self._button.setVisible(offered is not None)
        self._button.setChecked(self.active is not None)
        if offered is not None and offered.sampling is not None:
            text = self.tr("Fast: {settings}, with the LoRA “{name}”. Off brings your settings back.")
            words = text.format(settings=settings_text(offered.sampling), name=offered.title)
            self._button.setToolTip(hint_with(words, KEY))
        self.changed.emit()
