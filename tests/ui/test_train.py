"""The workspace Train, from a dropped folder to a LoRA in use."""

import errno
import math
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from studio.domain.errors import ErrorKind
from studio.domain.jobs import JobState
from studio.domain.messages import Log
from studio.domain.recipe import Sampling
from studio.domain.training import PRESETS, ObjectiveName, Training, TrainingKind, run_folder
from studio.imaging import training_set
from studio.imaging.training_set import read_caption
from studio.ui.phases import rough
from studio.ui.train.cards import edits_of
from studio.ui.train.curve import LossCurve, decimals_for
from studio.ui.train.foot import RunState
from studio.ui.train.page import TrainPage
from tests.ui.desk import Desk, Desks
from tests.ui.training import Trainer, loss_at, make_pictures, write_run

CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


def train_page(desk: Desk) -> TrainPage:
    """The page, shown."""
    desk.window.workspaces.show_page("train")
    page = desk.window.workspaces.page("train")
    assert isinstance(page, TrainPage)
    return page


def filled(desk: Desk, folder: Path, count: int = 6, captions: int = 3) -> TrainPage:
    """The page with pictures, a name and a trigger word."""
    page = train_page(desk)
    page.open_folder(make_pictures(folder, count, captions))
    desk.bot.waitUntil(lambda: page.found.folder == folder)
    page.form.name.show_value("My cat")
    page.form.trigger.show_value("zwx cat")
    return page


def running(desk: Desk, folder: Path, steps: int = 5) -> tuple[TrainPage, Trainer]:
    """A run that has made some steps."""
    page = filled(desk, folder)
    page.foot.button.click()
    trainer = Trainer(desk.worker)
    trainer.begin()
    trainer.steps(1, steps)
    desk.bot.waitUntil(lambda: page.run_pane.step == steps)
    return page, trainer


# ------------------------------------------------------------------------------------------------ workspaces


def test_the_page_is_built_when_it_is_first_wanted(desk: Desk) -> None:
    spaces = desk.window.workspaces
    assert spaces.current == "generate" and spaces.page("train") is None
    desk.press(Qt.Key.Key_5, CTRL | ALT)
    assert spaces.current == "train" and spaces.page("train") is not None
    assert desk.window.docks[0].isHidden(), "the prompt has no business here"
    begin = time.perf_counter()
    desk.press(Qt.Key.Key_1, CTRL | ALT)
    assert time.perf_counter() - begin < 0.5
    assert spaces.current == "generate" and desk.window.docks[0].isVisible()
    assert desk.window.area.isVisible()


def test_each_workspace_remembers_its_docks(desks: Desks, tmp_path: Path) -> None:
    desk = desks.open(tmp_path)
    prompt, queue, history = desk.window.docks
    history.hide()
    train_page(desk)
    queue.show()
    desk.window.workspaces.show_page("generate")
    assert [dock.isVisible() for dock in (prompt, queue, history)] == [True, True, False]
    desk.window.workspaces.show_page("train")
    assert [dock.isVisible() for dock in (prompt, queue, history)] == [False, True, False]
    desks.close(desk)
    desk = desks.open(tmp_path)
    assert [dock.isVisible() for dock in desk.window.docks] == [True, True, False], "it begins with Generate"


def test_a_wide_page_does_not_push_the_docks_together(desk: Desk) -> None:
    prompt, queue, _ = desk.window.docks
    before = prompt.width(), queue.width()
    train_page(desk).pictures.setMinimumWidth(desk.window.width() - 400)
    desk.window.workspaces.show_page("generate")
    desk.bot.waitUntil(lambda: (prompt.width(), queue.width()) == before)


def test_workspaces_are_in_the_view_menu_and_in_the_switch(desk: Desk) -> None:
    actions = {action.text(): action for action in desk.window.workspaces.actions_}
    assert next(iter(actions)) == "Generate"
    assert desk.window.workspaces.switch.isVisible()
    assert "Ctrl+Alt+5" in actions["Train"].toolTip()


def test_a_problem_is_seen_in_every_workspace(desk: Desk) -> None:
    train_page(desk)
    desk.window.area.banner.say("Something is wrong.", "Do this.")
    assert desk.window.area.banner.isVisible()


# ------------------------------------------------------------------------------------------------ pictures


