"""Looking back at a picture's steps, and leaving its way for another picture."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from studio.domain.geometry import Size
from studio.domain.jobs import Job, JobState, made_by
from studio.domain.recipe import Branch, Recipe, Sampling
from studio.session.journal import Journal
from studio.ui.denoise.bar import DenoiseBar
from studio.ui.denoise.way import Way, quoted, turn_at, way_id
from tests.ui.desk import Desk, Desks

COLOURS = ("#ff0000", "#00ff00", "#ffff00", "#ff00ff")


@pytest.fixture
def desk(desks: Desks, tmp_path: Path) -> Iterator[Desk]:
    """A window whose jobs are kept."""
    desk = desks.open(tmp_path)
    journal = Journal.open(tmp_path / "queue.safelight", create=True)
    desk.studio.queue.adopt(journal)
    yield desk
    journal.close()


def made(desk: Desk, sampler: str = "euler-a") -> Job:
    """A blue picture whose steps 3, 6, 9 and 12 are kept in colours of their own."""
    desk.window.panel.sampler.choose(sampler)
    desk.window.panel.prompt.show_text("a red lighthouse at dusk")
    desk.generate()
    desk.bot.waitUntil(lambda: bool(desk.worker.runs))
    desk.worker.begin()
    for step, colour in zip((3, 6, 9, 12), COLOURS, strict=True):
        desk.worker.preview(step, colour)
    desk.worker.finish("blue")
    desk.bot.waitUntil(lambda: desk.window.stage.entry is not None)
    (job,) = desk.studio.queue.jobs
    desk.bot.waitUntil(lambda: len(desk.studio.queue.history(job.id, 0)) == len(COLOURS))
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.DONE)
    return desk.studio.queue.jobs[0]


def bar(desk: Desk) -> DenoiseBar:
    return desk.window.area.steps


def near(desk: Desk, colour: str) -> bool:
    """Is the canvas of this colour, as far as a JPEG keeps it?"""
    image = desk.window.area.view.image
    assert image is not None
    pixel = image.pixelColor(image.width() // 2, image.height() // 2)
    wanted = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return all(abs(a - b) <= 12 for a, b in zip((pixel.red(), pixel.green(), pixel.blue()), wanted, strict=True))


def open_steps(desk: Desk) -> None:
    desk.window.commands["show-steps"].trigger()
    assert bar(desk).isVisible()


def test_the_steps_of_a_picture_can_be_walked(desk: Desk) -> None:
    made(desk)
    open_steps(desk)
    assert bar(desk).words.text() == "The finished picture"
    assert desk.shown() == "#0000ff"
    desk.bot.waitUntil(bar(desk).film.hasFocus)
    desk.press(Qt.Key.Key_Left)
    assert near(desk, COLOURS[3]) and bar(desk).words.text() == "Step 12 of 12"
    desk.press(Qt.Key.Key_Home)
    assert near(desk, COLOURS[0]) and bar(desk).words.text() == "Step 3 of 12"
    assert desk.window.area.view.picture_size == Size(256, 256), "a step is shown at the picture's size"
    assert desk.window.area.bar.caption.text() == "Step 3 of 12 · “a red lighthouse at dusk”"
    film = bar(desk).film
    desk.bot.mouseClick(film, Qt.MouseButton.LeftButton, pos=film.rect().topLeft() + film.frame(1).center().toPoint())
    assert near(desk, COLOURS[1])
    desk.press(Qt.Key.Key_Escape)
    assert desk.shown() == "#0000ff" and bar(desk).isVisible(), "the result again"
    assert desk.window.area.bar.caption.text().startswith("256 × 256")
    desk.press(Qt.Key.Key_Escape)
    assert not bar(desk).isVisible()


def test_keys_of_the_canvas_walk_too_while_the_steps_are_open(desk: Desk) -> None:
    made(desk)
    view = desk.window.area.view
    open_steps(desk)
    view.setFocus()
    desk.bot.waitUntil(view.hasFocus)
    desk.press(Qt.Key.Key_Left)
    desk.press(Qt.Key.Key_Left)
    assert near(desk, COLOURS[2])
    desk.press(Qt.Key.Key_Right)
    assert near(desk, COLOURS[3])
    desk.press(Qt.Key.Key_Escape)
    assert desk.shown() == "#0000ff"


def test_escape_goes_back_before_it_cancels_a_job(desk: Desk) -> None:
    made(desk)
    desk.generate()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    desk.worker.begin()
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.RUNNING)
    open_steps(desk)
    desk.bot.waitUntil(bar(desk).film.hasFocus)
    desk.press(Qt.Key.Key_Left)
    desk.press(Qt.Key.Key_Escape)
    assert not desk.worker.cancelled
    assert desk.shown() == "#0000ff"


def test_looking_back_ends_when_another_picture_is_made(desk: Desk) -> None:
    made(desk)
    open_steps(desk)
    bar(desk).film.setValue(0)
    desk.window.panel.prompt.setFocus()
    desk.generate()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    desk.worker.begin()
    desk.worker.preview(1, "white")
    desk.bot.waitUntil(lambda: desk.shown() == "#ffffff")
    assert not bar(desk).isVisible()
    desk.worker.finish("green")
    desk.bot.waitUntil(lambda: desk.window.stage.entry is not None and desk.shown() == "#008000")


def test_a_running_picture_does_not_take_the_step_away(desk: Desk) -> None:
    made(desk)
    desk.generate()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    desk.worker.begin()
    open_steps(desk)
    bar(desk).film.setValue(0)
    desk.worker.preview(1, "white")
    desk.worker.progress(2)
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].step == 2)
    assert near(desk, COLOURS[0])
    assert desk.window.area.bar.caption.text().startswith("Step 3 of 12")
    assert desk.window.area.follow_button.isVisible()


def test_a_branch_is_queued_and_followed(desk: Desk) -> None:
    first = made(desk)
    open_steps(desk)
    steps, form = bar(desk), bar(desk).branching.form
    assert not steps.branch_button.isEnabled(), "nothing follows the end"
    steps.film.setValue(1)
    steps.branch_button.click()
    assert (form.prompt.text(), form.guidance.value) == ("a red lighthouse at dusk", first.recipe.sampling.guidance)
    desk.bot.waitUntil(form.prompt.hasFocus)
    desk.bot.keyClicks(form.prompt, "a lighthouse in fog")
    form.negative.show_text("people")
    form.guidance.set_value(6.5)
    steps.film.setValue(2)
    assert form.prompt.text() == "a lighthouse in fog", "what was written stays when another step is chosen"
    bar(desk).go_button.click()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    recipe = desk.worker.run.recipe
    assert recipe.branches == (Branch(9, "a lighthouse in fog", "people", 6.5),)
    assert (recipe.prompt, recipe.seed) == (first.recipe.prompt, first.recipe.seed)
    assert desk.studio.queue.open_jobs[0].origin == made_by(first.id)
    assert not steps.isVisible()
    desk.worker.begin()
    desk.worker.preview(11, "white")
    desk.bot.waitUntil(lambda: desk.shown() == "#ffffff", timeout=2000)
    desk.worker.finish("green")
    desk.bot.waitUntil(lambda: desk.window.stage.entry is not None)
    assert "from step 9 of “a red lighthouse at dusk”" in desk.window.area.bar.caption.text()
    branched = desk.studio.queue.jobs[0]
    desk.bot.waitUntil(lambda: bool(desk.studio.queue.history(branched.id, 0)))
    open_steps(desk)
    way = steps.way
    assert way is not None and [kept.step for kept in way.kept] == [3, 6, 9, 11], "its way began on the first one's"


def test_recalling_a_branched_picture(desk: Desk) -> None:
    made(desk)
    open_steps(desk)
    bar(desk).film.setValue(1)
    bar(desk).branch_button.click()
    bar(desk).branching.form.prompt.show_text("a lighthouse in fog")
    bar(desk).go_button.click()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 2)
    desk.worker.begin(7)
    desk.worker.finish("green")
    desk.bot.waitUntil(lambda: desk.window.stage.entry is not None and desk.shown() == "#008000")
    desk.window.commands["use-prompt"].trigger()
    assert desk.window.panel.prompt.text() == "a lighthouse in fog", "the words that it ended with"
    assert not desk.window.area.banner.isVisible()
    desk.window.commands["use-settings"].trigger()
    assert desk.window.panel.prompt.text() == "a red lighthouse at dusk"
    assert "after step 6" in desk.window.area.banner.message.text()


def test_another_chance_is_a_seed_and_only_for_samplers_that_draw(desk: Desk) -> None:
    made(desk)
    open_steps(desk)
    steps, form = bar(desk), bar(desk).branching.form
    steps.film.setValue(0)
    steps.branch_button.click()
    assert form.chance.isVisible() and not form.seed.isVisible()
    assert form.branch().seed is None
    form.chance.setCurrentIndex(1)
    form.seed.set_value(77, locked=False)
    assert form.seed.isVisible() and form.branch() == Branch(3, form.prompt.text(), "", form.guidance.value, 77)
    form.begin(Recipe(sampling=Sampling("dpmpp-2m")), 3)
    assert not form.chance.isVisible() and form.no_chance.isVisible()
    assert form.no_chance.text() == "None: DPM++ 2M draws no noise on its way."
    assert form.branch().seed is None


def test_a_branch_that_cannot_be_queued_is_told_and_nothing_is_lost(desk: Desk) -> None:
    job = made(desk)
    open_steps(desk)
    bar(desk).film.setValue(0)
    bar(desk).branch_button.click()
    desk.studio.queue.forget([job.id])
    form = bar(desk).branching.form
    form.prompt.show_text("kept words")
    bar(desk).go_button.click()
    assert desk.window.area.banner.isVisible()
    assert bar(desk).isVisible() and form.prompt.text() == "kept words"


def test_without_kept_steps_it_says_why(desk: Desk) -> None:
    job = made(desk)
    desk.studio.queue.forget([job.id])
    desk.bot.waitUntil(lambda: not desk.studio.queue.history(job.id, 0))
    open_steps(desk)
    assert bar(desk).words.text() == "No steps to show"
    assert "not kept any more" in bar(desk).hint.text()
    assert not bar(desk).film.isVisible() and not bar(desk).branch_button.isVisible()
    assert desk.shown() == "#0000ff"
    desk.window.commands["show-steps"].trigger()
    assert not bar(desk).isVisible()


def test_the_queue_opens_the_steps_of_a_job_that_was_stopped(desk: Desk) -> None:
    desk.generate()
    desk.bot.waitUntil(lambda: bool(desk.worker.runs))
    desk.worker.begin()
    desk.worker.preview(4, "#ff0000")
    desk.bot.waitUntil(lambda: desk.window.area.view.image is not None)
    desk.window.requests.cancel()
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.CANCELLED)
    (job,) = desk.studio.queue.jobs
    desk.bot.waitUntil(lambda: bool(desk.studio.queue.history(job.id, 0)))
    desk.window.aftercare.steps.show(job.id, 0)
    assert bar(desk).words.text() == "Step 4 of 12" and near(desk, "#ff0000")
    assert bar(desk).branch_button.isEnabled(), "it can go on from there"
    bar(desk).close_button.click()
    assert desk.window.area.empty.isVisible()


def test_the_queue_opens_the_steps_of_a_finished_job(desk: Desk) -> None:
    job = made(desk)
    desk.make("green")
    desk.window.aftercare.steps.show(job.id, 0)
    desk.bot.waitUntil(lambda: bar(desk).isVisible() and desk.shown() == "#0000ff")
    way = bar(desk).way
    assert way is not None and len(way.kept) == len(COLOURS)


def test_a_turn_is_what_was_asked_for_at_its_step() -> None:
    recipe = Recipe(
        "one", "no", sampling=Sampling(guidance=3.0), branches=(Branch(4, "two", "", 5.0, 9), Branch(8, "three"))
    )
    assert turn_at(recipe, 3) == Branch(3, "one", "no", 3.0)
    assert turn_at(recipe, 4) == Branch(4, "two", "", 5.0)
    assert turn_at(recipe, 11) == Branch(11, "three")


def test_ids_and_quotes() -> None:
    assert way_id("ab12#3") == ("ab12", 3)
    assert way_id("") is None
    assert quoted("two\nlines") == "two lines"
    assert quoted("x" * 60).endswith("…") and len(quoted("x" * 60)) == 41
    assert not Way("a", 0, Recipe()).may_branch(0)
    assert not Way("a", 0, Recipe()).may_branch(12) and Way("a", 0, Recipe()).may_branch(11)


def test_escape_closes_the_form_first(desk: Desk) -> None:
    made(desk)
    open_steps(desk)
    bar(desk).film.setValue(0)
    bar(desk).branch_button.click()
    desk.bot.waitUntil(bar(desk).branching.form.prompt.hasFocus)
    desk.press(Qt.Key.Key_Escape)
    assert not bar(desk).branching.isVisible() and near(desk, COLOURS[0])
    desk.press(Qt.Key.Key_Escape)
    assert desk.shown() == "#0000ff"


def test_a_low_window_has_room_for_the_form(desk: Desk) -> None:
    made(desk)
    desk.window.resize(880, 600)
    open_steps(desk)
    bar(desk).film.setValue(0)
    bar(desk).branch_button.click()
    desk.bot.waitUntil(lambda: not bar(desk).film.isVisible())
    area = desk.window.area
    assert (desk.window.width(), desk.window.height()) == (880, 600)
    assert area.view.height() >= area.view.minimumHeight()
    for part in (bar(desk).go_button, area.bar, bar(desk).branching.form.prompt):
        desk.bot.waitUntil(lambda part=part: part.visibleRegion().boundingRect() == part.rect())  # type: ignore[misc]
    desk.press(Qt.Key.Key_Escape)
    assert bar(desk).film.isVisible()
