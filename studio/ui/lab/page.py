"""The page of the workspace Lab: noise goes into a picture, and out of it again."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QImage, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.messages import PathStep, Progress, Studied
from studio.domain.schedules import Level, chain_of, level, plotted
from studio.domain.study import Study
from studio.domain.training import ObjectiveName
from studio.session.studio import Studio
from studio.ui.lab.controls import Controls
from studio.ui.lab.curves import LOG_SNR, SIGMA, CurvePlot, schedule_title
from studio.ui.lab.images import PIXEL_SIDE, heat_image, noised_pixels, to_image
from studio.ui.lab.panels import path_panel, plot_panels, signed, three_views
from studio.ui.lab.strip import PathStrip, Stop
from studio.ui.lab.timebar import TimeBar
from studio.ui.loader import PictureLoader
from studio.ui.messages import ErrorBanner
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.scroll import ScrollColumn

CanvasPicture = Callable[[], Path | None]


class LabPage(QFrame):
    """Asks for a study whenever something changes while it is in sight, and shows what comes.

    The plots and the read-out never wait. While a job keeps the engine, or there is none, x_t is noised here, and in
    pixels.
    """

    def __init__(
        self, studio: Studio, loader: PictureLoader, on_canvas: CanvasPicture, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(f"LabPage {{ background: {COLOURS.canvas}; }}")
        self._studio, self._loader, self._on_canvas = studio, loader, on_canvas
        self._clean, self._clean_of = QImage(), tuple[str, ...]()  # x0, for the forward view in pixels
        self._asked: Study | None = None
        self._no_engine = False
        self._walking = False  # a reverse path has begun since the last forward view
        self.banner = ErrorBanner()
        self.controls = Controls(studio.library)
        self.time = TimeBar()
        self.noisy, self.guess, self.score = three_views()
        self.strip = PathStrip()
        self.plots = (
            CurvePlot(self.tr("Log signal-to-noise ratio over time"), LOG_SNR, lambda at: signed(at.log_snr)),
            CurvePlot(self.tr("Noise σ over time"), SIGMA, lambda at: f"{at.sigma:.3g}"),
        )
        self._arrange()
        self._connect()
        self._tell_moment()

    def ask(self) -> None:
        """Look at what is set now; without the way back while the slider moves."""
        study = self.controls.study(self.time.t, steps=not self.time.in_motion)
        self._tell_moment()
        if study is None:
            problem = Problem(ErrorKind.MODEL, self.tr("No model is installed."), self.tr("Put one into the library."))
            self._fail(problem)
            return
        if study == self._asked:
            return
        if subject_of(study) != self._clean_of:
            self._clean, self._clean_of = QImage(), subject_of(study)
        self._asked = study
        self.strip.fade()
        if self._here:
            self._show_here()
        try:
            self._studio.study(study)
            self.time.waits = not self._here
        except StudioError as error:
            self._fail(error.problem)

    def close_work(self) -> None:
        """The end of the page: nothing may come any more."""
        self.time.stop()
        self.controls.close_work()
        self._studio.studies.drop()
        studies = self._studio.studies
        studies.found.disconnect(self._found)
        studies.walked.disconnect(self._walked)
        studies.progress.disconnect(self._progress)
        studies.failed.disconnect(self._failed)
        studies.busy.disconnect(self._busy)
        studies.idle.disconnect(self._idle)
        self._studio.library_changed.disconnect(self.controls.set_library)

    def showEvent(self, event: QShowEvent) -> None:
        """Look as soon as it is in sight."""
        self.controls.subject.canvas_button.setEnabled(self._on_canvas() is not None)
        if self.noisy.box.image.isNull():
            self.noisy.box.say(self.tr("The first look takes a moment: the engine loads the model."))
        self._asked = None
        self.ask()

    def hideEvent(self, event: QHideEvent) -> None:
        """Out of sight, the engine is left to others."""
        self.time.stop()
        self._studio.studies.drop()

    # ------------------------------------------------------------------------------------------ what comes

    def _found(self, study: Study, found: Studied) -> None:
        self._no_engine = False
        self.banner.dismiss()
        self.time.waits = False
        self._clean, self._clean_of = to_image(found.clean), subject_of(study)
        self.controls.subject.show_clean(self._clean)
        if self._here:
            return
        own = self._is_own(study.objective)
        share = self.tr("α = {alpha:.3f}, σ = {sigma:.3f}").format(alpha=found.alpha, sigma=found.sigma)
        self.noisy.show_picture(to_image(found.noisy), share)
        error = self.tr("off x₀ by {error:.3f} in latents").format(error=found.x0_error)
        mapped = self.tr(" · asked at its own t = {t:.3f}").format(t=found.model_t)
        self.guess.show_picture(to_image(found.guess), error if own else error + mapped)
        self._show_score(found)
        self._tell_moment(Level(found.alpha, found.sigma))
        self._walking = False

    def _show_score(self, found: Studied) -> None:
        if found.score is None or found.score_rms is None:
            self.score.scale.hide()
            self.score.tell("")
            self.score.box.show_image(QImage())
            self.score.box.say(self.tr("Without noise there is no score: all the data lies in one point."))
            return
        self.score.show_picture(
            heat_image(found.score), self.tr("RMS {rms:.3g} per latent value").format(rms=found.score_rms)
        )
        self.score.scale.show_range(found.score.low, found.score.high)

    def _walked(self, study: Study, step: PathStep) -> None:
        if study == self._asked:
            self._walking = True
            self.strip.add(Stop(step.t, to_image(step.picture)), first=step.step == 0)

    def _progress(self, progress: Progress) -> None:
        if progress.phase == "load":
            self.noisy.tell(self.tr("Loading the model…"))
        elif progress.total:
            text = self.tr("Drawing a sample: step {step} of {total}")
            self.noisy.tell(text.format(step=progress.step, total=progress.total))

    def _failed(self, _study: Study, problem: Problem, details: str) -> None:
        self._no_engine = problem.kind is ErrorKind.ENVIRONMENT
        self._fail(problem, details)

    def _fail(self, problem: Problem, details: str = "") -> None:
        self._asked = None
        self.time.waits = False
        self.time.stop()
        self.banner.dismiss()
        self.banner.report(problem, details)
        for view in (self.noisy, self.guess, self.score):
            view.tell("")
            view.box.say(problem.message)
        self.strip.say("")
        if self._no_engine:
            self._show_here()

    def _idle(self) -> None:
        self.time.waits = False
        if self._asked is not None and self._asked.steps and not self._walking and not self._here:
            clean = self.tr("This is the clean picture: there is no noise to take away.")
            last = self.tr("The last step of the sampler lies above this moment: nothing is left to take away.")
            self.strip.say(clean if self._asked.t == 0 else last)

    def _busy(self, _busy: bool) -> None:
        if self.isVisible():
            self.time.waits = False
            self._asked = None
            self.ask()

    # ------------------------------------------------------------------------------------------ without the engine

    @property
    def _here(self) -> bool:
        """Is x_t to be noised here, because no engine is free for it?"""
        return self._no_engine or self._studio.studies.is_busy

    def _show_here(self) -> None:
        busy = self.tr("The engine is busy; the forward view still works.")
        words = self.tr("There is no engine; the forward view still works.") if self._no_engine else busy
        for view in (self.guess, self.score):
            view.box.say(words)
            view.tell("")
        self.strip.say(words)
        path = self.controls.subject.path
        if self._clean.isNull() and path:
            self._loader.request(path, PIXEL_SIDE)
        self._show_pixels()

    def _show_pixels(self) -> None:
        if self._clean.isNull():
            self.noisy.box.say(self.tr("Choose a picture: a sample has to wait for the engine."))
            return
        image = noised_pixels(self._clean, self._level(), self.controls.seed)
        self.noisy.show_picture(image, self.tr("noised in pixels instead of latents"))

    def _loaded(self, path: str, limit: int, image: QImage) -> None:
        if self._here and self._clean.isNull() and limit == PIXEL_SIDE and path == self.controls.subject.path:
            self._clean = image
            self.controls.subject.show_clean(image)
            self._show_pixels()

    # ------------------------------------------------------------------------------------------ the moment

    @property
    def _flow(self) -> bool:
        model = self.controls.model.model
        return model is None or model.traits.flow

    def _is_own(self, objective: ObjectiveName) -> bool:
        return plotted(objective, self._flow) is plotted(ObjectiveName.AUTO, self._flow)

    def _level(self) -> Level:
        if self.time.t == 0:
            return Level(1.0, 0.0)
        model = self.controls.model.model
        schedule = plotted(self.controls.objective, self._flow)
        return level(schedule, self.time.t, *((chain_of(model.family),) if model else ()))

    def _tell_moment(self, known: Level | None = None) -> None:
        at = known or self._level()
        schedule = plotted(self.controls.objective, self._flow)
        for plot in self.plots:
            plot.show_moment(self.time.t, schedule)
        text = self.tr("{schedule}: {alpha:.1%} of the picture, noise of σ = {sigma:.3g}, log SNR {snr}")
        words = text.format(schedule=schedule_title(schedule), alpha=at.alpha, sigma=at.sigma, snr=signed(at.log_snr))
        if not (self._is_own(self.controls.objective) or self._here):
            words += self.tr(
                " · the model was trained on {own}, and is asked where that is as noisy; xₜ is shown on its scale"
            ).format(own=schedule_title(plotted(ObjectiveName.AUTO, self._flow)))
        self.time.read_out.set_text(words)

    def _model_changed(self) -> None:
        model = self.controls.model.model
        if model is not None:
            for plot in self.plots:
                plot.show_chain(chain_of(model.family))

    # ------------------------------------------------------------------------------------------ making

    def _connect(self) -> None:
        self._loader.loaded.connect(self._loaded)
        self.controls.changed.connect(self.ask)
        self.controls.model.changed.connect(self._model_changed)
        self.controls.subject.canvas_wanted.connect(self._take_canvas)
        self.time.moved.connect(lambda _: self.ask())
        self.time.settled.connect(self.ask)
        self._studio.studies.found.connect(self._found)
        self._studio.studies.walked.connect(self._walked)
        self._studio.studies.progress.connect(self._progress)
        self._studio.studies.failed.connect(self._failed)
        self._studio.studies.busy.connect(self._busy)
        self._studio.studies.idle.connect(self._idle)
        self._studio.library_changed.connect(self.controls.set_library)
        self._model_changed()

    def _take_canvas(self) -> None:
        path = self._on_canvas()
        if path is not None:
            self.controls.subject.take(str(path))

    def _arrange(self) -> None:
        views = QHBoxLayout()
        views.setSpacing(SPACE.small)
        for view in (self.noisy, self.guess, self.score):
            views.addWidget(view, 1)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(SPACE.medium, SPACE.medium, SPACE.medium, SPACE.medium)
        column.setSpacing(SPACE.small)
        column.addWidget(self.banner)
        column.addLayout(views, 3)
        column.addWidget(self.time)
        column.addWidget(path_panel(self.strip))
        column.addLayout(plot_panels(self.plots), 2)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.controls)
        layout.addWidget(ScrollColumn(inside), 1)


def subject_of(study: Study) -> tuple[str, ...]:
    """What decides x0."""
    return (study.picture,) if study.picture else (study.model, study.prompt, str(study.sample_seed))
