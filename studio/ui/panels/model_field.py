"""Which model, and the offer to take over the settings it likes."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.domain.catalog import Library, ModelInfo
from studio.domain.recipe import Sampling
from studio.domain.samplers import SAMPLERS
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.wheel import Choice


class ModelField(QWidget):
    """The models of the library by title."""

    changed = Signal()
    defaults_wanted = Signal()

    def __init__(self, library: Library, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models: dict[str, ModelInfo] = {}
        self.box = Choice()
        self.box.setAccessibleName(self.tr("Model"))
        self.box.setPlaceholderText(self.tr("No model installed"))
        self._list(library)
        self.box.currentIndexChanged.connect(self._chosen)
        self._offer_text = label("", "small", wrap=True)
        self.offer_button = push_button(self.tr("Use them"), look="link")
        self.offer_button.setToolTip(self.tr("Take over the size, steps, guidance and sampler that suit this model"))
        self.offer_button.clicked.connect(self.defaults_wanted)
        self._offer = QWidget()
        self._arrange()
        self.setFocusProxy(self.box)
        self._describe()

    @property
    def model(self) -> ModelInfo | None:
        """The chosen model."""
        return self._models.get(self.box.currentData() or "")

    def set_library(self, library: Library) -> None:
        """List what another library has, keeping the choice where it has that too."""
        kept = self.model
        with QSignalBlocker(self.box):
            self.box.clear()
            self._list(library)
            if kept is not None:
                self.choose(kept.name)
        if self.model != kept:
            self._chosen()

    def choose(self, name: str) -> bool:
        """Choose a model by name; False when the library has none of that name."""
        index = self.box.findData(name)
        if index >= 0:
            self.box.setCurrentIndex(index)
        return index >= 0

    def offer_defaults(self, sampling: Sampling | None) -> None:
        """Offer the model's own size with these settings; None takes the offer back."""
        model = self.model
        if model is not None and sampling is not None:
            self._offer_text.setText(
                self.tr("Likes {width} × {height}, {steps} steps, guidance {guidance:g}, {sampler}.").format(
                    width=model.default_size.width,
                    height=model.default_size.height,
                    steps=sampling.steps,
                    guidance=sampling.guidance,
                    sampler=SAMPLERS[sampling.sampler].title,
                )
            )
        self._offer.setVisible(model is not None and sampling is not None)

    def _list(self, library: Library) -> None:
        self._models = {model.name: model for model in library.models if not model.traits.video}
        for model in self._models.values():
            self.box.addItem(model.title or model.name, model.name)
            self.box.setItemData(self.box.count() - 1, _described(model), Qt.ItemDataRole.ToolTipRole)
        self.box.setCurrentIndex(0 if self.box.count() else -1)  # with a placeholder, Qt chooses none by itself

    def _chosen(self) -> None:
        self._describe()
        self.changed.emit()

    def _describe(self) -> None:
        nothing = self.tr("Put a model folder into the models folder")
        self.box.setToolTip(_described(self.model) if self.model else nothing)

    def _arrange(self) -> None:
        row = QHBoxLayout(self._offer)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.hair)
        row.addWidget(self._offer_text, 1)
        row.addWidget(self.offer_button)
        self._offer.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE.hair)
        layout.addWidget(self.box)
        layout.addWidget(self._offer)


def _described(model: ModelInfo) -> str:
    lines = (model.summary, f"{model.traits.title} · {model.bytes / 2**20:,.0f} MB", model.licence, model.path)
    return "\n".join(line for line in lines if line)
