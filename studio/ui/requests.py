"""From the form to the queue, and from finished pictures back into the form."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.jobs import Job, JobState
from studio.domain.recipe import Recipe
from studio.domain.training import Training
from studio.domain.upscaling import Upscaling
from studio.session.gallery import Entry
from studio.session.studio import Studio
from studio.ui.canvas.stage import Stage
from studio.ui.messages import ErrorBanner, OfferBar
from studio.ui.panels.prompt_panel import PromptPanel
from studio.ui.picture_actions import PictureActions


class Requests(QObject):
    """Submits and cancels jobs; recalls settings, where nothing is taken over unasked."""

    def __init__(
        self,
        studio: Studio,
        panel: PromptPanel,
        stage: Stage,
        banner: ErrorBanner,
        offer: OfferBar,
        actions: PictureActions,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._studio, self._panel, self._stage = studio, panel, stage
        self._banner, self._offer, self._actions = banner, offer, actions
        self._offered: Recipe | None = None
        offer.accepted.connect(lambda: self._use(self._offered))
        offer.prompt_accepted.connect(lambda: self._use_prompt(self._offered))

    def generate(self) -> None:
        """Queue what the form shows."""
        self._panel.seed.advance()
        self._submit(self._panel.recipe())

    def cancel(self) -> None:
        """Stop the job that runs, or the next one that would; a training that runs is paused, for hours are in it.

        In a paused queue none would: what was stopped there keeps what it has.
        """
        queue = self._studio.queue
        for job in queue.open_jobs[:1] if queue.busy or not queue.held else ():
            if isinstance(job.task, Training) and job.state is not JobState.QUEUED:
                queue.pause(job.id)
            else:
                queue.cancel(job.id)

    def use_settings(self, entry: Entry) -> None:
        """Everything, so that Generate makes the picture again."""
        self._use(self._recipe(entry.path))

    def use_prompt(self, entry: Entry) -> None:
        """Only the words."""
        self._use_prompt(self._recipe(entry.path))

    def use_seed(self, entry: Entry) -> None:
        """Only the seed, kept."""
        if (recipe := self._recipe(entry.path)) is not None:
            self._panel.seed.set_value(recipe.seed, locked=True)

    def start_from(self, path: str) -> None:
        """Take a picture as the source; if it carries settings, offer them."""
        self._panel.source.start_from(path)
        self._offered = self._actions.recipe(Path(path))
        if self._offered is not None:
            self._offer.say(
                self.tr("{name} carries the settings it was made with.").format(name=Path(path).name),
                self.tr("It is now the starting picture. Your own settings are unchanged."),
            )

    def upscale(self, entry: Entry) -> None:
        """Queue the enlargement of a picture; the result is another picture."""
        self._try(lambda: self._studio.submit_upscaling(Upscaling(str(entry.path))))

    def _try(self, submit: Callable[[], Job]) -> None:
        try:
            submit()
        except StudioError as error:
            self._banner.report(error.problem)

    def _submit(self, recipe: Recipe) -> None:
        self._panel.mark("")
        self._stage.follow()
        try:
            self._studio.submit(recipe)
        except StudioError as error:
            self._banner.report(error.problem)
            self._panel.mark(error.problem.field)

    def _recipe(self, path: Path) -> Recipe | None:
        recipe = self._actions.recipe(path)
        if recipe is None:
            self._offer.dismiss()
            self._banner.report(
                Problem(
                    ErrorKind.INPUT,
                    self.tr("{name} carries no settings.").format(name=path.name),
                    self.tr("Only pictures saved with their recipe can be recalled."),
                )
            )
        return recipe

    def _use(self, recipe: Recipe | None) -> None:
        if recipe is None:
            return
        self._panel.show_recipe(recipe, seed_locked=True)
        for branch in recipe.branches[:1]:
            message = self.tr("The picture took another way after step {step}, which the form cannot do.")
            hint = self.tr("Generate makes the picture that it branched off. To branch again, show its steps.")
            self._banner.report(Problem(ErrorKind.INPUT, message.format(step=branch.step), hint))
        chosen = self._panel.model.model
        if chosen is not None and recipe.model not in (chosen.name, chosen.path):
            hint = self.tr("Its settings are shown with {title}; the picture will be another one.")
            message = self.tr("The model “{name}” is not installed.").format(name=recipe.model)
            self._banner.report(Problem(ErrorKind.MODEL, message, hint.format(title=chosen.title)))

    def _use_prompt(self, recipe: Recipe | None) -> None:
        if recipe is not None:
            words = recipe.branches[-1] if recipe.branches else recipe
            self._panel.prompt.show_text(words.prompt)
            self._panel.negative.show_text(words.negative)
            self._panel.negative_button.setChecked(bool(words.negative))
