"""Everything that decides what is learnt, to be chosen."""

import dataclasses
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.domain.catalog import Library, ModelInfo
from studio.domain.errors import Problem
from studio.domain.training import LORA_KINDS, PRESETS, Training, TrainingKind, unfit_base
from studio.session.loras import LORAS
from studio.session.names import slug
from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.train.advanced import ONLY_FOR, advanced_rows
from studio.ui.train.rows import Row, place_rows, text_row
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.scroll import ScrollColumn
from studio.ui.widgets.slider_field import SliderField
from studio.ui.widgets.wheel import Choice


class TrainingForm(QWidget):
    """The form of a training but for its folder of pictures. `changed` follows every edit.

    Results go below the folder `models`: LoRAs into its folder of LoRAs, whole models directly.
    """

    changed = Signal()

    def __init__(self, library: Library, models: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models = models
        self._library = library
        self._known: dict[str, ModelInfo] = {}
        self._plain = PRESETS["subject"]  # what the rows that are not shown keep
        self._showing = False
        self.preset = self._preset_row()
        self.base = self._base_row(library)
        self.trigger = text_row(
            self.tr("Trigger word"),
            self.tr("A rare word that will call what is learnt; it is put before each caption"),
            self.tr("such as: zwx cat"),
        )
        self.name = text_row(self.tr("Name"), self.tr("What the result is called"), self.tr("such as: my-cat"))
        self.groups = advanced_rows()
        self.advanced = {name: row for rows in self.groups.values() for name, row in rows.items()}
        self.advanced_button = push_button(
            self.tr("Advanced"), look="quiet", hint=self.tr("Show or hide what the preset has chosen")
        )
        self.advanced_button.setCheckable(True)
        self.advanced_button.toggled.connect(self._unfold)
        self._folded = QWidget()
        self._arrange()
        self._connect()
        self.use_preset()
        self._unfold(False)

    @property
    def rows(self) -> dict[str, Row]:
        """All rows by the name of their field in `Training`."""
        return {"base": self.base, "trigger": self.trigger, "output": self.name, **self.advanced}

    @property
    def model(self) -> ModelInfo | None:
        """The chosen base; None when there is none."""
        return self._known.get(self.base.read())

    def training(self, folder: Path) -> Training:
        """What is shown, for the pictures in `folder`."""
        values = {name: row.read() for name, row in self.advanced.items()}
        return dataclasses.replace(
            self._plain,
            folder=str(folder) if folder != Path() else "",
            base=self.base.read(),
            trigger=self.trigger.read() if self._kind is TrainingKind.LORA else "",
            output=self.output(),
            **values,
        )

    def output(self) -> str:
        """Where the result will lie; empty while it has no name."""
        name = self.name.read()
        if not name:
            return ""
        if self._kind in LORA_KINDS:
            return str(self._models / LORAS / f"{slug(name)}.safetensors")
        return str(self._models / slug(name))

    def show_training(self, training: Training) -> None:
        """Show another training, such as that of a run that is continued."""
        self._showing = True
        self._plain = training
        self._list_models()
        box = self.preset.control
        if isinstance(box, Choice):
            box.setCurrentIndex(box.findData(_nearest_preset(training)))
        if training.base:
            self.base.show_value(training.base)
        self.trigger.show_value(training.trigger)
        self.name.show_value(Path(training.output).stem if training.kind in LORA_KINDS else Path(training.output).name)
        self._show_advanced(training)
        self._showing = False
        self._show_kind()
        self.changed.emit()

    def use_preset(self) -> None:
        """Take over the preset's settings; base, trigger and name stay."""
        if self._showing:
            return
        self._plain = PRESETS[self.preset.read()]
        self._list_models()
        for name, row in self.advanced.items():
            if isinstance(row.control, SliderField):
                row.control.default = float(getattr(self._plain, name))
        self._show_advanced(dataclasses.replace(self._plain, sample_prompts=self.advanced["sample_prompts"].read()))
        self._show_kind()
        self._base_changed()

    def offer_models(self, library: Library) -> None:
        """Another library; the choice stays where it can."""
        self._library = library
        self._list_models()

    def _list_models(self) -> None:
        """Offer the models that can be trained so."""
        box, chosen = self.base.control, self.base.read()
        self._known = {model.name: model for model in self._library.models if unfit_base(self._kind, model) is None}
        if isinstance(box, Choice):
            box.blockSignals(True)
            box.clear()
            for model in self._known.values():
                box.addItem(model.title or model.name, model.name)
            box.setCurrentIndex(max(0, box.findData(chosen)) if box.count() else -1)
            box.blockSignals(False)

    def mark(self, problems: tuple[Problem, ...]) -> None:
        """Show each problem at its field, and open what is folded over one."""
        told: dict[str, str] = {}
        for problem in problems:
            told.setdefault(problem.field, f"{problem.message} {problem.hint}".strip())
        for name, row in self.rows.items():
            row.mark(told.get(name, ""))
        if told.keys() & self.advanced.keys():
            self.advanced_button.setChecked(True)

    @property
    def _kind(self) -> TrainingKind:
        return self._plain.kind

    def _preset_row(self) -> Row:
        box = Choice()
        box.setAccessibleName(self.tr("Preset"))
        for name, title, hint in (
            ("subject", self.tr("Subject"), self.tr("One thing, animal or person that shall look the same everywhere")),
            ("style", self.tr("Style"), self.tr("A manner of drawing or photographing, whatever is shown")),
            (
                "fast",
                self.tr("Few steps"),
                self.tr("A LoRA that makes the base fast: it draws in a few steps, as it did in many"),
            ),
            ("scratch", self.tr("From scratch"), self.tr("A whole small model; needs thousands of pictures and hours")),
        ):
            box.addItem(title, name)
            box.setItemData(box.count() - 1, hint, Qt.ItemDataRole.ToolTipRole)
        row = Row(self.tr("Preset"), box, box.currentData, lambda name: box.setCurrentIndex(box.findData(name)), box)
        self.preset_hint = label("", "small", wrap=True)
        return row

    def _base_row(self, library: Library) -> Row:
        box = Choice()
        box.setAccessibleName(self.tr("Base model"))
        box.setPlaceholderText(self.tr("No model can be trained so"))
        box.setToolTip(self.tr("The model that the result belongs to"))

        def choose(name: str) -> None:
            box.setCurrentIndex(box.findData(name))

        row = Row(self.tr("Base model"), box, lambda: box.currentData() or "", choose, box)
        self.base = row
        self.offer_models(library)
        return row

    def _show_advanced(self, training: Training) -> None:
        for name, row in self.advanced.items():
            row.show_value(getattr(training, name))

    def _show_kind(self) -> None:
        self.trigger.set_shown(self._kind is TrainingKind.LORA)
        for name, kinds in ONLY_FOR.items():
            self.advanced[name].set_shown(self._kind in kinds)
        box = self.preset.control
        if isinstance(box, Choice):
            self.preset_hint.setText(box.currentData(Qt.ItemDataRole.ToolTipRole))
            box.setToolTip(self.preset_hint.text())

    def _base_changed(self) -> None:
        """Pictures are best taken at the size that the base was made for."""
        side = self.advanced["side"].control
        if not self._showing and self.model is not None and isinstance(side, SliderField):
            side.default = float(min(self.model.default_size.width, self.model.default_size.height))
            side.restore()
        self._edited()

    def _edited(self) -> None:
        if not self._showing:
            self.changed.emit()

    def _unfold(self, shown: bool) -> None:
        self.advanced_button.setIcon(icon("chevron-down" if shown else "chevron-right", COLOURS.muted, COLOURS.text, 4))
        self._folded.setVisible(shown)

    def _connect(self) -> None:
        for row, box in ((self.preset, self.use_preset), (self.base, self._base_changed)):
            if isinstance(row.control, Choice):
                row.control.currentIndexChanged.connect(box)
        for row in (self.trigger, self.name, *self.advanced.values()):
            row.changed.connect(self._edited)

    def _arrange(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(SPACE.large, SPACE.medium, SPACE.large, SPACE.large)
        column.setSpacing(SPACE.small)
        grid = _grid()
        place_rows(grid, [self.preset])
        grid.addWidget(self.preset_hint, grid.rowCount(), 1)
        place_rows(grid, [self.base, self.trigger, self.name])
        column.addLayout(grid)
        column.addSpacing(SPACE.hair)
        column.addWidget(self.advanced_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._folded)
        column.addStretch(1)
        inner = QVBoxLayout(self._folded)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(SPACE.small)
        for title, rows in self.groups.items():
            inner.addWidget(label(title, "section"))
            group = _grid()
            place_rows(group, list(rows.values()))
            inner.addLayout(group)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(ScrollColumn(body))


def _grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(SPACE.medium)
    grid.setVerticalSpacing(SPACE.small)
    grid.setColumnStretch(1, 1)
    grid.setColumnMinimumWidth(0, 88)
    return grid


def _nearest_preset(training: Training) -> str:
    if training.kind is TrainingKind.FEW_STEPS:
        return "fast"
    if training.kind is not TrainingKind.LORA:
        return "scratch"
    return "style" if training.flip else "subject"
