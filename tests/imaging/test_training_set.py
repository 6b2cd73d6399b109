"""Folders of pictures with captions, what runs leave on disk, and what they cost."""

import dataclasses
import errno
import json
import math
from pathlib import Path

import pytest
from PIL import Image

from studio.domain.catalog import Family, ModelInfo
from studio.domain.codec import to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.training import Training, TrainingKind, run_folder
from studio.imaging import training_set
from studio.imaging.training_set import MAX_CAPTION, collect, problems, read_caption, scan, warnings, write_caption
from studio.session.training_cost import estimate
from studio.session.training_log import RunLog, Step, read_run, resumable, runs, smoothed

BASE = ModelInfo("starter", "/models/starter", Family.STARTER, 120 * 2**20)


def picture(path: Path, side: int = 8) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), "red").save(path)
    return path


def test_pictures_come_in_the_order_of_their_numbers_with_their_captions(tmp_path: Path) -> None:
    for name in ("cat10.png", "cat2.jpg", "cat1.png", ".hidden.png"):
        picture(tmp_path / name)
    (tmp_path / "cat2.txt").write_text("\ufeffa cat\n", "utf-8")
    (tmp_path / "notes.md").write_text("no picture")
    found = scan(tmp_path)
    assert [example.path.name for example in found.examples] == ["cat1.png", "cat2.jpg", "cat10.png"]
    assert [example.caption for example in found.examples] == ["", "a cat", ""]
    assert (found.usable, found.uncaptioned) == (3, 2)


def test_a_broken_file_is_named_and_the_others_stay_usable(tmp_path: Path) -> None:
    picture(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"nonsense")
    (tmp_path / "empty.jpg").write_bytes(b"")
    found = scan(tmp_path)
    assert {example.path.name: example.usable for example in found.examples} == {
        "bad.png": False, "empty.jpg": False, "good.png": True,
    }  # fmt: skip
    assert all(example.problem for example in found.examples if not example.usable)
    assert not problems(found, Training())
    assert any("2 files cannot be read" in text for text in warnings(found, Training()))


def test_an_empty_folder_and_one_without_a_good_file_cannot_be_learnt(tmp_path: Path) -> None:
    (problem,) = problems(scan(tmp_path), Training())
    assert problem.field == "folder" and "no pictures" in problem.message and problem.hint
    (tmp_path / "bad.png").write_bytes(b"nonsense")
    (problem,) = problems(scan(tmp_path), Training())
    assert "None of these" in problem.message


def test_one_picture_is_allowed_with_a_warning(tmp_path: Path) -> None:
    picture(tmp_path / "one.png")
    found = scan(tmp_path)
    assert not problems(found, Training(trigger="zwx"))
    assert any("One picture" in text for text in warnings(found, Training(trigger="zwx")))
    assert problems(found, Training(validation=0.1)), "it cannot be learnt and held out at once"


def test_missing_captions_are_a_warning_only_without_a_trigger(tmp_path: Path) -> None:
    for number in range(6):
        picture(tmp_path / f"{number}.png")
    found = scan(tmp_path)
    assert any("no word to call" in text for text in warnings(found, Training()))
    assert not warnings(found, Training(trigger="zwx"))


def test_few_steps_training_wants_many_pictures_and_no_trigger(tmp_path: Path) -> None:
    for number in range(6):
        picture(tmp_path / f"{number}.png")
    told = " ".join(warnings(scan(tmp_path), Training(kind=TrainingKind.FEW_STEPS)))
    assert "50 or more" in told and "without a prompt" in told and "no word to call" not in told
    picture(tmp_path / "one" / "1.png")
    (tmp_path / "one" / "1.txt").write_text("a cat")
    (told,) = warnings(scan(tmp_path / "one"), Training(kind=TrainingKind.FEW_STEPS))
    assert "50 or more" in told


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StudioError) as caught:
        scan(tmp_path / "gone")
    assert caught.value.problem.field == "folder"


def test_huge_and_unreadable_captions_are_marked_not_read(tmp_path: Path) -> None:
    path = picture(tmp_path / "cat.png")
    path.with_suffix(".txt").write_text("x" * (MAX_CAPTION + 1))
    caption, wrong = read_caption(path)
    assert len(caption) == MAX_CAPTION + 1 and "4,001 characters" in wrong
    path.with_suffix(".txt").write_bytes(b"x" * (2**20 + 1))
    assert read_caption(path) == ("", "cat.txt is far too long for a caption (1.0 MB).")
    path.with_suffix(".txt").write_bytes(b"\xff\xfe\x00")
    assert read_caption(path) == ("", "cat.txt is no text in UTF-8.")
    (example,) = scan(tmp_path).examples
    assert example.usable and example.caption_problem