def test_the_empty_page_says_what_to_do(desk: Desk) -> None:
    page = train_page(desk)
    assert page.pictures.empty.isVisible()
    assert "5–30 pictures" in page.pictures.empty.title.text()
    page.form.preset.show_value("scratch")
    assert "Thousands of pictures" in page.pictures.empty.title.text()
    page.form.preset.show_value("subject")
    page.foot.button.click()
    assert "No folder of pictures" in page.foot.problem.text()
    assert page.form.name.problem.text() and page.form.name.problem.isVisible()
    assert not desk.worker.runs


def test_a_dropped_folder_is_shown_with_captions_and_thumbnails(desk: Desk, tmp_path: Path) -> None:
    page = train_page(desk)
    folder = make_pictures(tmp_path / "cats", 4, 2)
    (folder / "bad.png").write_bytes(b"nonsense")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(folder))])
    actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    page.pictures.dropEvent(QDropEvent(QPointF(5, 5), actions, mime, buttons, Qt.KeyboardModifier.NoModifier))
    model = page.pictures.model
    desk.bot.waitUntil(lambda: model.rowCount() == 5)
    assert page.pictures.count.text() == "4 pictures · 2 without caption"
    assert "1 file cannot be read" in page.pictures.note.text()
    bad, good = model.index(0, 0), model.index(1, 0)
    assert not model.flags(bad) & Qt.ItemFlag.ItemIsEditable
    assert "no picture" in bad.data(Qt.ItemDataRole.ToolTipRole)
    desk.bot.waitUntil(lambda: good.data(Qt.ItemDataRole.DecorationRole) is not None)
    assert good.data(Qt.ItemDataRole.AccessibleTextRole) == "zwx_cat-01.png: a cat on a red sofa, number 1"


def test_dropped_pictures_are_gathered_in_a_folder_of_ours(desk: Desk, tmp_path: Path) -> None:
    page = train_page(desk)
    folder = make_pictures(tmp_path / "cats", 3, 3)
    page.pictures.take([folder / "zwx_cat-01.png"])
    desk.bot.waitUntil(lambda: page.pictures.model.rowCount() == 1)
    page.pictures.take([folder / "zwx_cat-02.png"])
    desk.bot.waitUntil(lambda: page.pictures.model.rowCount() == 2)
    assert page.found.folder.is_relative_to(desk.studio.paths.data)
    assert page.found.uncaptioned == 0


def test_a_caption_is_edited_in_place_saved_at_once_and_undone(desk: Desk, tmp_path: Path) -> None:
    page = filled(desk, tmp_path / "cats", captions=1)
    cards, first = page.pictures.list, page.found.examples[0].path
    cards.setCurrentIndex(page.pictures.model.index(0, 0))
    desk.bot.keyClick(cards, Qt.Key.Key_Return)
    (edit,) = edits_of(cards)
    edit.selectAll()
    desk.bot.keyClicks(edit, "a tabby")
    desk.bot.waitUntil(lambda: read_caption(first) == ("a tabby", ""))
    assert edits_of(cards), "saving does not close the box"
    for _ in range(20):
        edit.undo()
    assert edit.toPlainText() == "a cat on a red sofa, number 1"
    desk.bot.keyClick(edit, Qt.Key.Key_Escape)
    desk.bot.waitUntil(lambda: read_caption(first) == ("a cat on a red sofa, number 1", ""))


def test_all_pictures_are_captioned_by_their_names_and_back(desk: Desk, tmp_path: Path) -> None:
    page = filled(desk, tmp_path / "cats", captions=2)
    desk.bot.waitUntil(lambda: len(page.pictures.caption_menu.actions()) > 2)
    page.pictures.caption_menu.actions()[0].trigger()
    desk.bot.waitUntil(lambda: page.found.uncaptioned == 0)
    paths = [example.path for example in page.found.examples]
    desk.bot.waitUntil(lambda: read_caption(paths[-1]) == ("zwx cat", ""))
    assert read_caption(paths[0]) == ("a cat on a red sofa, number 1", ""), "what was there stays"
    page.pictures.undo_button.click()
    desk.bot.waitUntil(lambda: page.found.uncaptioned == 4 and not paths[-1].with_suffix(".txt").exists())


