import itertools
from pathlib import Path

import numpy as np
import pytest

from studio.domain.catalog import Family
from studio.domain.errors import ErrorKind, StudioError
from studio.engine.judge import scorer, training
from studio.engine.judge.scorer import FEATURES, STATES, Floats, Pixels, Reader, ScorerNetwork
from studio.engine.judge.training import ScorerTraining
from studio.engine.libraries import torch

BATCH = 8


def coloured(count: int = 2 * BATCH) -> tuple[Pixels, Floats]:
    """Plain pictures of random colours, and states that tell them apart in two wordings."""
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (count, 1, 1, 3), np.uint8)
    states = np.repeat(rng.standard_normal((count, 1, STATES)), 2, 1) + 0.1 * rng.standard_normal((count, 2, STATES))
    return np.broadcast_to(colours, (count, 80, 80, 3)).copy(), states.astype(np.float32)


def trained(steps: int) -> tuple[ScorerNetwork, list[float]]:
    pictures, states = coloured()
    losses: list[float] = []
    batches = training.pairs(pictures, states, BATCH, 1, np.arange(len(pictures)))
    options = ScorerTraining(steps, jitter=0.02)
    return training.train(batches, options, lambda step, loss: losses.append(loss)), losses


def test_training_learns_which_caption_belongs_to_which_picture() -> None:
    network, losses = trained(30)
    assert losses[0] == pytest.approx(np.log(BATCH), abs=1.5)
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    pictures, states = coloured()
    with torch.no_grad():
        seen, read = network(scorer.fitted(torch.from_numpy(pictures)), torch.from_numpy(states[:, 0]))
    assert (seen @ read.T).argmax(1).eq(torch.arange(len(pictures))).float().mean() > 0.4  # by chance 0.06
    assert torch.allclose(seen.norm(dim=1), torch.ones(len(pictures)))


def test_equal_options_and_data_give_equal_weights() -> None:
    (first, _), (second, _) = trained(2), trained(2)
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name]), name


def test_the_loss_is_infonce() -> None:
    rng = torch.Generator().manual_seed(0)
    seen, read = (torch.nn.functional.normalize(torch.randn(5, 4, generator=rng), dim=1) for _ in range(2))
    logits = 3.0 * (seen @ read.T).double().numpy()
    own = np.diag(logits)
    forward = np.mean(np.log(np.exp(logits).sum(1)) - own)
    backward = np.mean(np.log(np.exp(logits).sum(0)) - own)
    found = training.contrastive(seen, read, torch.tensor(3.0).log())
    assert found.item() == pytest.approx((forward + backward) / 2, rel=1e-5)


def test_batches_take_each_picture_once_before_any_again() -> None:
    pictures = np.arange(12, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    states = np.arange(12, dtype=np.float32)[:, None, None] * np.ones((1, 2, 4), np.float32)
    rows = np.arange(4, 12)
    batches = list(itertools.islice(training.pairs(pictures, states, 4, 5, rows), 4))
    seen = [batch.pictures[:, 0, 0, 0].tolist() for batch in batches]
    assert sorted(seen[0] + seen[1]) == sorted(seen[2] + seen[3]) == rows.tolist()
    assert all(batch.states[:, 0].tolist() == own for batch, own in zip(batches, seen, strict=True))
    with pytest.raises(ValueError, match="batch of 9"):
        next(training.pairs(pictures, states, 9, 5, rows))


def test_augmented_pictures_differ_and_keep_their_range() -> None:
    pictures = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (6, 96, 96, 3), np.uint8))
    options = ScorerTraining(1)
    first, second, other = (training.augmented(pictures, options, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert first.shape == (6, 3, scorer.SIDE, scorer.SIDE)
    assert first.min().item() >= 0
    assert first.max().item() <= 1
    assert torch.equal(first, second)
    assert not torch.allclose(first, other, atol=0.01)


def test_pictures_are_fitted_by_their_middle_square() -> None:
    wide = np.zeros((1, 128, 256, 3), np.uint8)
    wide[:, :, 64:192] = 255
    assert scorer.fitted(torch.from_numpy(wide)).min() == 1
    checks = np.indices((128, 128)).sum(0)[None, ..., None] % 2 * np.full((1, 1, 1, 3), 254)
    assert torch.allclose(scorer.fitted(torch.from_numpy(checks.astype(np.uint8))), torch.tensor(127 / 255))


def test_states_of_a_sentence_do_not_depend_on_its_neighbours(models: dict[Family, Path]) -> None:
    reader = Reader(models[Family.STARTER])
    alone = reader.read(["red fox"])
    beside = reader.read(["red fox", "a boat over the green sea at night and the sun"])
    assert alone.shape == (1, STATES)
    assert np.allclose(alone[0], beside[0], atol=1e-5)
    assert not np.allclose(beside[0], beside[1], atol=1e-2)


def test_a_scorer_is_kept_whole(tmp_path: Path, models: dict[Family, Path]) -> None:
    torch.manual_seed(1)
    network = ScorerNetwork().eval()
    scorer.save_network(network, tmp_path / "s.safetensors", {"steps": 0})
    kept = scorer.load_scorer(tmp_path / "s.safetensors", models[Family.STARTER])
    pictures, _ = coloured()
    with torch.no_grad():
        expected = network.features(scorer.fitted(torch.from_numpy(pictures))).numpy()
    found = kept.features(pictures)
    assert found.shape == (len(pictures), FEATURES)
    assert np.allclose(found, expected, rtol=0.02, atol=0.02)
    assert np.allclose(np.linalg.norm(kept.place(found), axis=1), 1, atol=1e-5)
    assert np.allclose(np.linalg.norm(kept.place_text(["red fox", "the sea"]), axis=1), 1, atol=1e-5)


def test_wrong_weights_are_named(tmp_path: Path, models: dict[Family, Path]) -> None:
    encoder = models[Family.STARTER]
    with pytest.raises(StudioError, match=r"missing: .*none\.safetensors"):
        scorer.load_scorer(tmp_path / "none.safetensors", encoder)
    (tmp_path / "text.safetensors").write_text("no weights")
    with pytest.raises(StudioError, match="cannot be read"):
        scorer.load_scorer(tmp_path / "text.safetensors", encoder)
    with pytest.raises(StudioError, match="another network"):
        scorer.load_scorer(encoder / "unet" / "diffusion_pytorch_model.safetensors", encoder)
    scorer.save_network(ScorerNetwork(), tmp_path / "s.safetensors", {})
    with pytest.raises(StudioError, match="sentence encoder") as caught:
        scorer.load_scorer(tmp_path / "s.safetensors", tmp_path)
    assert (caught.value.problem.kind, bool(caught.value.problem.hint)) == (ErrorKind.INPUT, True)