def test_a_caption_is_written_and_the_empty_one_takes_its_file_away(tmp_path: Path) -> None:
    path = picture(tmp_path / "cat.png")
    write_caption(path, "  eine Katze, 猫 ")
    assert path.with_suffix(".txt").read_bytes() == "eine Katze, 猫\n".encode()
    assert read_caption(path) == ("eine Katze, 猫", "")
    write_caption(path, "")
    write_caption(path, "")
    assert not path.with_suffix(".txt").exists()


def test_a_full_disk_leaves_the_old_caption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = picture(tmp_path / "cat.png")
    write_caption(path, "old")

    def full(_path: Path, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(training_set, "save_over", full)
    with pytest.raises(StudioError) as caught:
        write_caption(path, "new")
    assert caught.value.problem.kind is ErrorKind.DISK and "No space left" in caught.value.problem.message
    assert read_caption(path) == ("old", "")


def test_gathered_pictures_keep_their_captions_and_never_replace_each_other(tmp_path: Path) -> None:
    first, second = picture(tmp_path / "a" / "cat.png", 8), picture(tmp_path / "b" / "cat.png", 16)
    write_caption(second, "the second")
    folder = collect((first, second), tmp_path / "set")
    assert sorted(path.name for path in folder.iterdir()) == ["cat-2.png", "cat-2.txt", "cat.png"]
    assert read_caption(folder / "cat-2.png") == ("the second", "")


# ------------------------------------------------------------------------------------------------ runs on disk


def write_run(output: Path, lines: list[object], **changes: object) -> Path:
    training = Training(folder="/pictures", output=str(output), steps=100, **changes)  # type: ignore[arg-type]
    folder = run_folder(str(output))
    folder.mkdir(parents=True)
    (folder / "training.json").write_text(json.dumps(to_json(training)))
    (folder / "log.jsonl").write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines))
    return folder


def test_a_run_is_read_with_its_steps_checks_and_sheets(tmp_path: Path) -> None:
    folder = write_run(
        tmp_path / "cat.safetensors",
        [
            {"step": 1, "loss": 0.5, "learning_rate": 1e-4, "seconds": 2.0},
            {"step": 2, "loss": 0.4, "learning_rate": 2e-4, "seconds": 4.0},
            {"step": 2, "validation": 0.45, "bits": 3.5},
            {"step": 2, "sheet": "sheets/000002.png"},
            {"step": 2, "checkpoint": True},
            '{"step": 3, "lo',
        ],
    )
    run = read_run(folder)
    assert run.steps == (Step(1, 0.5, 1e-4, 2.0), Step(2, 0.4, 2e-4, 4.0))
    assert [(v.step, v.loss, v.bits) for v in run.validations] == [(2, 0.45, 3.5)]
    assert [sheet.path for sheet in run.sheets] == [folder / "sheets" / "000002.png"]
    assert (run.checkpoint, run.name, run.seconds_per_step) == (2, "cat", 3.0)
    assert resumable((run,)) == (run,)


def test_steps_that_were_done_again_after_a_crash_count_once(tmp_path: Path) -> None:
    lines: list[object] = [{"step": step, "loss": 1.0} for step in range(1, 8)]
    lines.insert(5, {"step": 5, "checkpoint": True})
    lines += [{"step": 7, "sheet": "sheets/000007.png"}, {"step": 6, "loss": 2.0}]
    run = read_run(write_run(tmp_path / "cat.safetensors", lines))
    assert [(step.step, step.loss) for step in run.steps[-2:]] == [(5, 1.0), (6, 2.0)]
    assert run.sheets == ()


