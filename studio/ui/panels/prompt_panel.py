"""Everything that decides the pixels, to be written and chosen."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from studio.domain.catalog import Library
from studio.domain.recipe import MAX_STEPS, Lora, Recipe, Sampling
from studio.ui.dropping import dropped_files
from studio.ui.loader import PictureLoader
from studio.ui.panels.fast_mode import FastMode
from studio.ui.panels.generate_bar import GenerateBar
from studio.ui.panels.lora_field import LoraField
from studio.ui.panels.model_field import ModelField
from studio.ui.panels.prompt_edit import PromptEdit
from studio.ui.panels.sampler_field import SamplerField
from studio.ui.panels.seed_field import SeedField
from studio.ui.panels.size_field import SizeField
from studio.ui.panels.source_field import SourceField
from studio.ui.panels.upscale_field import UpscaleField
from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label, row_label
from studio.ui.widgets.scroll import ScrollColumn
from studio.ui.widgets.slider_field import SliderField

WIDTH = 344


class PromptPanel(QWidget):
    """The form of a recipe. `changed` follows every edit; `generate` and `cancel` are the foot's buttons."""

    changed = Signal()
    generate = Signal()
    cancel = Signal()
    dropped = Signal(list)

    def __init__(self, library: Library, loader: PictureLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self.prompt = PromptEdit(self.tr("Prompt"), self.tr("Describe the picture"), 96)
        self.negative = PromptEdit(self.tr("Negative prompt"), self.tr("What should not be in it"), 56)
        self.negative.setMaximumHeight(72)
        self.negative_note = label(self.tr("It has no effect while guidance is 1."), "small")
        self.negative_button = self._fold()
        self.model = ModelField(library)
        self.size_field = SizeField()
        self.upscale = UpscaleField()
        self.steps = SliderField(1, 50, least=1, most=MAX_STEPS)
        self.steps.name(self.tr("Steps"), self.tr("More steps settle more detail. Double click: the model's own"))
        self.guidance = SliderField(1, 15, step=0.5, decimals=1, least=0, most=100)
        self.guidance.name(
            self.tr("Guidance"),
            self.tr("How closely to follow the prompt; 1 is not at all. Double click: the model's own"),
        )
        self.sampler = SamplerField()
        self.seed = SeedField()
        self.loras = LoraField(library)
        self.source = SourceField(loader)
        self.foot = GenerateBar()
        self.fast = FastMode(self.foot.fast_button, self.loras, library, self._sampling, self)
        self._connect()
        self._column = QVBoxLayout(self)
        self._arrange()
        self._model_changed()
        self.model.offer_defaults(None)

    def recipe(self) -> Recipe:
        """The request as shown."""
        model = self.model.model
        return Recipe(
            prompt=self.prompt.text(),
            negative=self.negative.text(),
            model=model.name if model else "",
            size=self.size_field.value,
            sampling=self._sampling(),
            seed=self.seed.value,
            batch=self.foot.batch.value(),
            source=self.source.value,
            loras=self.loras.value,
            upscale=self.upscale.value,
        )

    def show_recipe(self, recipe: Recipe, *, seed_locked: bool) -> None:
        """Show another request; where its model is missing or cannot do it, the nearest that can be done."""
        self.model.choose(recipe.model)
        self.loras.set_value(tuple(Lora(lora.name, lora.weight) for lora in recipe.loras))
        self.fast.forget()
        self.model.offer_defaults(None)
        self.prompt.show_text(recipe.prompt)
        self.negative.show_text(recipe.negative)
        self.negative_button.setChecked(bool(recipe.negative))
        self.size_field.set_value(recipe.size)
        self.upscale.set_value(recipe.upscale)
        self.show_sampling(recipe.sampling)
        self.seed.set_value(recipe.seed, locked=seed_locked)
        self.foot.batch.setValue(recipe.batch)
        self.source.set_value(recipe.source)

    def set_library(self, library: Library) -> None:
        """Offer what another library has."""
        self.loras.set_library(library)
        self.fast.set_library(library)
        self.model.set_library(library)

    def show_sampling(self, sampling: Sampling) -> None:
        """Show sampler, steps and guidance."""
        self.steps.set_value(sampling.steps)
        self.guidance.set_value(sampling.guidance)
        self.sampler.choose(sampling.sampler)

    def use_defaults(self) -> None:
        """Take over what the chosen model likes, with the LoRAs that it has."""
        model, liked = self.model.model, self.fast.liked
        if model is not None and liked is not None:
            self.size_field.set_value(model.default_size)
            self.show_sampling(liked)
        self._offer_defaults()

    def add_bar(self, bar: QWidget) -> None:
        """A bar above the form."""
        self._column.insertWidget(0, bar)

    def mark(self, name: str) -> None:
        """Mark the control of a recipe's field as wrong; an empty name clears the mark."""
        for field, control in self._controls().items():
            wrong = field == name.partition(".")[2] or field == name
            if control.property("wrong") != wrong:
                control.setProperty("wrong", wrong)
                control.style().polish(control)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped anywhere on the panel."""
        if dropped_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand them on."""
        event.acceptProposedAction()
        self.dropped.emit(dropped_files(event.mimeData()))

    def showEvent(self, event: QShowEvent) -> None:
        """Begin where the user begins."""
        super().showEvent(event)
        if not event.spontaneous():
            self.prompt.setFocus()

    def _controls(self) -> dict[str, QWidget]:
        return {
            "prompt": self.prompt,
            "negative": self.negative,
            "model": self.model.box,
            "size": self.size_field.width_box,
            "steps": self.steps.box,
            "guidance": self.guidance.box,
            "sampler": self.sampler,
            "seed": self.seed.box,
            "batch": self.foot.batch,
            "strength": self.source.strength.box,
            "loras": self.loras.add_button,
        }

    def _model_changed(self) -> None:
        model = self.model.model
        self.loras.set_model(model)
        if model is None:
            return
        self.size_field.set_model(model.traits.size_multiple, model.default_size)
        self.sampler.offer(model.samplers(), model.default_sampling.sampler)
        self.fast.set_model(model)
        self._offer_defaults()

    def _offer_defaults(self) -> None:
        model, liked = self.model.model, self.fast.liked
        same = model is None or (self.size_field.value, self._sampling()) == (model.default_size, liked)
        self.model.offer_defaults(None if same else liked)

    def _fast_changed(self) -> None:
        if (liked := self.fast.liked) is not None:
            self.steps.default, self.guidance.default = liked.steps, liked.guidance

    def _sampling(self) -> Sampling:
        return Sampling(self.sampler.value, round(self.steps.value), self.guidance.value)

    def _sampling_edited(self) -> None:
        self.loras.show_sampling(self._sampling())
        self.negative_note.setVisible(self.guidance.value <= 1 and bool(self.negative.text()))

    def _fold(self) -> QPushButton:
        button = push_button(self.tr("Negative prompt"), look="quiet")
        button.setCheckable(True)
        button.setToolTip(self.tr("Show or hide what should not be in the picture"))
        button.toggled.connect(self._unfold)
        return button

    def _unfold(self, shown: bool) -> None:
        self.negative_button.setIcon(icon("chevron-down" if shown else "chevron-right", COLOURS.muted, COLOURS.text, 4))
        self.negative.setVisible(shown)

    def _connect(self) -> None:
        self._unfold(False)
        self.model.changed.connect(self._model_changed)
        self.model.defaults_wanted.connect(self.use_defaults)
        for edit in (self.prompt, self.negative):
            edit.textChanged.connect(self.changed)
        self.prompt.textChanged.connect(lambda: self.loras.show_prompt(self.prompt.text()))
        self.loras.trigger_wanted.connect(self.prompt.insert_words)
        self.loras.settings_wanted.connect(self.show_sampling)
        self.fast.sampling_wanted.connect(self.show_sampling)
        self.fast.changed.connect(self._fast_changed)
        for signal in (self.steps.changed, self.guidance.changed, self.sampler.currentIndexChanged):
            signal.connect(self._sampling_edited)
        self.negative.textChanged.connect(self._sampling_edited)
        self.loras.changed.connect(self._edited)
        self.size_field.changed.connect(lambda: self.upscale.show_drawn(self.size_field.value))
        for field in (self.model, self.size_field, self.upscale, self.steps, self.guidance, self.seed, self.source):
            field.changed.connect(self._edited)
        for signal in (self.sampler.currentIndexChanged, self.foot.batch.valueChanged):
            signal.connect(self._edited)
        self.foot.generate.connect(self.generate)
        self.foot.cancel.connect(self.cancel)

    def _edited(self) -> None:
        self.mark("")
        self.changed.emit()

    def _arrange(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(SPACE.large, SPACE.medium, SPACE.large, SPACE.large)
        column.setSpacing(SPACE.small)
        column.addWidget(self.prompt, 1)
        column.addWidget(self.negative_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.negative)
        column.addWidget(self.negative_note)
        column.addSpacing(SPACE.hair)
        column.addLayout(self._form())
        column.addSpacing(SPACE.hair)
        column.addWidget(self.loras)
        column.addWidget(self.source)
        column.addStretch(1)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(ScrollColumn(body), 1)
        self._column.addWidget(self.foot)
        self.setMinimumWidth(WIDTH)

    def _form(self) -> QGridLayout:
        form = QGridLayout()
        form.setHorizontalSpacing(SPACE.medium)
        form.setVerticalSpacing(SPACE.small)
        form.setColumnStretch(1, 1)
        rows: tuple[tuple[str, QWidget], ...] = (
            (self.tr("Model"), self.model),
            (self.tr("Size"), self.size_field),
            (self.tr("Upscale"), self.upscale),
            (self.tr("Steps"), self.steps),
            (self.tr("Guidance"), self.guidance),
            (self.tr("Sampler"), self.sampler),
            (self.tr("Seed"), self.seed),
        )
        for row, (text, field) in enumerate(rows):
            name = row_label(text, field)
            name.setFixedHeight(SPACE.control)
            form.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            form.addWidget(field, row, 1)
        return form
