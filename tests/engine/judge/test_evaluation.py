import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.domain.catalog import Family, ModelInfo
from studio.domain.codec import to_json
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.geometry import Size
from studio.domain.recipe import Sampling
from studio.engine.judge import __main__ as program
from studio.engine.judge import evaluation, reference, scorer
from studio.engine.judge.__main__ import Request, evaluate
from studio.engine.judge.evaluation import Bench, open_bench
from studio.engine.judge.page import MEANINGS
from studio.engine.judge.prompts import read_prompts
from studio.engine.judge.reference import Known, Neighbours, Reference
from studio.engine.judge.scorer import Pixels, Scorer
from studio.engine.libraries import torch
from studio.engine.run import StudioEngine

PROMPTS = [
    {"prompt": "a red fox over the sea", "kind": "scene", "place": "sea", "time": "day"},
    {"prompt": "green boat at night", "kind": "scene", "place": "sea", "time": "night"},
    {"prompt": "the sun", "kind": "object", "noun": "sun", "count": 1},
    {"prompt": "mountain and fox", "kind": "composite", "noun": "fox", "place": "mountain"},
]
SEEDS = 2


def noise(count: int, seed: int) -> Pixels:
    """Pictures that differ in colour and pattern."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, 4, 4, 3), np.uint8)
    return np.repeat(np.repeat(coarse, 16, 1), 16, 2)


def seen(pictures: Pixels, by: Scorer) -> Known:
    groups = np.arange(len(pictures)) // SEEDS
    return Known(by.features(pictures), reference.thumbnails(pictures), groups)


@pytest.fixture
def files(tmp_path: Path, models: dict[Family, Path]) -> Path:
    """An evaluation's files: an untrained scorer, real pictures and training pictures of noise."""
    folder = tmp_path / "evaluation"
    folder.mkdir()
    (folder / "prompts.json").write_text(json.dumps(PROMPTS))
    torch.manual_seed(4)
    scorer.save_network(scorer.ScorerNetwork(), folder / "scorer.safetensors", {})
    kept = scorer.load_scorer(folder / "scorer.safetensors", models[Family.STARTER])
    owner = reference.digest(folder / "scorer.safetensors", folder / "prompts.json")
    real = Reference(kept.features(noise(16, 1)), seen(noise(8, 2), kept))
    reference.write_reference(folder / "reference.npz", real, owner)
    known = noise(70, 3)
    training = Neighbours(kept.features(known), reference.thumbnails(known), 500)
    reference.write_neighbours(folder / "neighbours.npz", training, owner)
    return folder


@pytest.fixture
def bench(files: Path, models: dict[Family, Path]) -> Bench:
    return open_bench(files, models[Family.STARTER])


@pytest.fixture
def tiny(models: dict[Family, Path]) -> ModelInfo:
    path = str(models[Family.STARTER])
    return ModelInfo("tiny", path, Family.STARTER, 0, size=Size(64, 64), sampling=Sampling("dpmpp-2m", 2, 2.0))


def run(request: Request, bench: Bench, engine: StudioEngine) -> dict[str, Any]:
    result = evaluate(request, lambda: bench, engine, lambda text: None)
    json.dumps(result, allow_nan=False)
    return result


def test_a_model_is_judged_and_the_page_written(
    bench: Bench, tiny: ModelInfo, engine: StudioEngine, tmp_path: Path
) -> None:
    steps: list[str] = []
    other = dataclasses.replace(tiny, name="tiny, longer", sampling=Sampling("dpmpp-2m", 3, 2.0))
    page = tmp_path / "new" / "page"
    request = Request((tiny, other), SEEDS, str(page))
    result = evaluate(request, lambda: bench, engine, steps.append)
    assert (result["prompts"], result["seeds"]) == (4, 2)
    assert steps[:4] == [f"tiny: {done} of 8" for done in (2, 4, 6, 8)]
    ceiling = result["real pictures"]
    first, second = result["models"].values()
    assert set(first) == set(second) == set(ceiling) == set(MEANINGS)
    assert first != second
    for figure in first.values():
        assert figure["low"] is None or figure["low"] <= figure["high"]
    assert 0 <= first["top1"]["value"] <= first["top5"]["value"] <= 1
    assert first["diversity"]["value"] > 0, "seeds differ"

    text = (page / "evaluation.md").read_text("utf-8")
    for meaning in MEANINGS.values():
        assert f"| {meaning.title} |" in text
        assert f"**{meaning.title}**: {meaning.text}" in text
    assert f"{first['cosine']['value']:.3f}" in text
    assert "| tiny | tiny, longer | real pictures |" in text
    assert "70 of 500" in text
    for name in ("held-out.jpg", "neighbours.jpg", "held-out-tiny-longer.jpg", "neighbours-tiny-longer.jpg"):
        assert f"]({name})" in text
        with Image.open(page / name) as sheet:
            assert np.asarray(sheet).std() > 5
            assert sheet.width > 4 * 128


