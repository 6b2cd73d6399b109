"""The column at the left of the Lab: what is looked at, by which model, on which schedule, and the way back."""

import secrets

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from studio.domain.catalog import Library
from studio.domain.study import Study
from studio.domain.training import ObjectiveName
from studio.ui.lab.curves import schedule_title
from studio.ui.lab.subject import SubjectField
from studio.ui.panels.model_field import ModelField
from studio.ui.panels.sampler_field import SamplerField
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label, row_label
from studio.ui.widgets.scroll import ScrollColumn
from studio.ui.widgets.slider_field import SliderField
from studio.ui.widgets.wheel import Choice

WIDTH = 304
_PATIENCE = 400  # milliseconds after the last letter of a prompt


class Controls(QFrame):
    """`changed` tells that `study` has something else to say."""

    changed = Signal()

    def __init__(self, library: Library, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.setFixedWidth(WIDTH)
        self.subject = SubjectField()
        self.model = ModelField(library)
        self.prompt = QLineEdit()
        self.prompt.setAccessibleName(self.tr("Prompt"))
        self.prompt.setToolTip(self.tr("What the model is told the picture shows; it makes its guess by that"))
        self.prompt.setPlaceholderText(self.tr("What the picture shows"))
        self.schedule = Choice()
        self.schedule.setAccessibleName(self.tr("Noise schedule"))
        self.schedule.setToolTip(self.tr("How much noise there is at each time"))
        self.sampler = SamplerField()
        self.steps = SliderField(1, 40, most=100)
        self.steps.default = 12
        self.steps.set_value(12)
        self.steps.name(self.tr("Steps"), self.tr("How many steps lie between pure noise and a clean picture"))
        self.guidance = SliderField(1, 10, step=0.5, decimals=1, most=100)
        self.guidance.name(self.tr("Guidance"), self.tr("How strongly the way back follows the prompt"))
        self.seed = 1
        self.noise_button = push_button(
            self.tr("Other noise"), sign="dices", hint=self.tr("Draw another ε for the same picture")
        )
        self._later = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._fill()
        self._arrange()
        self._use_model()
        self._connect()

    def study(self, t: float, steps: bool) -> Study | None:
        """What is shown, at the time `t`, with the way back or without; None without a model."""
        model = self.model.model
        if model is None:
            return None
        return Study(
            model.name,
            self.subject.path,
            self.prompt.text(),
            model.default_size,
            self.objective,
            t,
            self.seed,
            self.subject.sample_seed,
            self.sampler.value,
            round(self.steps.value) if steps else 0,
            self.guidance.value,
        )

    def set_library(self, library: Library) -> None:
        """Offer what another library has."""
        self.model.set_library(library)

    @property
    def objective(self) -> ObjectiveName:
        """The chosen schedule."""
        return ObjectiveName(self.schedule.currentData())

    def close_work(self) -> None:
        """No more news."""
        self._later.stop()

    def _fill(self) -> None:
        for name in ObjectiveName:
            self.schedule.addItem(schedule_title(name), name.value)
        model = self.model.model
        if model is not None and model.examples:
            self.prompt.setText(model.examples[0])

    def _use_model(self) -> None:
        model = self.model.model
        if model is not None:
            self.sampler.offer(model.samplers(), model.default_sampling.sampler)
            self.guidance.default = model.default_sampling.guidance
            self.guidance.restore()
            self.steps.default = model.default_sampling.steps
            self.steps.restore()

    def _other_noise(self) -> None:
        self.seed = secrets.randbelow(2**31)
        self.changed.emit()

    def _connect(self) -> None:
        self._later.timeout.connect(self.changed)
        self.prompt.textEdited.connect(lambda _: self._later.start())
        self.model.changed.connect(self._use_model)
        self.noise_button.clicked.connect(self._other_noise)
        self.steps.changed.connect(lambda _: self._later.start())
        self.guidance.changed.connect(lambda _: self._later.start())
        for signal in (
            self.subject.changed,
            self.model.changed,
            self.schedule.currentIndexChanged,
            self.sampler.currentIndexChanged,
        ):
            signal.connect(lambda *_: self.changed.emit())

    def _arrange(self) -> None:
        rows = QGridLayout()
        rows.setHorizontalSpacing(SPACE.small)
        rows.setVerticalSpacing(SPACE.small)
        for row, (title, control) in enumerate(
            (
                (self.tr("Model"), self.model),
                (self.tr("Prompt"), self.prompt),
                (self.tr("Schedule"), self.schedule),
            )
        ):
            rows.addWidget(row_label(title, control), row, 0)
            rows.addWidget(control, row, 1)
        back = QGridLayout()
        back.setHorizontalSpacing(SPACE.small)
        back.setVerticalSpacing(SPACE.small)
        for row, (title, widget) in enumerate(
            (
                (self.tr("Sampler"), self.sampler),
                (self.tr("Steps"), self.steps),
                (self.tr("Guidance"), self.guidance),
            )
        ):
            back.addWidget(row_label(title, widget), row, 0)
            back.addWidget(widget, row, 1)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(SPACE.large, SPACE.large, SPACE.large, SPACE.large)
        column.setSpacing(SPACE.medium)
        column.addWidget(self.subject)
        column.addLayout(rows)
        column.addWidget(self.noise_button)
        column.addWidget(label(self.tr("The way back"), "section"))
        column.addLayout(back)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(ScrollColumn(inside))
