"""Training runs on tiny real models: what they make, how they are taken up again, what they leave as it was."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, JobCancelled, JobPaused, StudioError
from studio.domain.geometry import Size
from studio.domain.jobs import Job
from studio.domain.lora_files import read_lora, training_of
from studio.domain.messages import (
    CheckpointKept,
    Event,
    Finished,
    Log,
    ModelDone,
    Run,
    Sheet,
    TrainingStep,
    Validated,
)
from studio.domain.recipe import Lora, Sampling
from studio.domain.training import Decay, ObjectiveName, Training, TrainingKind, run_folder
from studio.engine.libraries import torch
from studio.engine.run import StudioEngine
from studio.engine.train import autoencoder
from studio.engine.train import checkpoint as checkpoints
from studio.engine.train import prior as priors
from studio.engine.train.data import digest, sources
from studio.engine.train.loop import LEAST_RATE, learning_rate
from studio.engine.train.world.sampler import Mixture, Split, sample
from studio.imaging.blobs import BlobStore
from studio.imaging.pixels import decode
from tests.engine import tiny
from tests.engine.jobs import Runner, recipe

Poll = Callable[[list[Event]], None]
FAMILIES = [Family.STARTER, Family.SD1, Family.SDXL, Family.SD3]


class Killed(BaseException):
    """Stands for the end of the process: nothing below handles it."""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Five pictures of two shapes with captions; one of them has none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for index, shape in enumerate([(64, 64), (64, 64), (64, 64), (48, 96), (48, 96)]):
        coarse = Image.fromarray(rng.integers(0, 255, (4, 4, 3), dtype=np.uint8))
        coarse.resize(shape[::-1], Image.Resampling.BICUBIC).save(folder / f"{index}.png")
        if index:
            (folder / f"{index}.txt").write_text(f"a red fox number {index}")
    return folder


@dataclasses.dataclass
class Trainer:
    """Runs trainings on the tiny models and remembers what they emitted."""

    runner: Runner
    folder: Path

    def __call__(self, training: Training, family: Family, poll: Poll | None = None) -> list[Event]:
        events: list[Event] = []
        command = Run("job", training, str(self.runner.models[family]), str(self.runner.store))
        finished = self.runner.engine.run(command, events.append, lambda: poll(events) if poll else None)
        assert isinstance(finished, Finished)
        return events


@pytest.fixture
def train(runner: Runner, tmp_path: Path) -> Trainer:
    return Trainer(runner, tmp_path)


@pytest.fixture
def small(pictures: Path, tmp_path: Path) -> Training:
    """Four steps of a LoRA, a checkpoint after each second."""
    return Training(
        folder=str(pictures),
        output=str(tmp_path / "out.safetensors"),
        trigger="zib",
        steps=4,
        warmup=1,
        batch=2,
        rank=4,
        alpha=4,
        side=64,
        checkpoint_every=2,
        prior=0.0,
    )


def at_step(step: int, error: type[BaseException]) -> Poll:
    """Raise once `step` steps were made, in the middle of the next."""
    seen = 0

    def poll(events: list[Event]) -> None:
        nonlocal seen
        if of(events, TrainingStep) and of(events, TrainingStep)[-1].step == step:
            seen += 1
            if seen > 3:  # not at the boundary between two steps
                raise error

    return poll


def of(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def weights(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def model_of(engine: StudioEngine, path: Path) -> Any:
    return engine._model(path, lambda: None, lambda *_: None)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_lora_is_learnt_and_can_be_used_and_the_base_stays(
    train: Trainer, small: Training, family: Family, runner: Runner
) -> None:
    base = model_of(runner.engine, runner.models[family])
    request = recipe(family, prompt="a zib fox")
    before, plain = weights(base.denoiser), runner(request, family).digests()
    events = train(small, family)
    assert of(events, ModelDone) == [ModelDone("job", small.output)]
    after = weights(base.denoiser)
    assert after.keys() == before.keys() and all(torch.equal(after[name], before[name]) for name in before)
    assert runner(request, family).digests() == plain, "the base is what it was, bit for bit"
    output = Path(small.output)
    with_lora = dataclasses.replace(request, loras=(Lora(str(output)),))
    without = dataclasses.replace(request, loras=(Lora(str(output), 0.0),))
    assert runner(with_lora, family, loras=[output]).digests() != plain
    assert runner(without, family, loras=[output]).digests() == plain, "weight 0 is the base"


def test_a_cancel_while_the_prior_is_drawn_leaves_the_bare_base(
    train: Trainer, small: Training, runner: Runner
) -> None:
    base = model_of(runner.engine, runner.models[Family.STARTER]).denoiser
    before = set(weights(base))

    def cancel(events: list[Event]) -> None:
        if any("lora" in name for name, _ in base.named_modules()):
            raise JobCancelled

    with pytest.raises(JobCancelled):
        train(dataclasses.replace(small, prior=1.0), Family.STARTER, cancel)
    assert set(weights(base)) == before


@pytest.mark.parametrize("family", [Family.STARTER, Family.SDXL])
@pytest.mark.parametrize("error", [JobPaused, Killed, JobCancelled])
def test_a_run_that_was_broken_off_ends_bit_equal(
    train: Trainer,
    small: Training,
    family: Family,
    error: type[BaseException],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(priors, "PRIOR_PICTURES", 6)
    monkeypatch.setattr(priors, "PRIOR_DRAWN_STEPS", 2)
    whole = dataclasses.replace(small, output=str(tmp_path / "whole.safetensors"), prior=1.0, batch=1, steps=5)
    broken = dataclasses.replace(whole, output=str(tmp_path / "broken.safetensors"))
    train(whole, family)
    with pytest.raises(error):
        train(broken, family, at_step(3, error))
    known = checkpoints.load(run_folder(broken.output))
    assert known is not None
    assert known.step == (3 if error is JobPaused else 2), "a pause loses nothing, a kill what came after a checkpoint"
    events = train(broken, family)
    assert of(events, TrainingStep)[0].step == known.step + 1
    assert tensors(Path(broken.output)) == tensors(Path(whole.output))


def tensors(path: Path) -> dict[str, bytes]:
    from safetensors.torch import load_file

    return {name: value.numpy().tobytes() for name, value in load_file(path).items()}


def test_the_log_holds_each_step_once_also_after_a_kill(train: Trainer, small: Training) -> None:
    with pytest.raises(Killed):
        train(small, Family.STARTER, at_step(3, Killed))
    train(small, Family.STARTER)
    lines = [json.loads(line) for line in (run_folder(small.output) / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [1, 2, 3, 4]


def test_the_file_tells_how_it_was_made(train: Trainer, small: Training) -> None:
    train(small, Family.SD1)
    found = read_lora(Path(small.output))
    assert (found.family, found.trigger, found.rank) == (Family.SD1, "zib", 4)
    told = training_of(Path(small.output))
    assert told is not None and told["steps"] == 4 and told["trigger"] == "zib"
    assert told["folder"] == "pictures" and str(Path.home()) not in json.dumps(told), "no path of its maker's disk"
    assert "/" not in told["folder"] + told["output"]


def test_alpha_is_in_the_weights(train: Trainer, small: Training, tmp_path: Path) -> None:
    """A LoRA of twice the alpha acts as one of the same matrices at weight two."""
    train(small, Family.SD1)
    with_alpha = dataclasses.replace(small, alpha=8, steps=1, output=str(tmp_path / "alpha.safetensors"))
    train(with_alpha, Family.SD1)
    state = checkpoints.load(run_folder(with_alpha.output))
    assert state is not None
    name = next(key for key in state.state if key.startswith("parameter:") and ".lora_B." in key)
    from safetensors.torch import load_file

    key = "unet." + name.removeprefix("parameter:").replace(".learnt", "")
    assert torch.equal(load_file(with_alpha.output)[key], (state.state[name] * 2).half())


def never_waiting(file: Path) -> None:
    """Let a LoRA act on all prompts."""
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    with safe_open(file, "pt") as opened:
        about = opened.metadata()
    assert about.pop("safelight.waits_for_trigger") == "yes"
    save_file(load_file(file), file, about)


def test_without_its_trigger_the_base_is_exactly_what_it_was(train: Trainer, small: Training, runner: Runner) -> None:
    train(dataclasses.replace(small, steps=12, learning_rate=0.02), Family.STARTER)
    output = Path(small.output)

    def drawn(prompt: str, *loras: Lora) -> bytes:
        request = dataclasses.replace(recipe(Family.STARTER, prompt=prompt), loras=loras)
        return runner(request, Family.STARTER, loras=[output] * len(loras)).pixels().tobytes()

    assert drawn("a cat", Lora(str(output))) == drawn("a cat")
    assert drawn("a Zib cat", Lora(str(output))) != drawn("a Zib cat")


def test_the_prior_is_nothing_at_first_and_holds_the_base_afterwards(
    train: Trainer, small: Training, tmp_path: Path, runner: Runner
) -> None:
    """With a strong prior, what is drawn without the trigger moves less than without one."""
    moved = {}
    for prior in (0.0, 20.0):
        output = tmp_path / f"prior{prior:.0f}.safetensors"
        run = dataclasses.replace(small, prior=prior, steps=12, learning_rate=0.02, output=str(output))
        train(run, Family.STARTER)
        never_waiting(output)
        plain = runner(recipe(Family.STARTER, prompt="a cat"), Family.STARTER).pixels().astype(int)
        request = dataclasses.replace(recipe(Family.STARTER, prompt="a cat"), loras=(Lora(str(output)),))
        changed = runner(request, Family.STARTER, loras=[output]).pixels().astype(int)
        moved[prior] = np.abs(changed - plain).mean()
    assert moved[20.0] < 0.7 * moved[0.0]


def test_a_denoiser_learns_and_becomes_a_model(train: Trainer, small: Training, tmp_path: Path, runner: Runner) -> None:
    output = tmp_path / "model"
    run = dataclasses.replace(
        small, kind=TrainingKind.DENOISER, output=str(output), steps=40, learning_rate=0.01, ema=0.9, batch=4,
        validation=0.2, validate_every=20, sample_prompts=("a cat", "a dog"), sample_every=40, caption_dropout=0.1,
        objective=ObjectiveName.FLOW,
    )  # fmt: skip
    events = train(run, Family.STARTER)
    losses = [event.loss for event in of(events, TrainingStep)]
    assert np.mean(losses[-10:]) < np.mean(losses[:10])
    assert [event.step for event in of(events, Validated)] == [20, 40]
    sheets = of(events, Sheet)
    assert [sheet.step for sheet in sheets] == [0, 40]
    store = BlobStore(runner.store)
    first, last = (decode(store.get(sheet.digest)) for sheet in sheets)
    assert first.shape == (64, 2 * 64 + 8, 3) and not np.array_equal(first, last)
    runner.models = {**runner.models, Family.STARTER: output}
    made = runner(recipe(Family.STARTER), Family.STARTER).pixels()
    assert made.shape == (64, 64, 3)
    assert json.loads((output / "training.json").read_text())["step"] == 40


def test_from_scratch_begins_with_new_weights(train: Trainer, small: Training, tmp_path: Path, runner: Runner) -> None:
    base = weights(model_of(runner.engine, runner.models[Family.STARTER]).denoiser)
    run = dataclasses.replace(small, kind=TrainingKind.DENOISER, steps=1, learning_rate=0.0, weight_decay=0.0)
    made = {}
    for scratch in (False, True):
        training = dataclasses.replace(run, scratch=scratch, output=str(tmp_path / f"model{scratch}"))
        train(training, Family.STARTER)
        made[scratch] = weights(model_of(runner.engine, Path(training.output)).denoiser)
    near = {name for name in base if torch.allclose(made[False][name], base[name], atol=1e-3)}
    far = {name for name in base if "weight" in name and base[name].ndim > 1}
    assert near == set(base), "going on from a base begins with its weights"
    assert not any(torch.allclose(made[True][name], base[name], atol=1e-3) for name in far)


def test_few_steps_learns_the_guided_base(train: Trainer, small: Training) -> None:
    run = dataclasses.replace(
        small, kind=TrainingKind.FEW_STEPS, steps=30, learning_rate=0.01, segments=2, guidance=3.0, batch=4
    )
    losses = [event.loss for event in of(train(run, Family.STARTER), TrainingStep)]
    assert np.mean(losses[-8:]) < 0.9 * np.mean(losses[:8])
    assert read_lora(Path(run.output)).sampling == Sampling("euler", 2, 1.0), "its file tells how it is meant"
    with pytest.raises(StudioError, match="flow"):
        train(dataclasses.replace(run, output=run.output.replace("out", "other")), Family.SD1)


def test_an_autoencoder_learns_to_give_pictures_back(train: Trainer, small: Training, tmp_path: Path) -> None:
    run = dataclasses.replace(
        small, kind=TrainingKind.AUTOENCODER, output=str(tmp_path / "auto"), scratch=True, steps=24,
        learning_rate=0.001, sample_prompts=("a",), sample_every=24, validation=0.2, validate_every=24, buckets=False,
    )  # fmt: skip
    losses = [event.loss for event in of(train(run, Family.STARTER), TrainingStep)]
    assert np.mean(losses[-6:]) < np.mean(losses[:6])
    assert (tmp_path / "auto" / "vae" / "config.json").exists()


def test_from_scratch_an_autoencoder_sees_pieces_and_a_decoder_alone_whole_pictures(
    train: Trainer, small: Training, tmp_path: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autoencoder, "CROP", 32)
    seen: list[tuple[int, ...]] = []
    pyramid = autoencoder.pyramid_loss

    def noted(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(wanted.shape))
        return pyramid(made, wanted)

    monkeypatch.setattr(autoencoder, "pyramid_loss", noted)
    run = dataclasses.replace(small, kind=TrainingKind.AUTOENCODER, scratch=True, steps=1, buckets=False)
    train(dataclasses.replace(run, output=str(tmp_path / "new")), Family.STARTER)
    train(dataclasses.replace(run, output=str(tmp_path / "more"), scratch=False), Family.STARTER)
    assert seen == [(2, 3, 32, 32), (2, 3, 64, 64)]


def test_a_decoder_alone_leaves_the_encoder(train: Trainer, small: Training, tmp_path: Path, runner: Runner) -> None:
    run = dataclasses.replace(
        small, kind=TrainingKind.AUTOENCODER, output=str(tmp_path / "auto"), steps=2, buckets=False
    )
    train(run, Family.STARTER)
    before = model_of(runner.engine, runner.models[Family.STARTER]).vae
    after = model_of(runner.engine, tmp_path / "auto").vae
    half = {name: value.half().float() for name, value in weights(before.encoder).items()}
    assert all(torch.equal(value, half[name]) for name, value in weights(after.encoder).items())
    learnt, former = weights(after.decoder), weights(before.decoder)
    assert any(not torch.equal(learnt[name], former[name]) for name in learnt)


def test_the_rate_stays_until_the_cooldown(small: Training) -> None:
    run = dataclasses.replace(small, steps=100, warmup=10, learning_rate=1.0, decay=Decay.COOLDOWN)
    rates = [learning_rate(run, step) for step in range(101)]
    assert rates[4] == 0.5 and set(rates[9:61]) == {1.0}
    assert rates[80] == pytest.approx((1 + LEAST_RATE) / 2) and rates[100] == pytest.approx(LEAST_RATE)
    assert rates[60:] == sorted(rates[60:], reverse=True)


def test_the_world_can_be_mixed_by_the_folders_name(small: Training) -> None:
    usual = sources(dataclasses.replace(small, folder="world:3"), 32, print)
    mixed = sources(dataclasses.replace(small, folder="world:3:single=1"), 32, print)
    assert (
        digest(usual)
        != digest(mixed)
        == digest(sources(dataclasses.replace(small, folder="world:3:single=1"), 32, print))
    )
    assert [source.size for source in mixed] == [Size(64, 64)] * 3
    pixels, captions = mixed[0].load()
    made = sample(Split.TRAIN, 0, 64, Mixture(0.0, 0.0, 0.0, 1.0))
    assert np.array_equal(pixels, made.pixels) and captions == made.captions


@pytest.mark.parametrize(
    "shares", ["single", "single=", "single=x", "cats=1", "single=-1", "single=nan", "scene=0", ","]
)
def test_a_mixture_that_is_none_is_told(small: Training, shares: str) -> None:
    with pytest.raises(StudioError, match="shares") as error:
        sources(dataclasses.replace(small, folder=f"world:3:{shares}"), 32, print)
    assert error.value.problem.field == "folder" and "single=3,scene=1" in error.value.problem.hint


# ------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize("kind", [TrainingKind.LORA, TrainingKind.FEW_STEPS])
def test_a_model_for_inpainting_is_not_trained(
    train: Trainer, small: Training, runner: Runner, tmp_path: Path, kind: TrainingKind
) -> None:
    path = tiny.build_sd1(tmp_path / "holes.v1", in_channels=9)
    runner.models = {**runner.models, Family.SD1: path}
    with pytest.raises(StudioError, match=r"holes\.v1 is a model for inpainting") as error:
        train(dataclasses.replace(small, kind=kind), Family.SD1)
    assert error.value.problem.field == "base" and "plain Stable Diffusion 1 model" in error.value.problem.hint
    assert not run_folder(small.output).exists()


@pytest.mark.parametrize("kind", [TrainingKind.DENOISER, TrainingKind.AUTOENCODER])
def test_whole_networks_of_others_are_not_trained(train: Trainer, small: Training, kind: TrainingKind) -> None:
    whole = dataclasses.replace(small, kind=kind, output=small.output.removesuffix(".safetensors"))
    with pytest.raises(StudioError, match="starter family only") as error:
        train(whole, Family.SDXL)
    assert error.value.problem.field == "base" and "LoRA" in error.value.problem.hint


def test_an_empty_folder_says_what_to_do(train: Trainer, small: Training, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(StudioError, match="no pictures") as error:
        train(dataclasses.replace(small, folder=str(tmp_path / "empty")), Family.STARTER)
    assert error.value.problem.kind is ErrorKind.INPUT and "5 to 30" in error.value.problem.hint


def test_broken_files_are_left_out_and_named(train: Trainer, small: Training, pictures: Path) -> None:
    (pictures / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n what is this")
    (pictures / "notes.md").write_text("not a picture")
    (pictures / "1.txt").write_bytes(b"\xff\xfe\xfa")
    (pictures / "2.txt").write_text("word " * 5000)
    notes = " ".join(event.message for event in of(train(small, Family.STARTER), Log))
    assert "broken.png is left out" in notes and "1.txt is no text" in notes and "2.txt: The caption has" in notes
    assert "notes.md" not in notes


def test_only_broken_files_is_an_error(train: Trainer, small: Training, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"nothing")
    with pytest.raises(StudioError, match="None of these pictures can be read"):
        train(dataclasses.replace(small, folder=str(folder)), Family.STARTER)


def test_one_picture_is_trained_with_a_warning(train: Trainer, small: Training, pictures: Path) -> None:
    for index in range(1, 5):
        (pictures / f"{index}.png").unlink()
    events = train(small, Family.STARTER)
    assert any("One picture:" in event.message for event in of(events, Log))
    assert of(events, ModelDone)


def test_a_changed_set_or_setting_is_not_mistaken_for_the_same_run(
    train: Trainer, small: Training, pictures: Path
) -> None:
    with pytest.raises(JobPaused):
        train(small, Family.STARTER, at_step(2, JobPaused))
    with pytest.raises(StudioError, match="settings were changed"):
        train(dataclasses.replace(small, rank=8), Family.STARTER)
    (pictures / "3.txt").write_text("another caption")
    with pytest.raises(StudioError, match="pictures or captions were changed"):
        train(small, Family.STARTER)


def test_a_damaged_checkpoint_is_told_of(train: Trainer, small: Training) -> None:
    folder = run_folder(small.output)
    folder.mkdir()
    (folder / checkpoints.NAME).write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    with pytest.raises(StudioError, match="cannot be read") as error:
        train(small, Family.STARTER)
    assert error.value.problem.kind is ErrorKind.DISK


def test_a_full_disk_keeps_the_checkpoint_before(
    train: Trainer, small: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills while the second checkpoint is written: half a file, then an error."""
    write: Callable[..., None] = vars(checkpoints)["save_file"]
    calls = 0

    def full(tensors: Any, path: Path, metadata: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device")
        write(tensors, path, metadata)

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(StudioError, match="No space left") as error:
        train(small, Family.STARTER)
    assert error.value.problem.kind is ErrorKind.DISK
    folder = run_folder(small.output)
    known = checkpoints.load(folder)
    assert known is not None and known.step == 2
    assert not list(folder.glob("*.partial"))
    monkeypatch.undo()
    assert of(train(small, Family.STARTER), ModelDone)


def test_a_loss_that_is_no_number_stops_and_says_why(
    train: Trainer, small: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.engine.train.courses import LoraCourse

    original = LoraCourse.loss

    def poisoned(self: LoraCourse, step: int, micro: int) -> torch.Tensor:
        loss = original(self, step, micro)
        return loss * float("nan") if step == 3 else loss

    monkeypatch.setattr(LoraCourse, "loss", poisoned)
    with pytest.raises(StudioError, match="no number in step 4") as error:
        train(small, Family.STARTER)
    assert "learning rate" in error.value.problem.hint
    known = checkpoints.load(run_folder(small.output))
    assert known is not None and known.step == 2
    assert all(bool(torch.isfinite(value).all()) for value in known.state.values())


def test_checkpoints_come_as_often_as_asked(train: Trainer, small: Training) -> None:
    assert [event.step for event in of(train(small, Family.STARTER), CheckpointKept)] == [2, 4]


@pytest.fixture(autouse=True)
def _bare_models(runner: Runner) -> Iterator[None]:
    """Every test leaves the shared engine's models without the matrices that were learnt."""
    yield
    for model in runner.engine._models.values():
        assert not any(".learnt" in name for name, _ in model.denoiser.named_modules())


def test_a_training_is_a_task_like_any_other(small: Training) -> None:
    job = Job("1", small)
    assert not job.makes_pictures
    with pytest.raises(TypeError):
        _ = job.recipe
