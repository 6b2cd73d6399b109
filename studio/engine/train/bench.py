"""What a trainer step costs against the same step in a bare loop: one network, one optimiser, one number format."""

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from studio.domain.training import Optimizer, Training, TrainingKind
from studio.engine.device import DevicePlan
from studio.engine.libraries import torch
from studio.engine.loading import identify, open_model
from studio.engine.train.calls import predict
from studio.engine.train.courses import DenoiserCourse, Setting
from studio.engine.train.data import encode, sources
from studio.engine.train.loop import BETAS, Trainer

PICTURES = 16


def steps_of(
    path: Path, folder: Path, plan: DevicePlan, batch: int = 8
) -> tuple[Callable[[], None], Callable[[], None]]:
    """One optimiser step of our trainer, and one of a bare loop, on all weights of the starter model at `path`.

    The bare loop has its latents, noise, times and captions at hand already; ours reads them as it does in a run.
    """
    model = open_model(path, *identify(path, _nothing), plan, _nothing, lambda *_: None)
    rng = np.random.default_rng(0)
    for index in range(PICTURES):
        Image.fromarray(rng.integers(0, 255, (256, 256, 3), dtype=np.uint8)).save(folder / f"{index}.png")
        (folder / f"{index}.txt").write_text(f"picture number {index}")
    training = Training(
        TrainingKind.DENOISER, str(folder), output=str(folder / "out"), steps=10_000, batch=batch, warmup=0
    )
    examples = encode(sources(training, 32, print), model, False, print, lambda *_: None, None)
    setting = Setting(training, model, examples, [], plan, _nothing)
    course = DenoiserCourse(setting)
    trainer = Trainer(course.parameters, training, course.loss)
    bare = copy.deepcopy(course.network)
    optimizer = torch.optim.AdamW(
        bare.parameters(), lr=training.learning_rate, betas=BETAS, weight_decay=training.weight_decay, fused=True
    )
    clean = torch.cat([one.latents for one in examples[:batch]]).float()
    noise, t = torch.randn(clean.shape), torch.rand(batch)
    captions = course.reader([one.captions[0] for one in examples[:batch]])
    share = t.reshape(-1, 1, 1, 1)
    autocast = setting.autocast()

    def ours() -> None:
        trainer.advance()

    def theirs() -> None:
        optimizer.zero_grad(set_to_none=True)
        with autocast():
            output = predict(model.family, bare, (1 - share) * clean + share * noise, t * 1000, captions, 8)
        loss = (output.float() - (noise - clean)).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(bare.parameters(), training.clip)
        optimizer.step()
        loss.item()

    assert training.optimizer is Optimizer.ADAMW
    return ours, theirs


def _nothing() -> None:
    pass
