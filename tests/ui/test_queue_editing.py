"""A waiting job is changed in the form, and the user's own draft is there again afterwards."""

import dataclasses

from PySide6.QtCore import Qt

from studio.domain.jobs import Job, JobState
from studio.domain.recipe import Branch, Recipe, RingNoise
from studio.ui.queue import actions
from tests.ui.desk import Desk
from tests.ui.queueing import press, said, use_tool


def queued(desk: Desk, recipe: Recipe | None = None) -> Job:
    """A job that waits behind a running one, with a draft of other words in the form."""
    desk.window.panel.prompt.show_text("what runs")
    desk.generate()
    desk.worker.begin()
    desk.bot.waitUntil(lambda: desk.studio.queue.jobs[0].state is JobState.RUNNING)
    recipe = recipe or dataclasses.replace(desk.window.panel.recipe(), prompt="what waits", seed=77)
    job = desk.studio.submit(recipe)
    desk.window.panel.prompt.show_text("my own draft")
    return job


def edit(desk: Desk, job: Job) -> None:
    use_tool(desk.window.queue, job, actions.EDIT)


def recipe_of(desk: Desk, job: Job) -> Recipe:
    found = desk.studio.queue.job(job.id)
    assert found is not None
    return found.recipe


def test_a_waiting_job_is_changed_and_the_draft_comes_back(desk: Desk) -> None:
    job, panel = queued(desk), desk.window.panel
    edit(desk, job)
    bar = desk.window.desk.editing.bar
    assert bar.isVisible() and bar.message.text() == "Editing a waiting job" and bar.title.text() == "what waits"
    assert panel.prompt.text() == "what waits" and panel.seed.value == 77
    assert not panel.foot.generate_button.isVisible()
    panel.prompt.show_text("what waits, at night")
    panel.steps.set_value(20)
    bar.save_button.click()
    changed = recipe_of(desk, job)
    assert (changed.prompt, changed.sampling.steps, changed.seed) == ("what waits, at night", 20, 77)
    assert panel.prompt.text() == "my own draft" and not bar.isVisible()
    assert panel.foot.generate_button.isVisible()
    assert len(desk.studio.queue.open_jobs) == 2
    assert "at night" in said(desk.window.queue, job)


def test_what_is_edited_is_no_draft(desk: Desk) -> None:
    job = queued(desk)
    edit(desk, job)
    desk.window.panel.prompt.show_text("words of the job")
    desk.window.draft.save()
    kept = desk.studio.settings.value.draft
    assert kept is not None and kept.prompt == "my own draft", "a kill now brings the draft back"
    desk.window.desk.editing.cancel()
    desk.window.panel.prompt.show_text("new words")
    desk.window.draft.save()
    kept = desk.studio.settings.value.draft
    assert kept is not None and kept.prompt == "new words"


def test_the_keys_of_generate_and_cancel_end_the_editing(desk: Desk) -> None:
    job = queued(desk)
    edit(desk, job)
    desk.window.panel.prompt.show_text("changed by key")
    desk.generate()
    assert recipe_of(desk, job).prompt == "changed by key"
    assert len(desk.studio.queue.open_jobs) == 2, "nothing new was queued"
    edit(desk, job)
    desk.window.panel.prompt.show_text("thrown away")
    desk.press(Qt.Key.Key_Escape)
    assert recipe_of(desk, job).prompt == "changed by key"
    assert not desk.worker.cancelled, "what runs goes on"
    assert desk.window.panel.prompt.text() == "my own draft"


def test_what_the_form_has_no_place_for_stays(desk: Desk) -> None:
    recipe = Recipe(prompt="a way", ring=RingNoise(0.25), branches=(Branch(3, "another way"),))
    job = queued(desk, recipe)
    edit(desk, job)
    desk.window.panel.negative.show_text("blur")
    desk.window.desk.editing.save()
    assert recipe_of(desk, job) == dataclasses.replace(recipe, negative="blur")


def test_a_job_that_began_meanwhile_is_not_changed_but_a_new_one_queued(desk: Desk) -> None:
    job, panel = queued(desk), desk.window.panel
    edit(desk, job)
    panel.prompt.show_text("too late")
    desk.worker.finish()
    desk.bot.waitUntil(lambda: desk.worker.run.job_id == job.id)
    desk.worker.begin()
    bar = desk.window.desk.editing.bar
    desk.bot.waitUntil(lambda: bar.message.text() == "This job has begun meanwhile")
    assert bar.hint.isVisible() and bar.save_button.text() == "Queue as new"
    assert panel.prompt.text() == "too late", "nothing typed is lost"
    bar.save_button.click()
    assert recipe_of(desk, job).prompt == "what waits"
    assert [each.recipe.prompt for each in desk.studio.queue.open_jobs] == ["what waits", "too late"]
    assert panel.prompt.text() == "my own draft"


def test_a_job_that_just_went_to_the_worker_says_so(desk: Desk) -> None:
    job = queued(desk)
    edit(desk, job)
    desk.window.panel.prompt.show_text("too late")
    desk.studio.queue.cancel(job.id)
    bar = desk.window.desk.editing.bar
    assert bar.save_button.text() == "Queue as new"


def test_what_cannot_be_run_is_marked_and_stays_in_the_form(desk: Desk) -> None:
    job = queued(desk)
    edit(desk, job)
    panel = desk.window.panel
    panel.prompt.show_text("x" * 100_001)
    desk.window.desk.editing.save()
    assert desk.window.area.banner.isVisible() and panel.prompt.property("wrong") is True
    assert desk.window.desk.editing.bar.isVisible() and recipe_of(desk, job).prompt == "what waits"


def test_f2_edits_and_another_takes_its_place(desk: Desk) -> None:
    first = queued(desk)
    second = desk.studio.submit(dataclasses.replace(first.recipe, prompt="the other"))
    edit(desk, first)
    desk.window.queue.view.choose([second.id])
    press(desk.window.queue, Qt.Key.Key_F2)
    assert desk.window.panel.prompt.text() == "the other"
    desk.window.desk.editing.cancel()
    assert desk.window.panel.prompt.text() == "my own draft"
