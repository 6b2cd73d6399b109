"""Another way from here: words, guidance and chance for the steps that follow."""

import dataclasses

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.domain.recipe import Branch, Recipe
from studio.domain.samplers import SAMPLERS
from studio.ui.denoise.way import turn_at
from studio.ui.panels.prompt_edit import PromptEdit
from studio.ui.panels.seed_field import SeedField
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.labels import ElidedLabel, label
from studio.ui.widgets.scroll import FittingColumn
from studio.ui.widgets.slider_field import SliderField
from studio.ui.widgets.wheel import Choice

_ROOMY = 620  # logical pixels
_LINES = 52  # height of a box for words
_LEAST = 96  # height that is left to scroll in


class BranchForm(QFrame):
    """A branch as it is to be made. What is written here stays while another step is chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._turn, self._offered = Branch(1), Branch(1)
        self.prompt = PromptEdit(self.tr("Prompt from here"), self.tr("Describe what it shall become"), _LINES)
        self.negative = PromptEdit(self.tr("Negative prompt from here"), self.tr("What should not be in it"), _LINES)
        self.guidance = SliderField(1, 15, step=0.5, decimals=1, least=0, most=100)
        self.guidance.name(
            self.tr("Guidance from here"), self.tr("How closely to follow the prompt from here on; 1 is not at all")
        )
        self.chance = Choice()
        self.chance.addItems([self.tr("The same"), self.tr("Other, by a seed")])
        self.chance.setAccessibleName(self.tr("Chance from here"))
        self.chance.setToolTip(self.tr("The noise that this sampler draws at each step from here on"))
        self.seed = SeedField()
        self.seed.lock.hide()
        self.seed.roll()
        self.no_chance = ElidedLabel("", "small")
        self.chance.currentIndexChanged.connect(lambda index: self.seed.setVisible(index > 0))
        self._arrange()

    def offer(self, recipe: Recipe, step: int) -> None:
        """Show what was asked for at this step, unless something else was written meanwhile."""
        untouched = self._same(self._offered)
        self._turn = turn_at(recipe, step)
        if untouched:
            self._show(self._turn)
        self._offered = self._turn
        self._offer_chance(recipe)

    def begin(self, recipe: Recipe, step: int) -> None:
        """Show what was asked for at this step, and forget what was written."""
        self._turn = self._offered = turn_at(recipe, step)
        self._show(self._turn)
        self.chance.setCurrentIndex(0)
        self._offer_chance(recipe)

    def branch(self) -> Branch:
        """What is shown."""
        by_seed = self.chance.isEnabled() and self.chance.currentIndex() > 0
        return dataclasses.replace(
            self._turn,
            prompt=self.prompt.text(),
            negative=self.negative.text(),
            guidance=self.guidance.value,
            seed=self.seed.value if by_seed else None,
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side by side where there is room."""
        super().resizeEvent(event)
        roomy = event.size().width() >= _ROOMY
        direction = QBoxLayout.Direction.LeftToRight if roomy else QBoxLayout.Direction.TopToBottom
        for row in (self._words, self._numbers):
            row.setDirection(direction)

    def _same(self, turn: Branch) -> bool:
        shown = (self.prompt.text(), self.negative.text(), self.guidance.value)
        return shown == (turn.prompt, turn.negative, turn.guidance)

    def _show(self, turn: Branch) -> None:
        self.prompt.show_text(turn.prompt)
        self.negative.show_text(turn.negative)
        self.guidance.default = turn.guidance
        self.guidance.set_value(turn.guidance)

    def _offer_chance(self, recipe: Recipe) -> None:
        sampler = SAMPLERS.get(recipe.sampling.sampler)
        draws = sampler is None or sampler.stochastic
        title = sampler.title if sampler else recipe.sampling.sampler
        self.no_chance.set_text(self.tr("None: {sampler} draws no noise on its way.").format(sampler=title))
        self.no_chance.setVisible(not draws)
        self.chance.setEnabled(draws)
        self.chance.setVisible(draws)
        self.seed.setVisible(draws and self.chance.currentIndex() > 0)

    def _arrange(self) -> None:
        self._words = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._words.setSpacing(SPACE.small)
        self._words.addWidget(self.prompt, 3)
        self._words.addWidget(self.negative, 2)
        for box in (self.prompt, self.negative):
            box.setMaximumHeight(_LINES)
        guidance, chance = QHBoxLayout(), QHBoxLayout()
        guidance.setSpacing(SPACE.small)
        guidance.addWidget(label(self.tr("Guidance"), "caption", buddy=self.guidance))
        guidance.addWidget(self.guidance, 1)
        chance.setSpacing(SPACE.small)
        chance.addWidget(label(self.tr("Chance"), "caption", buddy=self.chance))
        chance.addWidget(self.chance, 1)
        chance.addWidget(self.seed, 1)
        chance.addWidget(self.no_chance, 1)
        self._numbers = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._numbers.setSpacing(SPACE.small)
        self._numbers.addLayout(guidance, 2)
        self._numbers.addLayout(chance, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE.small)
        layout.addLayout(self._words)
        layout.addLayout(self._numbers)


class BranchPanel(FittingColumn):
    """The form, which scrolls where the window is low."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.form = BranchForm()
        super().__init__(self.form, _LEAST, parent)
