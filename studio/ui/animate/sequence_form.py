"""The form of a request for the frames of a clip."""

import dataclasses
import secrets
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.domain.catalog import Library, ModelInfo
from studio.domain.errors import StudioError
from studio.domain.recipe import Recipe, Sampling
from studio.domain.sequence import COMMON, COMMON_OF_PROMPTS, Consistency, FrameSequence, Method
from studio.domain.timeline.beats import beat_lock
from studio.ui.animate.fold import Fold
from studio.ui.animate.sequence_rows import (
    beat_rows,
    consistency_rows,
    method_row,
    motion_rows,
    rate_text,
    sampling_rows,
    seed_row,
    timing_rows,
)
from studio.ui.animate.source_row import ModuleField, SourceField
from studio.ui.panels.lora_field import LoraField
from studio.ui.panels.model_field import ModelField
from studio.ui.panels.sampler_field import SamplerField
from studio.ui.panels.seed_field import SeedField
from studio.ui.panels.size_field import SizeField
from studio.ui.theme.tokens import SPACE
from studio.ui.train.rows import Row, check_row, place_rows
from studio.ui.widgets.labels import label
from studio.ui.widgets.slider_field import SliderField

_SHOWN_FOR = {  # the methods for which a row says something
    "motion": (Method.CIRCLE,),
    "common": (Method.CIRCLE,),
    "harmonics": (Method.CIRCLE,),
    "strength": (Method.VIDEO, Method.MOTION),
    "source": (Method.VIDEO,),
    "module": (Method.MOTION,),
    "attention": (Method.CIRCLE, Method.VIDEO),
    "smoother": (Method.CIRCLE, Method.VIDEO),
    "steady": (Method.CIRCLE,),
}