def test_finished_and_damaged_runs_are_not_offered(tmp_path: Path) -> None:
    done = write_run(tmp_path / "done.safetensors", [{"step": 100, "checkpoint": True}])
    (tmp_path / "done.safetensors").write_bytes(b"weights")
    write_run(tmp_path / "fresh.safetensors", [{"step": 1, "loss": 1.0}])
    open_run = write_run(tmp_path / "open.safetensors", [{"step": 50, "checkpoint": True}])
    damaged = write_run(tmp_path / "damaged.safetensors", [])
    (damaged / "training.json").write_text("{")
    (tmp_path / "other.training").mkdir()
    assert {run.folder.name for run in runs(tmp_path)} == {done.name, "fresh.training", open_run.name}
    assert [run.folder for run in resumable(runs(tmp_path))] == [open_run]
    with pytest.raises(StudioError, match="cannot be read"):
        read_run(damaged)
    assert runs(tmp_path / "nowhere") == ()


def test_the_average_starts_at_the_first_value_and_passes_over_what_is_no_number() -> None:
    assert smoothed((2.0, 2.0, 2.0)) == pytest.approx((2.0, 2.0, 2.0))
    assert smoothed((1.0, math.nan, 3.0), 0.5) == pytest.approx((1.0, 1.0, (0.25 * 1 + 0.5 * 3) / 0.75))
    assert math.isnan(smoothed((math.inf,))[0])


# ------------------------------------------------------------------------------------------------ cost


def run_of(training: Training, seconds: float) -> RunLog:
    return RunLog(Path("x.training"), training, tuple(Step(at, 0.1, 1e-4, seconds) for at in range(1, 9)))


def test_what_this_machine_measured_is_believed() -> None:
    small = Training(steps=100, batch=1, side=256)
    past = (run_of(Training(steps=9, batch=2, side=256), 3.0),)
    cost = estimate(small, BASE, past, threads=2, cuda=False)
    assert cost.measured and cost.seconds == pytest.approx(150.0)
    other = (run_of(Training(kind=TrainingKind.DENOISER, base=""), 3.0),)
    assert not estimate(small, BASE, other, threads=2, cuda=False).measured


def test_a_guess_grows_with_the_work_and_falls_with_the_machine() -> None:
    def of(training: Training, threads: int = 2, cuda: bool = False) -> float:
        return estimate(training, BASE, (), threads=threads, cuda=cuda).seconds

    plain = of(Training(steps=100, batch=2))
    assert of(Training(steps=200, batch=2)) == pytest.approx(2 * plain)
    assert of(Training(steps=100, batch=4)) == pytest.approx(2 * plain)
    assert of(Training(steps=100, batch=2), threads=4) == pytest.approx(plain / 2)
    assert of(Training(steps=100, batch=2), cuda=True) < plain / 10
    large = dataclasses.replace(BASE, family=Family.SDXL, size=Size(1024, 1024))
    xl = estimate(Training(steps=100, batch=2, side=1024), large, (), threads=2, cuda=False)
    assert xl.seconds > 100 * plain, "a large denoiser at its own size"


def test_what_the_prior_asks_is_counted() -> None:
    def of(training: Training, past: tuple[RunLog, ...] = ()) -> tuple[float, float]:
        cost = estimate(training, BASE, past, threads=2, cuda=False)
        return cost.seconds, cost.memory

    plain, held = Training(steps=100, trigger=""), Training(steps=100, trigger="zib", prior=0.5)
    assert of(dataclasses.replace(held, prior=0.0)) == of(plain), "nothing is held"
    assert of(dataclasses.replace(held, kind=TrainingKind.FEW_STEPS)) == of(
        dataclasses.replace(plain, kind=TrainingKind.FEW_STEPS)
    ), "few-steps training has no prior"
    # Forward and backward of a picture are three passes; two samples of the prior are two times one and three.
    per_step = of(dataclasses.replace(held, steps=200))[0] - of(held)[0]
    assert per_step == pytest.approx(of(plain)[0] * 11 / 3)
    assert of(held)[0] > per_step, "and the base draws before the first step"
    assert of(held)[1] - of(plain)[1] == pytest.approx(of(dataclasses.replace(plain, batch=6))[1] - of(plain)[1])
    measured = (run_of(held, 11.0),)
    assert of(plain, measured)[0] == pytest.approx(300.0), "a run with the prior tells the pace of one without"


def test_memory_counts_batch_checkpointing_and_the_moments_of_a_whole_model() -> None:
    def of(training: Training) -> float:
        return estimate(training, BASE, (), threads=2, cuda=False).memory

    assert of(Training(batch=4)) > of(Training(batch=1))
    assert of(Training(batch=4, gradient_checkpointing=True)) < of(Training(batch=4))
    assert of(Training(kind=TrainingKind.DENOISER, base="")) > of(Training())
