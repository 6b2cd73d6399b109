"""One LoRA of the recipe: its name, how strongly it acts, its trigger word, and a way to remove it."""

from pathlib import PurePath

from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.domain.catalog import LoraInfo
from studio.domain.recipe import MAX_LORA_WEIGHT, Lora, Sampling
from studio.ui.panels.sampler_field import settings_text
from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import ElidedLabel, label
from studio.ui.widgets.slider_field import SliderField

_SHOWN = 20  # characters of a trigger on its button


class LoraRow(QFrame):
    """A card; `trigger_wanted` carries words for the prompt, `settings_wanted` the settings it was made for."""

    changed = Signal()
    removed = Signal()
    trigger_wanted = Signal(str)
    settings_wanted = Signal(Sampling)

    def __init__(self, lora: Lora, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self.name, self.trigger, self._problem = lora.name, "", ""
        self._info: LoraInfo | None = None
        self.sampling: Sampling | None = None
        self.title = ElidedLabel()
        self.trigger_button = push_button("", look="link")
        self.trigger_button.clicked.connect(lambda: self.trigger_wanted.emit(self.trigger))
        self.remove_button = tool_button("x", self.tr("Remove this LoRA"))
        self.remove_button.clicked.connect(self.removed)
        self.weight = SliderField(-2, 2, step=0.05, decimals=2, least=-MAX_LORA_WEIGHT, most=MAX_LORA_WEIGHT)
        self.weight.default = 1.0
        self.weight.set_value(lora.weight)
        self.weight.changed.connect(self.changed)
        self.settings_text = label("", "small", wrap=True)
        self.settings_button = push_button(self.tr("Use them"), look="link")
        self.settings_button.clicked.connect(lambda: self.settings_wanted.emit(self.sampling))
        self._settings = QWidget()
        self.note = label("", "warning", wrap=True)
        self._arrange()
        self.describe(None, "")

    @property
    def value(self) -> Lora:
        """The LoRA as shown."""
        return Lora(self.name, self.weight.value)

    def stops(self) -> tuple[QWidget, ...]:
        """Where Tab stops, in order."""
        return self.trigger_button, self.remove_button, self.settings_button, self.weight.slider, self.weight.box

    def describe(self, info: LoraInfo | None, problem: str) -> None:
        """Show what the library knows of it, and what is wrong with it if anything is."""
        title = info.title if info else PurePath(self.name).stem
        self.title.set_text(title)
        if info:
            self.title.setToolTip(described(info))
        self._info, self._problem = info, problem
        self.trigger = info.trigger if info else ""
        self.sampling = info.sampling if info and not problem else None
        self.weight.name(
            self.tr("Weight of {name}").format(name=title),
            self.tr("How strongly it acts: 0 is off, below 0 is its opposite. Double click: 1"),
        )
        self.show_prompt("")

    def show_prompt(self, prompt: str) -> None:
        """Offer the trigger word unless the prompt has it, and say so where nothing happens without it."""
        there = self._info is not None and self._info.called_by(prompt)
        idle = self._info is not None and not self._info.acts_on(prompt)
        waiting = self.tr("Does nothing until the prompt has “{word}”.").format(word=self.trigger) if idle else ""
        self.note.setText(self._problem or waiting)
        self.note.setVisible(bool(self.note.text()))
        short = self.trigger if len(self.trigger) <= _SHOWN else f"{self.trigger[: _SHOWN - 1]}…"
        self.trigger_button.setText(short if there else f"+ {short}")
        self.trigger_button.setIcon(icon("check", COLOURS.muted) if there else QIcon())
        self.trigger_button.setEnabled(not there)
        self.trigger_button.setVisible(bool(self.trigger))
        said = self.tr("The prompt has its trigger word") if there else self.tr("Put its trigger word into the prompt")
        self.trigger_button.setToolTip(f"{said}: {self.trigger}")
        self.trigger_button.setAccessibleName(said)

    def show_sampling(self, sampling: Sampling) -> None:
        """Offer the settings it was made for unless these are they."""
        self._settings.setVisible(self.sampling not in (None, sampling))
        if self.sampling is not None:
            settings = settings_text(self.sampling)
            self.settings_text.setText(self.tr("Made for {settings}.").format(settings=settings))
            self.settings_button.setToolTip(self.tr("Take over {settings}").format(settings=settings))

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE.small)
        top.addWidget(self.title, 1)
        top.addWidget(self.trigger_button)
        top.addWidget(self.remove_button)
        bottom = QHBoxLayout()
        bottom.setSpacing(SPACE.small)
        bottom.setContentsMargins(0, 0, SPACE.small, 0)
        bottom.addWidget(label(self.tr("Weight"), "caption", buddy=self.weight))
        bottom.addWidget(self.weight, 1)
        offer = QHBoxLayout(self._settings)
        offer.setSpacing(SPACE.hair)
        offer.setContentsMargins(0, 0, SPACE.small, 0)
        offer.addWidget(self.settings_text, 1)
        offer.addWidget(self.settings_button)
        self._settings.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE.medium, SPACE.hair, SPACE.hair, SPACE.small)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.note)
        layout.addWidget(self._settings)
        layout.addLayout(bottom)


def described(info: LoraInfo) -> str:
    """A tooltip: its size, the settings it was made for, its file."""
    about = f"{info.bytes / 2**20:,.1f} MB · rank {info.rank}"
    settings = settings_text(info.sampling) if info.sampling else ""
    return "\n".join(line for line in (info.title, about, settings, info.path) if line)
