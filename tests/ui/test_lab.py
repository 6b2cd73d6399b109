"""The workspace Lab, from the slider to the pictures."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio.domain.catalog import Library
from studio.domain.errors import ErrorKind, Problem
from studio.domain.jobs import Cost
from studio.domain.messages import Cancelled, Failed, Finished, PathStep, Run, Studied
from studio.domain.schedules import Level
from studio.domain.study import Frame, HeatMap, Study
from studio.domain.training import ObjectiveName
from studio.ui.lab.curves import SIGMA, CurvePlot
from studio.ui.lab.images import heat_colours, heat_image, noised_pixels, to_image
from studio.ui.lab.page import LabPage
from tests.ui.desk import Desk
from tests.ui.fakes import STARTER, picture, png

CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
SIDE = 16


def frame(colour: str) -> Frame:
    ink = QColor(colour)
    return Frame(SIDE, SIDE, bytes((ink.red(), ink.green(), ink.blue())) * SIDE**2)


class Lab:
    """The page, and the engine's side of it."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.bot, self.worker = desk, desk.bot, desk.worker
        desk.press(Qt.Key.Key_6, CTRL_ALT)
        page = desk.window.workspaces.page("lab")
        assert isinstance(page, LabPage)
        self.page = page
        self.found: list[Studied] = []
        desk.studio.studies.found.connect(lambda _, found: self.found.append(found))

    @property
    def runs(self) -> list[Run]:
        return [run for run in self.worker.runs if isinstance(run.task, Study)]

    @property
    def study(self) -> Study:
        task = self.runs[-1].task
        assert isinstance(task, Study)
        return task

    def answer(self, colour: str = "red") -> None:
        study, job = self.study, self.runs[-1].job_id
        heat = HeatMap(2, 2, bytes((0, 85, 170, 255)), 1.0, 4.0)
        at = frame(colour)
        if study.t == 0:
            self.worker.post(Studied(job, 0, 0, math.inf, 1, 0, at, at, at, 0))
        else:
            found = Studied(job, study.t, 0.25, 1.0, 0.5, 0.5, frame("blue"), at, frame("green"), 0.125, heat, 2.5)
            self.worker.post(found)
        self.bot.waitUntil(lambda: bool(self.found) and self.found[-1].job_id == job)

    def walk(self, *times: float) -> None:
        for step, t in enumerate(times):
            self.worker.post(PathStep(self.runs[-1].job_id, step, len(times) - 1, t, frame("white")))
        self.bot.waitUntil(lambda: len(self.page.strip.stops) == len(times))

    def end(self) -> None:
        job = self.runs[-1].job_id
        self.worker.post(Finished(job, Cost()))
        studies = self.desk.studio.studies
        self.bot.waitUntil(lambda: not studies.under_way or self.runs[-1].job_id != job)


@pytest.fixture
def lab(desk: Desk) -> Lab:
    return Lab(desk)


