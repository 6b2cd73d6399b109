"""The page of the workspace Lab: noise goes into a picture, and out of it again."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QImage, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.domain.errors import ErrorKind, Problem, StudioError
from studio.domain.messages import PathStep, Progress, Studied
from studio.domain.schedules import Level, chain_of, level, plotted
from studio.domain.study import Study
from studio.domain.training import ObjectiveName
from studio.session.studio import Studio
from studio.ui.lab.controls import Controls
from studio.ui.lab.curves import LOG_SNR, SIGMA, CurvePlot, schedule_title
from studio.ui.lab.images import PIXEL_SIDE, heat_image, noised_pixels, to_image
from studio.ui.lab.strip import PathStrip, Stop
from studio.ui.lab.timebar import TimeBar
from studio.ui.lab.view import View
from studio.ui.loader import PictureLoader
from studio.ui.messages import ErrorBanner
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.labels import label

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
        self.noisy, self.guess, self.score = self._views()
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
        mapped = self.tr(" · asked at its own t = {t:.3f}, of equal SNR").format(t=found.model_t)
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
        if not self._is_own(self.controls.objective):
            words += self.tr(
                " · the model was trained on {own}, and is asked where that is as noisy; x_t is shown on its scale"
            ).format(own=schedule_title(plotted(ObjectiveName.AUTO, self._flow)))
        self.time.read_out.set_text(words)

    def _model_changed(self) -> None:
        model = self.controls.model.model
        if model is not None:
            for plot in self.plots:
                plot.show_chain(chain_of(model.family))

    # ------------------------------------------------------------------------------------------ making

    def _views(self) -> tuple[View, View, View]:
        return (
            View(
                self.tr("Noised: xₜ"),
                "xₜ = α·x₀ + σ·ε",
                self.tr("Forward: the picture fades by α while noise of spread σ comes in; no network is needed."),
            ),
            View(
                self.tr("The model's guess"),
                "x̂₀ = E[x₀ | xₜ]",
                self.tr("The mean of all clean pictures that could lie under this noise: blurred where many could."),
            ),
            View(
                self.tr("Length of the score"),
                "∇ log p(xₜ) = (α·x̂₀ − xₜ)/σ²",
                self.tr("How hard each place is pulled towards likelier pictures; the way back follows this pull."),
                squares=True,
            ),
        )

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
        column.addWidget(self._path_panel())
        column.addLayout(self._plot_panels(), 2)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.controls)
        layout.addWidget(area, 1)

    def _path_panel(self) -> QWidget:
        sentence = self.tr(
            "Reverse: from its next step below this moment, the sampler takes the noise away step by step."
        )
        panel, column = _panel(self.tr("From here back"), "p(xₛ | xₜ), s < t", sentence)
        column.insertWidget(1, self.strip)
        return panel

    def _plot_panels(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACE.small)
        for plot, title, formula, sentence in zip(
            self.plots,
            (self.tr("Log signal-to-noise ratio"), self.tr("Spread of the noise")),
            ("ln(α²/σ²)", "σ(t)"),
            (
                self.tr("What matters to a network is only this ratio: times of equal SNR are equally hard."),
                self.tr("VE and EDM keep the picture and drown it; the others fade it out as the noise comes in."),
            ),
            strict=True,
        ):
            panel, column = _panel(title, formula, sentence)
            column.insertWidget(1, plot, 1)
            row.addWidget(panel, 1)
        return row


def _panel(title: str, formula: str, sentence: str) -> tuple[QFrame, QVBoxLayout]:
    """A panel with its heading and its sentence; what it shows is to be put between them."""
    panel = QFrame()
    panel.setProperty("look", "panel")
    head = QHBoxLayout()
    head.addWidget(label(title, "heading"))
    head.addStretch(1)
    head.addWidget(label(formula, "small"))
    column = QVBoxLayout(panel)
    column.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.small)
    column.setSpacing(SPACE.hair)
    column.addLayout(head)
    column.addWidget(label(sentence, "small", wrap=True))
    return panel, column


def subject_of(study: Study) -> tuple[str, ...]:
    """What decides x0."""
    return (study.picture,) if study.picture else (study.model, study.prompt, str(study.sample_seed))


def signed(value: float) -> str:
    """A number with its sign, and infinity as the sign for it."""
    return f"{value:+.2f}" if abs(value) != float("inf") else ("∞" if value > 0 else "−∞")