def test_judging_is_repeatable(bench: Bench, tiny: ModelInfo, engine: StudioEngine) -> None:
    request = Request((tiny,), 1)
    first = run(request, bench, engine)
    assert first == run(request, bench, engine)
    assert "diversity" not in first["models"]["tiny"], "one seed shows no diversity"


def test_real_pictures_are_their_own_ceiling(bench: Bench) -> None:
    found = evaluation.judge(bench.reference.ceiling, bench).figures
    assert found["close, features"].value == found["close, pixels"].value == pytest.approx(1 / 8)


def test_copies_of_training_pictures_are_found(bench: Bench) -> None:
    rows = [3, 69, 1, 0, 40, 41, 42, 63]
    copies = noise(70, 3)[rows]
    found = evaluation.judge(seen(copies, bench.scorer), bench)
    assert [match.by_features for match in found.matches] == rows
    assert [match.by_pixels for match in found.matches] == rows
    assert found.figures["close, features"].value == found.figures["close, pixels"].value == 1
    assert found.figures["neighbour, pixels"].value < 0.03
    fresh = evaluation.judge(seen(noise(8, 9), bench.scorer), bench)
    assert fresh.figures["neighbour, pixels"].value > 0.1


def test_pictures_at_their_prompts_are_matched(bench: Bench) -> None:
    """The scorer's own answer decides: a picture is given each prompt in turn, and matches the nearest only."""
    pictures = seen(noise(8, 5), bench.scorer)
    nearest = (bench.scorer.place(pictures.features) @ bench.sentences.T).argmax(1)
    best = evaluation.judge(dataclasses.replace(pictures, groups=nearest), bench)
    assert best.figures["retrieval"].value == best.figures["top1"].value == 1
    worse = evaluation.judge(dataclasses.replace(pictures, groups=(nearest + 1) % 4), bench)
    assert worse.figures["retrieval"].value == worse.figures["top1"].value == 0
    assert worse.matched == (False,) * 8


@pytest.mark.parametrize("name", ["prompts.json", "scorer.safetensors", "reference.npz", "neighbours.npz"])
def test_missing_and_damaged_files_are_named(name: str, files: Path, models: dict[Family, Path]) -> None:
    (files / name).rename(files / "away")
    with pytest.raises(StudioError, match=name) as caught:
        open_bench(files, models[Family.STARTER])
    assert (caught.value.problem.kind, bool(caught.value.problem.hint)) == (ErrorKind.INPUT, True)
    (files / name).write_bytes(b"[1]")
    with pytest.raises(StudioError, match=name):
        open_bench(files, models[Family.STARTER])


def test_files_of_another_scorer_or_other_prompts_are_refused(files: Path, models: dict[Family, Path]) -> None:
    text = (files / "prompts.json").read_text()
    (files / "prompts.json").write_text(text.replace("the sun", "a sun"))
    with pytest.raises(StudioError, match="other prompts"):
        open_bench(files, models[Family.STARTER])


def test_a_part_that_lacks_is_an_error(files: Path) -> None:
    np.savez(files / "reference.npz", owner=np.array("me"))
    with pytest.raises(StudioError, match="lacks a part"):
        reference.read_reference(files / "reference.npz", "me")


def test_prompts_that_do_not_differ_are_refused(tmp_path: Path) -> None:
    (tmp_path / "prompts.json").write_text(json.dumps(PROMPTS[:3]))
    with pytest.raises(StudioError, match="fewer than 4"):
        read_prompts(tmp_path / "prompts.json")


def test_thumbnails_survive_their_file(bench: Bench) -> None:
    kept, original = bench.neighbours.thumbnails, reference.thumbnails(noise(70, 3))
    assert kept.shape == original.shape
    assert np.sqrt(np.mean((kept / 255 - original / 255) ** 2)) < 0.03


def test_bad_requests_are_refused_before_any_work(
    bench: Bench, tiny: ModelInfo, engine: StudioEngine, tmp_path: Path
) -> None:
    def unused() -> Bench:
        raise AssertionError

    with pytest.raises(StudioError, match="0 seeds"):
        evaluate(Request((tiny,), 0), unused, engine, print)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StudioError) as caught:
        evaluate(Request((tiny,), 1, str(tmp_path / "file")), unused, engine, print)
    assert caught.value.problem.kind is ErrorKind.DISK
    gone = dataclasses.replace(tiny, path=str(tmp_path / "gone"))
    with pytest.raises(StudioError, match="no model at"):
        evaluate(Request((gone,), 1), lambda: bench, engine, lambda text: None)


def test_the_program_answers_in_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], files: Path, tiny: ModelInfo
) -> None:
    monkeypatch.setattr(program, "_open", lambda: open_bench(files, Path(tiny.path)))
    threads = torch.get_num_threads()
    request = json.dumps({"models": to_json((tiny,)), "seeds": 1})
    assert program.main([request]) == 0
    assert set(json.loads(capsys.readouterr().out)["models"]) == {"tiny"}
    (files / "reference.npz").unlink()
    assert program.main([request]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    torch.set_num_threads(threads)
    assert error["kind"] == "input"
    assert "reference.npz" in error["message"]