def colour_of(image: QImage) -> str:
    return image.pixelColor(image.width() // 2, image.height() // 2).name()


def test_coming_in_asks_for_a_sample_with_the_way_back(lab: Lab) -> None:
    assert lab.page.isVisible()
    study = lab.study
    assert (study.model, study.picture, study.prompt) == ("starter", "", "a red lighthouse at dusk")
    assert (study.t, study.objective, study.steps) == (0.5, ObjectiveName.AUTO, 12)
    assert not lab.desk.studio.queue.jobs, "a study is no job of the queue"


def test_what_is_found_is_shown_with_its_numbers(lab: Lab) -> None:
    lab.answer("red")
    page = lab.page
    assert colour_of(page.noisy.box.image) == "#ff0000"
    assert colour_of(page.guess.box.image) == "#008000"
    assert colour_of(page.controls.subject.box.image) == "#0000ff"
    assert (page.score.box.image.width(), page.score.box.image.height()) == (2, 2)
    assert "0.125" in page.guess.numbers.text() and "2.5" in page.score.numbers.text()
    assert "1 to 4" in page.score.scale.accessibleName()
    assert "σ = 0.5" in page.time.read_out.text()
    lab.walk(0.5, 0.25, 0.0)
    assert [stop.t for stop in page.strip.stops] == [0.5, 0.25, 0.0]
    assert "0.25" in page.strip.accessibleDescription()
    lab.end()


def test_the_newest_place_of_the_slider_wins(lab: Lab) -> None:
    for value in (0.6, 0.7, 0.8):
        lab.page.time.field.set_value(value)
    assert len(lab.runs) == 1
    lab.answer()
    first = lab.runs[0].job_id
    lab.bot.waitUntil(lambda: lab.worker.cancelled == [first])
    lab.bot.waitUntil(lambda: len(lab.runs) == 2)
    assert lab.study.t == 0.8


def test_while_the_slider_is_dragged_there_is_no_way_back(lab: Lab) -> None:
    lab.answer()
    lab.end()
    slider = lab.page.time.field.slider
    quarter, half = (QPoint(slider.width() * share // 4, slider.height() // 2) for share in (1, 2))
    lab.bot.mousePress(slider, Qt.MouseButton.LeftButton, pos=half)
    lab.bot.mouseMove(slider, half + QPoint(5, 0))
    lab.bot.mouseMove(slider, quarter)
    lab.bot.waitUntil(lambda: lab.page.time.t < 0.3)
    lab.bot.waitUntil(lambda: lab.study.steps == 0)
    assert lab.page.time.in_motion
    for _ in range(3):
        if lab.desk.studio.studies.under_way:
            lab.answer()
            lab.end()
    lab.bot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=quarter)
    assert lab.study.steps == 12
    assert lab.study.t == pytest.approx(0.25, abs=0.03)


def test_playing_waits_for_each_answer_and_turns_at_the_ends(lab: Lab) -> None:
    lab.answer()
    lab.end()
    page = lab.page
    page.time.field.set_value(0.99)
    lab.answer()
    lab.end()
    page.time.play_button.click()
    lab.bot.waitUntil(lambda: lab.study.t == 1.0)
    lab.bot.wait(120)
    assert lab.study.t == 1.0 and lab.study.steps == 0, "it waits"
    lab.answer()
    lab.end()
    lab.bot.waitUntil(lambda: lab.study.t < 1.0)
    page.time.play_button.click()
    lab.answer()
    lab.end()
    assert lab.study.steps == 12, "where it stops, the way back is shown"


def test_at_0_there_is_no_score_and_no_way_back(lab: Lab) -> None:
    lab.answer()
    lab.end()
    lab.page.time.field.set_value(0)
    lab.answer("yellow")
    lab.end()
    assert "no score" in lab.page.score.box.words
    assert "clean picture" in lab.page.strip.words
    assert "∞" in lab.page.time.read_out.text()


def test_another_schedule_is_explained(lab: Lab) -> None:
    lab.answer()
    lab.end()
    schedule = lab.page.controls.schedule
    schedule.setCurrentIndex(schedule.findData(ObjectiveName.EDM.value))
    assert lab.study.objective is ObjectiveName.EDM
    lab.answer()
    assert "at its own t" in lab.page.guess.numbers.text() and "0.250" in lab.page.guess.numbers.text()
    assert "trained on Rectified flow" in lab.page.time.read_out.text()
    lab.end()


def test_a_dropped_picture_is_looked_at_and_put_away_again(lab: Lab, tmp_path: Path) -> None:
    lab.answer()
    lab.end()
    path = tmp_path / "fox.png"
    path.write_bytes(png(picture(replace(lab.study.size))))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    subject = lab.page.controls.subject
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    subject.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, buttons, keys))
    assert lab.study.picture == str(path)
    assert "fox.png" in subject.caption.text()
    lab.answer()
    lab.end()
    subject.clear_button.click()
    assert lab.study.picture == ""


