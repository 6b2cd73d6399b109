"""Which sampler solves the reverse process."""

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QWidget

from studio.domain.recipe import Sampling
from studio.domain.samplers import SAMPLERS, Sampler
from studio.ui.plurals import counted
from studio.ui.widgets.wheel import Choice


class SamplerField(Choice):
    """The samplers a model can use."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Sampler"))
        self.setToolTip(self.tr("How the noise is taken away"))

    @property
    def value(self) -> str:
        """The id of the chosen sampler."""
        return str(self.currentData() or "")

    def choose(self, sampler: str) -> None:
        """Choose by id; one that this model cannot use changes nothing."""
        index = self.findData(sampler)
        if index >= 0:
            self.setCurrentIndex(index)

    def offer(self, samplers: Iterable[Sampler], default: str) -> None:
        """List other samplers, keeping the choice where it is among them."""
        kept = self.value
        self.blockSignals(True)
        self.clear()
        for sampler in samplers:
            self.addItem(sampler.title, sampler.id)
            self.setItemData(self.count() - 1, self._described(sampler), Qt.ItemDataRole.ToolTipRole)
        self.choose(default)
        self.choose(kept)
        self.blockSignals(False)

    def _described(self, sampler: Sampler) -> str:
        noise = self.tr("draws fresh noise at each step") if sampler.stochastic else self.tr("deterministic")
        calls = counted(self.tr("%n network call(s) a step", "", sampler.evaluations), sampler.evaluations)
        return f"{sampler.mathematics.value} · {noise} · {calls}"


def settings_text(sampling: Sampling) -> str:
    """Sampler, steps and guidance in a few words."""
    steps = counted(QCoreApplication.translate("SamplerField", "%n step(s)", "", sampling.steps), sampling.steps)
    words = QCoreApplication.translate("SamplerField", "{sampler}, {steps}, guidance {guidance:g}")
    return words.format(sampler=SAMPLERS[sampling.sampler].title, steps=steps, guidance=sampling.guidance)