class SequenceForm(QWidget):
    """All of a `FrameSequence` but its prompts. `edited` names the field that the user changed."""

    edited = Signal(str)

    def __init__(self, library: Library, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library, self._showing = library, False
        self._marked = ""
        self.model = ModelField(library)
        self.loras = LoraField(library)
        self.source, self.module = SourceField(), ModuleField()
        self.beats = check_row(self.tr("Lock to the beat"), self.tr("The length follows music: its tempo and bars"))
        self.beat_note = label("", "small", wrap=True)
        self.timing, self.motion, self.held = timing_rows(), motion_rows(), consistency_rows()
        self.sampling, self.beat = sampling_rows(), beat_rows()
        self.rows: dict[str, Row] = {
            "method": method_row(),
            "source": self.source.row,
            "module": self.module.row,
            "model": Row(self.tr("Model"), self.model, lambda: self._model_name, self.model.choose, self.model.box),
            "seed": seed_row(),
            **self.timing,
            **self.motion,
            **self.held,
            **self.sampling,
        }
        self._arrange()
        self._connect()
        self._follow_model()
        self.show_task(self.start())
        self._show_beats()

    # ------------------------------------------------------------------------------------------ values

    def start(self) -> FrameSequence:
        """A request with what the chosen model likes."""
        model = self.model.model
        if model is None:
            return FrameSequence(Recipe())
        liked = self._steady(model)
        size, sampling = model.default_size, model.default_sampling
        recipe = Recipe(
            model=model.name, size=size, sampling=dataclasses.replace(sampling, sampler=liked),
            seed=secrets.randbelow(2**32),
        )  # fmt: skip
        method = Method.MOTION if model.traits.video else Method.CIRCLE
        return FrameSequence(recipe, method=method)

    def show_task(self, task: FrameSequence) -> None:
        """Show a request; where its model is missing, the nearest that there is."""
        recipe, held = task.recipe, task.consistency
        self._showing = True
        try:
            self.rows["method"].show_value(task.method)
            self.model.choose(recipe.model)
            self._follow_model()
            common = _usual(task) if task.common < 0 else task.common
            values: dict[str, Any] = {
                "frames": task.frames, "rate": task.rate, "closed": task.closed, "motion": task.motion,
                "common": common, "harmonics": task.harmonics, "strength": task.strength, "attention": held.attention,
                "smoother": held.smoother, "flow": held.flow, "steady": held.steady, "colour": held.colour,
                "size": recipe.size, "sampler": recipe.sampling.sampler, "steps": recipe.sampling.steps,
                "guidance": recipe.sampling.guidance, "seed": recipe.seed,
            }  # fmt: skip
            for name, value in values.items():
                if self.rows[name].read() != value:
                    self.rows[name].show_value(value)
            self.loras.set_value(recipe.loras)
            self.source.show_footage(task.source)
            self.module.choose(task.module)
        finally:
            self._showing = False
        self._show_rows()

    def task(self, base: FrameSequence) -> FrameSequence:
        """`base` with what is shown."""
        read: Mapping[str, Any] = {name: row.read() for name, row in self.rows.items()}
        sampling = Sampling(read["sampler"] or base.recipe.sampling.sampler, read["steps"], read["guidance"])
        recipe = dataclasses.replace(
            base.recipe, model=read["model"] or base.recipe.model, size=read["size"], sampling=sampling,
            seed=read["seed"], loras=self.loras.value,
        )  # fmt: skip
        made = dataclasses.replace(
            base, recipe=recipe, frames=read["frames"], rate=read["rate"], closed=read["closed"],
            method=read["method"], motion=read["motion"], harmonics=read["harmonics"], strength=read["strength"],
            consistency=Consistency(read["attention"], read["smoother"], read["flow"], read["steady"], read["colour"]),
            source=self.source.footage, module=self.module.value,
        )  # fmt: skip
        usual = abs(read["common"] - _usual(made)) < 1e-9
        return dataclasses.replace(made, common=-1.0 if usual else read["common"])

    @property
    def seed(self) -> SeedField:
        """The seed's field."""
        field = self.rows["seed"].control
        assert isinstance(field, SeedField)
        return field

    def set_library(self, library: Library) -> None:
        """Offer what another library has."""
        self._library = library
        self._showing = True
        self.model.set_library(library)
        self.loras.set_library(library)
        self._showing = False
        self._follow_model()

    def mark(self, field: str, text: str) -> None:
        """Say at a field of the request what is wrong with it; an empty field for nothing."""
        for name in filter(None, (self._marked, field.rpartition(".")[2])):
            if name in self.rows:
                self.rows[name].mark(text if name == field.rpartition(".")[2] else "")
        self._marked = field.rpartition(".")[2]

    # ------------------------------------------------------------------------------------------ inside

    @property
    def _model_name(self) -> str:
        model = self.model.model
        return model.name if model else ""

    def _steady(self, model: ModelInfo) -> str:
        """The sampler to begin with: one that draws no noise on the way, which would shake each frame."""
        plain = [each.id for each in model.samplers() if not each.stochastic]
        liked = model.default_sampling.sampler
        return liked if liked in plain or not plain else plain[0]

    def _model_changed(self) -> None:
        self._follow_model()
        model = self.model.model
        if model is not None and not self._showing:
            sampling, self._showing = model.default_sampling, True
            for name, value in (("size", model.default_size), ("steps", sampling.steps),
                                ("guidance", sampling.guidance), ("sampler", self._steady(model))):  # fmt: skip
                self.rows[name].show_value(value)
            if model.traits.video:
                self.rows["method"].show_value(Method.MOTION)
            elif self.rows["method"].read() is Method.MOTION and not self._library.modules_for(model.family):
                self.rows["method"].show_value(Method.CIRCLE)
            self._showing = False
            self._show_rows()
            self.edited.emit("model")

    def _follow_model(self) -> None:
        model = self.model.model
        self.loras.set_model(model)
        if model is None:
            return
        size, sampler = self.rows["size"].control, self.rows["sampler"].control
        assert isinstance(size, SizeField) and isinstance(sampler, SamplerField)
        shown, self._showing = self._showing, True
        size.set_model(model.traits.size_multiple, model.default_size)
        sampler.offer([each for each in model.samplers() if not each.stochastic], self._steady(model))
        self.module.offer(self._library.modules_for(model.family), needed=not model.traits.video)
        self._showing = shown
        for name, value in (("steps", model.default_sampling.steps), ("guidance", model.default_sampling.guidance),
                            ("motion", 0.35), ("frames", 24), ("common", COMMON), ("strength", 0.5)):  # fmt: skip
            field = self.rows[name].control
            if isinstance(field, SliderField):
                field.default = value

    def _row_changed(self, name: str) -> None:
        if self._showing:
            return
        if name == "method":
            self._show_rows()
        if name in ("bpm", "bars", "beats", "rate"):
            self._show_beats()
        if name not in ("bpm", "bars", "beats"):
            self.rows[name].mark("") if name in self.rows else None
            self.edited.emit(name)

    def _show_beats(self) -> None:
        on = self.beats.read()
        for row in self.beat.values():
            row.set_shown(on)
        self.timing["frames"].setEnabled(not on)
        self.beat_note.setVisible(on)
        if not on:
            return
        try:
            found = beat_lock(
                Fraction(str(self.beat["bpm"].read())), self.beat["bars"].read(), 4, self.timing["rate"].read()
            )
        except StudioError as error:
            self.beat_note.setText(str(error.problem))
            return
        words = self.tr("{n} frames at {rate} a second: exactly {bpm} beats a minute.")
        rate = rate_text(self.timing["rate"].read())
        self.beat_note.setText(words.format(n=found.frames, rate=rate, bpm=f"{float(found.bpm):.6g}"))
        if self.timing["frames"].read() != found.frames:
            self.timing["frames"].show_value(found.frames)

    def _show_rows(self) -> None:
        method = self.rows["method"].read()
        for name, methods in _SHOWN_FOR.items():
            self.rows[name].set_shown(method in methods)

    def _connect(self) -> None:
        for name, row in (*self.rows.items(), *self.beat.items(), ("beats", self.beats)):
            if name != "model":
                row.changed.connect(lambda name=name: self._row_changed(name))
        self.model.changed.connect(self._model_changed)
        self.loras.changed.connect(lambda: self._row_changed("loras"))

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.small)
        head = QGridLayout()
        head.setHorizontalSpacing(SPACE.small)
        head.setVerticalSpacing(SPACE.hair)
        head.setColumnStretch(1, 1)
        place_rows(head, [self.rows[name] for name in ("method", "source", "module", "model", "seed")])
        column.addLayout(head)
        timing = Fold(
            self.tr("Length"), self.tr("Frames, rate and beat"), (*self.timing.values(), self.beats), unfolded=True
        )
        timing.add(tuple(self.beat.values()))
        timing.column.addWidget(self.beat_note)
        motion = Fold(self.tr("Motion"), self.tr("How much moves"), tuple(self.motion.values()), unfolded=True)
        self.consistency = Fold(
            self.tr("Consistency"), self.tr("What holds the frames together"), tuple(self.held.values())
        )
        self.drawing = Fold(
            self.tr("Size and sampling"), self.tr("How a frame is drawn"), tuple(self.sampling.values())
        )
        self.drawing.column.addWidget(self.loras)
        for fold in (timing, motion, self.consistency, self.drawing):
            column.addWidget(fold)


def _usual(task: FrameSequence) -> float:
    """The share of the steps that is in common where nothing is said."""
    return COMMON_OF_PROMPTS if len(task.prompts) > 1 else COMMON