def test_the_picture_of_the_canvas_can_be_looked_at(desk: Desk) -> None:
    desk.make("blue")
    lab = Lab(desk)
    button = lab.page.controls.subject.canvas_button
    assert button.isEnabled()
    lab.answer()
    lab.end()
    button.click()
    assert desk.window.stage.entry is not None
    assert lab.study.picture == str(desk.window.stage.entry.path)


def test_a_broken_picture_is_told_in_place_and_the_next_one_goes(lab: Lab) -> None:
    lab.answer()
    lab.end()
    lab.page.controls.subject.take("/nowhere/broken.png")
    problem = Problem(ErrorKind.INPUT, "broken.png is damaged or cut short.", "Open it elsewhere.")
    lab.worker.post(Failed(lab.runs[-1].job_id, problem, "Traceback"))
    lab.bot.waitUntil(lab.page.banner.isVisible)
    assert lab.page.banner.hint.text() == "Open it elsewhere."
    assert lab.page.guess.box.words == problem.message
    lab.page.controls.subject.take("")
    lab.answer()
    assert not lab.page.banner.isVisible() and not lab.page.guess.box.words
    lab.end()


def test_while_a_job_runs_the_forward_view_goes_on_in_pixels(lab: Lab) -> None:
    lab.answer()
    lab.end()
    recipe = lab.desk.window.panel.recipe()
    job = lab.desk.studio.submit(recipe)
    page = lab.page
    lab.bot.waitUntil(lambda: "busy" in page.guess.box.words)
    assert "busy" in page.strip.words and "pixels" in page.noisy.numbers.text()
    asked = len(lab.runs)
    images = []
    for t in (0.0, 0.4, 1.0):
        page.time.field.set_value(t)
        images.append(page.noisy.box.image.copy())
    assert len(lab.runs) == asked, "nothing is asked of the engine"
    assert images[0] != images[1] != images[2]
    assert colour_of(images[0]) == "#0000ff", "at 0 it is the picture itself"
    lab.worker.post(Cancelled(job.id))
    lab.bot.waitUntil(lambda: len(lab.runs) == asked + 1)
    assert lab.study.t == 1.0
    lab.answer()
    assert not page.guess.box.words
    lab.end()