def test_a_plugin_captions_and_its_faults_are_told_with_their_place(desk: Desk, tmp_path: Path) -> None:
    folder = desk.studio.paths.data / "plugins"
    folder.mkdir(parents=True)
    lines = ("title = 'Cats & dogs'", "def caption(path):", "    return {'zwx_cat-01': 'a cat'}[path.stem]")
    (folder / "mine.py").write_text("\n".join(lines))
    (folder / "bad.py").write_text("1 / 0")
    page = filled(desk, tmp_path / "cats", count=2, captions=0)
    menu = page.pictures.caption_menu
    desk.bot.waitUntil(lambda: any("Cats" in action.text() for action in menu.actions()))
    banner = desk.window.area.banner
    assert banner.isVisible() and "(bad.py, line 1)" in banner.message.text(), "one that cannot be loaded"
    next(action for action in menu.actions() if action.text() == "Cats && dogs").trigger()
    desk.bot.waitUntil(lambda: page.found.uncaptioned == 1)
    desk.bot.waitUntil(lambda: "KeyError: 'zwx_cat-02' (mine.py, line 3)" in banner.message.text())
    assert page.found.examples[0].caption == "a cat"


def test_a_caption_that_cannot_be_written_is_told_and_not_lost(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = filled(desk, tmp_path / "cats")

    def full(_path: Path, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(training_set, "save_over", full)
    page.pictures.model.setData(page.pictures.model.index(0, 0), "a tabby")
    desk.bot.waitUntil(desk.window.area.banner.isVisible)
    assert "No space left" in desk.window.area.banner.message.text()
    assert "No space left" in page.foot.problem.text()
    assert page.found.examples[0].caption == "a tabby"


def test_an_empty_folder_says_so(desk: Desk, tmp_path: Path) -> None:
    page = train_page(desk)
    (tmp_path / "nothing").mkdir()
    page.open_folder(tmp_path / "nothing")
    desk.bot.waitUntil(lambda: "no pictures in nothing" in page.pictures.empty.text.text())
    page.form.name.show_value("cat")
    page.foot.button.click()
    assert "no pictures" in page.foot.problem.text() and not desk.worker.runs


def test_one_picture_is_enough_with_a_warning(desk: Desk, tmp_path: Path) -> None:
    page = filled(desk, tmp_path / "cats", count=1)
    assert "One picture" in page.pictures.note.text()
    page.foot.button.click()
    assert len(desk.worker.runs) == 1


# ------------------------------------------------------------------------------------------------ settings


def test_what_is_shown_is_what_is_trained(desk: Desk, tmp_path: Path) -> None:
    page = filled(desk, tmp_path / "cats")
    page.form.preset.show_value("style")
    page.form.base.show_value("big")
    for name, value in (("steps", 120), ("learning_rate", 0.00025), ("rank", 8), ("objective", ObjectiveName.V),
                        ("sample_prompts", ("a cat", "zwx cat in space")), ("flip", False)):  # fmt: skip
        page.form.advanced[name].show_value(value)
    page.foot.button.click()
    task = desk.worker.run.task
    assert isinstance(task, Training)
    assert (task.base, task.trigger, task.steps, task.rank) == ("big", "zwx cat", 120, 8)
    assert (task.learning_rate, task.objective, task.flip) == (0.00025, ObjectiveName.V, False)
    assert task.sample_prompts == ("a cat", "zwx cat in space")
    assert task.side == 1024, "the size that the base was made for"
    assert Path(task.output) == desk.studio.paths.models / "loras" / "my-cat.safetensors"
    assert desk.worker.run.model_path == "/models/big"
    assert not page.form.isEnabled()


def test_from_scratch_makes_a_model_with_the_other_parts_of_a_base(desk: Desk, tmp_path: Path) -> None:
    page = filled(desk, tmp_path / "cats")
    page.form.preset.show_value("scratch")
    assert page.form.advanced["rank"].isHidden()
    page.foot.button.click()
    task = desk.worker.run.task
    assert isinstance(task, Training)
    assert (task.kind, task.scratch, task.base) == (TrainingKind.DENOISER, True, "starter")
    assert task.steps == PRESETS["scratch"].steps
    assert Path(task.output) == desk.studio.paths.models / "my-cat"


def test_few_steps_are_learnt_from_a_flow_model_and_make_a_lora(desk: Desk, tmp_path: Path) -> None:
    page = filled(desk, tmp_path / "cats")
    base = page.form.base.control
    assert isinstance(base, QComboBox) and base.count() == 2
    page.form.preset.show_value("fast")
    assert [base.itemData(at) for at in range(base.count())] == ["starter"], "the other one is no flow"
    shown = {name for name, row in page.form.rows.items() if not row.isHidden()}
    assert {"segments", "guidance", "rank"} <= shown and not {"prior", "objective", "trigger"} & shown
    page.form.advanced["segments"].show_value(4)
    page.form.advanced["guidance"].show_value(5.0)
    page.foot.button.click()
    task = desk.worker.run.task
    assert isinstance(task, Training)
    assert (task.kind, task.segments, task.guidance, task.prior, task.trigger) == (
        TrainingKind.FEW_STEPS,
        4,
        5.0,
        0,
        "",
    )
    assert Path(task.output) == desk.studio.paths.models / "loras" / "my-cat.safetensors"
    Trainer(desk.worker).begin()
    path = Trainer(desk.worker).finish()
    desk.bot.waitUntil(page.run_pane.use_button.isVisible)
    page.run_pane.use_button.click()
    recipe = desk.window.panel.recipe()
    assert [lora.name for lora in recipe.loras] == [Path(path).stem]
    assert recipe.sampling == Sampling("euler", 4, 1.0)


def test_presets_show_what_belongs_to_them(desk: Desk) -> None:
    form = train_page(desk).form
    base = form.base.control
    assert isinstance(base, QComboBox)
    form.preset.show_value("scratch")
    assert [base.itemData(at) for at in range(base.count())] == ["starter"], "others cannot be made anew here"
    assert form.trigger.isHidden() and form.advanced["segments"].isHidden()
    form.preset.show_value("style")
    assert base.count() == 2 and not form.trigger.isHidden() and form.advanced["guidance"].isHidden()


def test_without_sample_prompts_the_first_captions_are_drawn(desk: Desk, tmp_path: Path) -> None:
    page = filled(desk, tmp_path / "cats", 4, 3)
    captions = [example.caption for example in page.found.examples]
    assert page.training.sample_prompts == (f"zwx cat, {captions[0]}", f"zwx cat, {captions[1]}")
    page.form.advanced["sample_prompts"].show_value(("a cat",))
    assert list(page.training.sample_prompts) == ["a cat"]


def test_a_wrong_value_is_marked_at_its_field(desk: Desk, tmp_path: Path) -> None:
    page = filled(desk, tmp_path / "cats")
    page.form.trigger.show_value("x" * 201)
    assert "sentence" in page.form.trigger.problem.text()
    assert page.form.trigger.control.property("wrong") is True
    page.foot.button.click()
    assert not desk.worker.runs
    page.form.trigger.show_value("zwx")
    assert not page.form.trigger.problem.text()


def test_time_and_memory_are_estimated_and_corrected_by_steps(desk: Desk, tmp_path: Path) -> None:
    output = str(desk.studio.paths.models / "loras" / "other.safetensors")
    page = filled(desk, tmp_path / "cats")
    assert "About" in page.foot.cost.text() and "a guess" in page.foot.cost.text() and "GB" in page.foot.cost.text()
    write_run(Training(folder="/x", output=output, trigger="zwx cat"), 20, 20)
    page.runner.read_past()
    desk.bot.waitUntil(lambda: "measured" in page.foot.cost.text())
    assert "About 4 min and" in page.foot.cost.text(), "500 steps of 0.5 s"


# ------------------------------------------------------------------------------------------------ a run


def test_a_run_shows_its_steps_and_the_time_left(desk: Desk, tmp_path: Path) -> None:
    page, trainer = running(desk, tmp_path / "cats", 10)
    text = page.run_pane.state.text()
    assert "Step 10 of 500" in text and "4.0 pictures/s" in text and "about 4 min 05 s left" in text
    assert page.run_pane.bar.value() == 10
    reading = page.run_pane.curve.reading
    assert reading is not None and reading.loss == loss_at(10)
    trainer.validated(10, 0.31)
    desk.bot.waitUntil(lambda: "held out 0.31" in page.run_pane.curve.accessibleDescription())
    desk.worker.post(Log(trainer.job, "bad.png is left out."))
    desk.bot.waitUntil(lambda: page.run_pane.notes.text() == "bad.png is left out.")
    assert (desk.studio.queue.remaining_seconds() or 0) > 0, "trainings are estimated, too"
    desk.bot.wait(600)  # the status line looks at the time left, too
    assert not desk.window.area.banner.isVisible()


def test_stop_pauses_and_continue_goes_on(desk: Desk, tmp_path: Path) -> None:
    page, trainer = running(desk, tmp_path / "cats", 7)
    assert page.foot.button.text() == "Stop"
    page.foot.button.click()
    assert desk.worker.paused == [trainer.job] and page.foot.button.text() == "Stopping…"
    assert not page.foot.button.isEnabled()
    trainer.paused(7)
    desk.bot.waitUntil(lambda: page.foot.state is RunState.PAUSED)
    assert page.foot.button.text() == "Continue from step 7"
    assert "Paused at step 7" in page.run_pane.state.text()
    page.foot.button.click()
    assert len(desk.worker.runs) == 2 and desk.worker.runs[1].task == desk.worker.runs[0].task
    trainer.begin()
    trainer.steps(8, 9)
    desk.bot.waitUntil(lambda: page.run_pane.step == 9)
    assert len(page.run_pane.curve._steps) == 9, "the curve goes on"


def test_a_paused_run_may_be_made_longer(desk: Desk, tmp_path: Path) -> None:
    page, trainer = running(desk, tmp_path / "cats", 3)
    page.foot.button.click()
    trainer.paused(3)
    desk.bot.waitUntil(lambda: page.foot.state is RunState.PAUSED)
    page.form.advanced["steps"].show_value(900)
    page.foot.button.click()
    task = desk.worker.run.task
    assert isinstance(task, Training) and task.steps == 900
    assert [job.state for job in desk.studio.queue.jobs] == [JobState.QUEUED, JobState.CANCELLED]


def test_escape_pauses_a_training_and_never_throws_it_away(desk: Desk, tmp_path: Path) -> None:
    _, trainer = running(desk, tmp_path / "cats")
    desk.press(Qt.Key.Key_Escape)
    assert desk.worker.paused == [trainer.job] and not desk.worker.cancelled


def test_cancel_ends_a_run_and_a_new_one_can_start(desk: Desk, tmp_path: Path) -> None:
    page, _ = running(desk, tmp_path / "cats")
    page.foot.cancel_button.click()
    desk.bot.waitUntil(lambda: page.foot.state is RunState.READY)
    assert page.form.isEnabled()
    page.foot.button.click()
    assert len(desk.worker.runs) == 2


def test_sheets_come_as_a_strip_and_are_compared(desk: Desk, tmp_path: Path) -> None:
    page, trainer = running(desk, tmp_path / "cats")
    sheets = page.run_pane.sheets
    trainer.sheet(1)
    desk.bot.waitUntil(lambda: not sheets.view.image.isNull())
    assert sheets.slider.isHidden(), "nothing to compare with yet"
    trainer.sheet(400)
    desk.bot.waitUntil(lambda: sheets.strip.count() == 2 and not sheets.view.first.isNull())
    assert sheets.caption.text() == "Steps 1 | 400"
    picture = sheets.view.place()
    at = QPoint(round(picture.left() + picture.width() * 0.2), round(picture.center().y()))
    later = sheets.view.grab().toImage().pixelColor(at)
    sheets.slider.setValue(50)
    assert sheets.view.grab().toImage().pixelColor(at) != later, "the first sheet is shown at the left"
    sheets.choose(1)
    assert sheets.caption.text() == "Step 1"
    desk.bot.mouseClick(sheets.view, Qt.MouseButton.LeftButton)
    assert page.run_pane.curve.isHidden() or not page.run_pane.curve.isVisible()
    desk.bot.keyClick(sheets.view, Qt.Key.Key_Return)
    assert page.run_pane.curve.isVisible()


def test_what_was_learnt_is_used_at_once(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, trainer = running(desk, tmp_path / "cats")
    path = trainer.finish()
    desk.bot.waitUntil(page.run_pane.use_button.isVisible)
    desk.bot.waitUntil(lambda: "Done" in page.run_pane.state.text())
    shown: list[Path] = []
    monkeypatch.setattr(desk.window.actions_, "show_in_folder", shown.append)
    page.folder_wanted.connect(shown.append)
    page.run_pane.folder_button.click()
    assert Path(path) in shown
    page.run_pane.use_button.click()
    assert desk.window.workspaces.current == "generate"
    recipe = desk.window.panel.recipe()
    assert [lora.name for lora in recipe.loras] == ["my-cat"] and recipe.model == "starter"
    assert desk.window.panel.prompt.text().startswith("zwx cat")


@pytest.mark.parametrize(
    ("kind", "message", "hint"),
    [
        (ErrorKind.INPUT, "The loss became NaN at step 6.", "Lower the learning rate, then continue."),
        (ErrorKind.DISK, "The checkpoint could not be written: No space left on device.", "Free some space."),
        (ErrorKind.INPUT, "None of the pictures can be read.", "Replace them."),
    ],
)
def test_a_failure_is_told_with_its_hint_and_the_checkpoint_stays(
    desk: Desk, tmp_path: Path, kind: ErrorKind, message: str, hint: str
) -> None:
    page, trainer = running(desk, tmp_path / "cats")
    trainer.checkpoint(5)
    trainer.step(6, math.nan)
    trainer.fail(kind, message, hint)
    desk.bot.waitUntil(desk.window.area.banner.isVisible)
    assert desk.window.area.banner.message.text() == message
    assert page.run_pane.problem.isVisible() and page.run_pane.problem.text() == f"{message} {hint}"
    assert "checkpoint of step 5 is kept" in page.run_pane.state.text()
    desk.bot.waitUntil(lambda: page.foot.state is RunState.UNFINISHED)
    page.run_pane.curve.grab()  # a NaN can be drawn
    page.foot.button.click()
    assert len(desk.worker.runs) == 2
    assert not page.run_pane.problem.isVisible()


# ------------------------------------------------------------------------------------------------ after a restart


def test_an_unfinished_run_is_offered_after_a_restart(desks: Desks, tmp_path: Path) -> None:
    folder = make_pictures(tmp_path / "cats", 3, 3)
    output = tmp_path / "data" / "models" / "loras" / "my-cat.safetensors"
    left = Training(folder=str(folder), output=str(output), trigger="zwx", steps=400, rank=7)
    write_run(left, 260, 250, sheets=(100, 200))
    desk = desks.open(tmp_path)
    page = train_page(desk)
    desk.bot.waitUntil(page.offers.isVisible)
    assert "“my-cat” stopped at step 250 of 400." in [text.text() for text in page.offers.findChildren(QLabel)]
    look = next(button for button in page.offers.findChildren(QAbstractButton) if button.text() == "Look at it")
    look.click()
    desk.bot.waitUntil(lambda: page.run_pane.sheets.strip.count() == 2 and page.found.usable == 3)
    assert page.run_pane.isVisible() and page.run_pane.step == 260
    assert page.form.advanced["rank"].read() == 7 and page.form.trigger.read() == "zwx"
    assert not desk.worker.runs, "looking begins nothing"
    assert page.foot.button.text() == "Continue from step 250"
    desk.press(Qt.Key.Key_Return, CTRL)
    assert desk.worker.run.task == left
    desk.bot.waitUntil(lambda: not page.offers.isVisible())
    trainer = Trainer(desk.worker)
    trainer.begin()
    trainer.steps(251, 252)
    desk.bot.waitUntil(lambda: page.run_pane.step == 252)
    assert page.run_pane.curve._steps[-3:] == [250, 251, 252], "what was not kept is done again"


def test_a_run_of_the_built_in_world_goes_on_without_a_folder(desk: Desk, tmp_path: Path) -> None:
    output = tmp_path / "data" / "models" / "loras" / "sky.safetensors"
    left = Training(folder="world:100", output=str(output))
    write_run(left, 30, 20)
    page = train_page(desk)
    desk.bot.waitUntil(page.offers.isVisible)
    buttons = {button.accessibleName(): button for button in page.offers.findChildren(QAbstractButton)}
    buttons["Continue “sky” from step 20"].click()
    assert desk.worker.run.task == left and page.foot.state is RunState.WAITING
    Trainer(desk.worker).begin()
    page.runner.cancel()
    desk.bot.waitUntil(lambda: page.foot.state is RunState.UNFINISHED)
    page.foot.button.click()
    assert desk.worker.run.task == left, "it has no folder that the form could know"


def test_a_name_that_is_taken_is_told(desk: Desk, tmp_path: Path) -> None:
    page = filled(desk, tmp_path / "cats")
    training = page.training
    write_run(Training(folder="/x", output=training.output, rank=3), 20, 20)
    page.runner.read_past()
    desk.bot.waitUntil(lambda: "unfinished run of this name" in page.form.name.problem.text())
    page.foot.button.click()
    assert not desk.worker.runs
    page.form.name.show_value("another cat")
    page.foot.button.click()
    assert len(desk.worker.runs) == 1
    assert run_folder(training.output).exists()


def test_what_was_changed_since_can_be_started_anew(desk: Desk, tmp_path: Path) -> None:
    page, trainer = running(desk, tmp_path / "cats", 7)
    page.foot.button.click()
    trainer.paused(7)
    desk.bot.waitUntil(lambda: page.foot.state is RunState.PAUSED)
    assert page.foot.anew_button.isHidden()
    page.foot.button.click()
    trainer.begin()
    message = "There is a checkpoint of this training after step 7, and its pictures or captions were changed since."
    trainer.fail(ErrorKind.INPUT, message, "Start anew.")
    desk.bot.waitUntil(page.foot.anew_button.isVisible)
    assert page.foot.button.text() == "Continue from step 7" and desk.window.area.banner.isVisible()
    output = page.training.output
    page.foot.anew_button.click()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 3 and page.run_pane.step == 0)
    assert not run_folder(output).exists(), "the engine finds no checkpoint"
    kept = run_folder(output).with_name("my-cat.training.old")
    assert (kept / "log.jsonl").exists(), "and nothing is lost"
    assert not desk.window.area.banner.isVisible() and not page.run_pane.problem.isVisible()
    assert page.foot.anew_button.isHidden() and page.run_pane.curve.reading is None


def test_a_run_of_that_name_with_other_settings_can_be_left(desk: Desk, tmp_path: Path) -> None:
    page = filled(desk, tmp_path / "cats")
    training = page.training
    write_run(Training(folder="/x", output=training.output, rank=3), 20, 20)
    old = run_folder(training.output).with_name("my-cat.training.old")
    old.mkdir()
    (old / "older").touch()
    page.runner.read_past()
    desk.bot.waitUntil(page.foot.anew_button.isVisible)
    page.foot.anew_button.click()
    desk.bot.waitUntil(lambda: len(desk.worker.runs) == 1)
    assert desk.worker.run.task == training
    assert (old / "log.jsonl").exists() and not (old / "older").exists()


def test_what_cannot_be_set_aside_is_told(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = filled(desk, tmp_path / "cats")
    write_run(Training(folder="/x", output=page.training.output, rank=3), 20, 20)
    page.runner.read_past()
    desk.bot.waitUntil(page.foot.anew_button.isVisible)

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    page.foot.anew_button.click()
    desk.bot.waitUntil(desk.window.area.banner.isVisible)
    assert "could not be set aside: Permission denied" in desk.window.area.banner.message.text()
    assert not desk.worker.runs


def test_the_keyboard_stays_at_the_buttons_of_the_run(desk: Desk, tmp_path: Path) -> None:
    page = filled(desk, tmp_path / "cats")
    page.form.name.control.setFocus()
    page.start()
    assert page.foot.hasFocus(), "the form that is locked lets it go"
    trainer = Trainer(desk.worker)
    trainer.begin()
    trainer.steps(1, 3)
    desk.bot.waitUntil(lambda: page.foot.state is RunState.RUNNING)
    assert page.foot.button.hasFocus()
    page.foot.button.click()
    trainer.paused(3)
    desk.bot.waitUntil(lambda: page.foot.state is RunState.PAUSED)
    assert page.foot.button.hasFocus(), "not Cancel"
    page.foot.cancel_button.setFocus()
    page.foot.cancel_button.click()
    desk.bot.waitUntil(lambda: page.foot.state is RunState.UNFINISHED)
    assert page.foot.button.hasFocus(), "not another workspace"


def test_a_run_that_began_before_the_page_was_opened_is_shown(desk: Desk, tmp_path: Path) -> None:
    output = str(tmp_path / "data" / "models" / "loras" / "cat.safetensors")
    desk.studio.submit_training(Training(folder=str(tmp_path), output=output))
    trainer = Trainer(desk.worker)
    trainer.begin()
    page = train_page(desk)
    trainer.steps(1, 2)
    desk.bot.waitUntil(lambda: page.run_pane.step == 2)
    assert page.foot.state is RunState.RUNNING and page.run_pane.isVisible()


# ------------------------------------------------------------------------------------------------ the curve


@pytest.mark.parametrize(("step", "decimals"), [(0.0227, 3), (0.2, 2), (2.5, 1), (25, 0), (1e-9, 6), (0, 2)])
def test_the_numbers_at_the_grid_can_be_told_apart(step: float, decimals: int) -> None:
    assert decimals_for(step) == decimals


@pytest.mark.parametrize(
    ("seconds", "words"), [(2, "10 s"), (84, "80 s"), (250, "4 min"), (697, "12 min"), (9000, "2 h 30 min")]
)
def test_an_early_estimate_has_few_digits(seconds: float, words: str) -> None:
    assert rough(seconds) == words


def curve_of(losses: list[float]) -> LossCurve:
    curve = LossCurve()
    for step, loss in enumerate(losses, 1):
        curve.add(step, loss, len(losses))
    return curve


def test_the_curve_is_read_with_keys_and_pointer(desk: Desk) -> None:
    curve = curve_of([0.5, 0.4, 0.3, 0.2])
    desk.bot.addWidget(curve)
    curve.resize(400, 200)
    curve.show()
    assert curve.reading is not None and curve.reading.step == 4
    desk.bot.keyClick(curve, Qt.Key.Key_Home)
    assert curve.reading.step == 1
    desk.bot.keyClick(curve, Qt.Key.Key_Right)
    assert curve.reading.step == 2 and "step 2" in curve.accessibleDescription()
    middle = curve._point(curve._plot(), 3, 0.3, *curve._range())
    none, plain = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    curve.mouseMoveEvent(QMouseEvent(QEvent.Type.MouseMove, middle, middle, none, none, plain))
    assert curve.reading.step == 3
    curve.hide()


def test_the_curve_survives_what_is_no_number_and_a_logarithm(desk: Desk) -> None:
    curve = curve_of([math.nan, 0.0, math.inf, 1e-9, 5.0, -0.1])
    desk.bot.addWidget(curve)
    for wanted in (False, True):
        curve.set_logarithmic(wanted)
        assert not curve.grab().isNull()
    assert curve.reading is not None and math.isfinite(curve.reading.mean)


def test_a_step_that_is_made_again_replaces_what_followed(desk: Desk) -> None:
    curve = curve_of([0.5, 0.4, 0.3, 0.2])
    desk.bot.addWidget(curve)
    curve.add(3, 0.9, 4)
    assert curve._steps == [1, 2, 3]
    again = curve_of([0.5, 0.4, 0.9])
    desk.bot.addWidget(again)
    assert curve._means == pytest.approx(again._means)


def test_a_long_run_stays_quick_to_draw(desk: Desk) -> None:
    curve = curve_of([1 / step for step in range(1, 100_001)])
    desk.bot.addWidget(curve)
    curve.resize(600, 240)
    begin = time.process_time()
    curve.grab()
    assert time.process_time() - begin < 0.3
    assert curve.reading is not None and curve.reading.step == 100_000


# ------------------------------------------------------------------------------------------------ everybody


def test_every_control_has_a_name_and_every_sign_a_tooltip(desk: Desk, tmp_path: Path) -> None:
    page, trainer = running(desk, tmp_path / "cats")
    page.form.advanced_button.setChecked(True)
    trainer.sheet(1)
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
    found = [control for control in page.findChildren(QWidget) if isinstance(control, kinds)]
    for control in found:
        if control.objectName().startswith("qt_") or isinstance(control, QScrollBar):
            continue
        text = control.text() if isinstance(control, QAbstractButton) else ""
        assert control.accessibleName() or text, f"{control} has no name"
        assert text or control.toolTip(), f"{control.accessibleName()} has no tooltip"


def test_the_page_fits_a_small_screen(desk: Desk, tmp_path: Path) -> None:
    page, trainer = running(desk, tmp_path / "cats")
    trainer.sheet(1)
    trainer.sheet(5)
    desk.window.resize(1024, 700)
    desk.bot.waitUntil(lambda: page.run_pane.sheets.strip.count() == 2)
    desk.bot.wait(20)
    assert (desk.window.width(), desk.window.height()) == (1024, 700)
    assert page.foot.button.visibleRegion().boundingRect() == page.foot.button.rect()
    assert page.run_pane.curve.width() >= 220