def test_without_an_engine_the_forward_view_still_works(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "fox.png"
    path.write_bytes(png(picture(lab.study.size)))
    problem = Problem(ErrorKind.ENVIRONMENT, "torch is missing.", "Install it.")
    lab.worker.post(Failed(lab.runs[-1].job_id, problem))
    lab.bot.waitUntil(lab.page.banner.isVisible)
    assert "sample" in lab.page.noisy.box.words
    lab.page.controls.subject.take(str(path))
    lab.bot.waitUntil(lambda: "pixels" in lab.page.noisy.numbers.text())
    lab.worker.post(Failed(lab.runs[-1].job_id, problem))
    lab.bot.wait(20)
    assert "pixels" in lab.page.noisy.numbers.text()


def test_the_models_follow_the_library(lab: Lab) -> None:
    box = lab.page.controls.model.box
    asked = len(lab.runs)
    new = replace(STARTER, name="mine", path="/models/mine", title="Mine")
    lab.desk.studio.scan = lambda: Library((STARTER, new))
    lab.desk.studio.refresh_library()
    assert [box.itemData(at) for at in range(box.count())] == ["starter", "mine"]
    assert box.currentData() == "starter" and len(lab.runs) == asked, "the choice stays"
    box.setCurrentIndex(1)
    lab.answer()
    lab.end()
    lab.bot.waitUntil(lambda: lab.study.model == "mine")


def test_out_of_sight_nothing_is_asked(lab: Lab) -> None:
    lab.answer()
    lab.desk.press(Qt.Key.Key_1, CTRL_ALT)
    lab.bot.waitUntil(lambda: lab.worker.cancelled == [lab.runs[0].job_id])
    lab.bot.waitUntil(lambda: not lab.desk.studio.studies.under_way)
    assert len(lab.runs) == 1


def test_every_control_has_a_name_and_every_sign_a_tooltip(lab: Lab) -> None:
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
    for control in lab.page.findChildren(QWidget):
        if not isinstance(control, kinds) or isinstance(control, QScrollBar) or control.objectName().startswith("qt_"):
            continue
        text = control.text() if isinstance(control, QAbstractButton) else ""
        assert control.accessibleName() or text, f"{control} has no name"
        assert text or control.toolTip(), f"{control.accessibleName()} has no tooltip"


def test_the_page_fits_a_small_screen(lab: Lab) -> None:
    lab.desk.window.resize(1024, 700)
    lab.bot.wait(10)
    assert (lab.desk.window.width(), lab.desk.window.height()) == (1024, 700)
    for view in (lab.page.noisy, lab.page.guess, lab.page.score):
        assert view.box.width() >= 150
    assert lab.page.time.field.slider.visibleRegion().boundingRect() == lab.page.time.field.slider.rect()


# ---------------------------------------------------------------------------------------------------- plots


def test_the_plot_tells_the_values_under_the_pointer(qtbot: QtBot) -> None:
    plot = CurvePlot("Noise", SIGMA, lambda at: f"{at.sigma:.3g}")
    qtbot.addWidget(plot)
    plot.resize(600, 200)
    plot.show()
    plot.show_moment(0.25, ObjectiveName.FLOW)
    assert plot.values()[ObjectiveName.FLOW] == "0.25"
    assert "Rectified flow 0.25" in plot.accessibleDescription()
    qtbot.mouseMove(plot, QPoint(40, 50))
    assert plot.moment == 0 and plot.values()[ObjectiveName.FLOW] == "0"
    qtbot.mouseMove(plot, QPoint(599, 50))
    assert plot.moment == 0.25, "beside the curves it is the present moment again"


def test_the_curves_are_drawn_apart(qtbot: QtBot) -> None:
    plot = CurvePlot("Noise", SIGMA, lambda at: f"{at.sigma:.3g}")
    qtbot.addWidget(plot)
    plot.resize(600, 200)
    flow, edm = QImage(600, 200, QImage.Format.Format_RGB32), QImage(600, 200, QImage.Format.Format_RGB32)
    plot.render(flow)
    plot.show_moment(0.5, ObjectiveName.EDM)
    plot.render(edm)
    assert flow != edm


def test_pixels_are_noised_as_the_formula_says() -> None:
    image = QImage(64, 64, QImage.Format.Format_RGB888)
    image.fill(QColor(128, 128, 128))
    assert colour_of(noised_pixels(image, Level(1.0, 0.0), 3)) == "#808080"
    noisy = noised_pixels(image, Level(0.8, 0.2), 3)
    reds = [noisy.pixelColor(x, y).red() for x in range(64) for y in range(64)]
    mean = sum(reds) / len(reds)
    spread = math.sqrt(sum((red - mean) ** 2 for red in reds) / len(reds))
    assert mean == pytest.approx(127.5, abs=2)
    assert spread == pytest.approx(0.2 * 127.5, rel=0.05)
    assert noised_pixels(image, Level(0.8, 0.2), 3) == noisy != noised_pixels(image, Level(0.8, 0.2), 4)


def test_a_large_picture_is_noised_small() -> None:
    image = QImage(1200, 600, QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    noisy = noised_pixels(image, Level(0.5, 0.5), 1)
    assert (noisy.width(), noisy.height()) == (256, 128)


def test_heat_grows_lighter_and_frames_are_checked() -> None:
    lightness = [QColor(colour).lightnessF() for colour in heat_colours(32)]
    assert lightness == sorted(lightness)
    image = heat_image(HeatMap(3, 1, bytes((0, 128, 255)), 0, 1))
    tones = [image.pixelColor(x, 0).lightness() for x in range(3)]
    assert tones[0] < tones[1] < tones[2]
    assert to_image(Frame(4, 4, b"short")).isNull()
