"""What holds a LoRA to its base wherever the trigger is absent: the base's own predictions.

Ruiz et al. 2022 (section 3.2) let pictures of the base teach beside those of the subject. Here the base's predictions
teach instead of its pictures: they have no noise in them, and cost nothing as long as nothing has moved.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from studio.domain.training import PRIOR_DRAWN_STEPS, PRIOR_PICTURES, PRIOR_SAMPLES, Training
from studio.engine.libraries import torch
from studio.engine.models import LoadedModel, Poll
from studio.engine.train import lora, sheets
from studio.engine.train.calls import Reader
from studio.engine.train.data import Example
from studio.engine.train.denoising import Networks, generator_for
from studio.engine.train.everyday import everyday
from studio.engine.train.objectives import Objective

REMEMBERED = 2**26  # bytes of prompts that are read only once
OWN_PICTURES = 6  # at most, of those for the captions without the trigger
STRENGTH = 10.0  # of the prior against the pictures when `Training.prior` is 1
# Whose prompt a sample has: none (guidance multiplies what changes there), the one its picture was drawn for, a caption
# without the trigger. The rest have one that never comes again.
EMPTY, SAME, OWN = 0.2, 0.3, 0.15


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked of the LoRA and of its base: prompts, with clean latents (B, C, h, w), noise and times t (B,)."""

    prompts: list[str]
    clean: torch.Tensor
    noise: torch.Tensor
    t: torch.Tensor


class Prior:
    """Asks LoRA and base the same without the trigger; what is asked in a step is decided by the seed.

    Pictures of the base give the middle and low noise levels, where its own ways lead; most questions are asked near
    pure noise, where the layout of a picture is decided and any prompt may be met.
    """

    def __init__(self, model: LoadedModel, training: Training, examples: Sequence[Example], poll: Poll) -> None:
        """Draws `PRIOR_PICTURES` pictures with the base; raises what `poll` raises."""
        self._model, self._training = model, training
        held = held_prompts(examples, training)
        self._own = [prompt for prompt in held if prompt]
        self._empty = "" in held
        rng = random.Random(f"prior {training.seed}")
        shown = self._own[:OWN_PICTURES]
        self._drawn = [*shown, *(everyday(rng, model.family) for _ in range(PRIOR_PICTURES - len(shown)))]
        usual = sheets.sampling_for(model)
        sampling = replace(usual, steps=min(PRIOR_DRAWN_STEPS, usual.steps))
        self._reader = Reader(model, REMEMBERED)
        self._reader([*self._drawn, *held])  # those that come again; most of the others never do
        with lora.bare(model):
            self._latents = [
                sheets.latents_and_pixels(model, prompt, training, sampling, index, poll)[0].float().cpu()
                for index, prompt in enumerate(self._drawn)
            ]

    def questions(self, step: int, micro: int) -> Questions:
        """Those of micro step `micro` of optimiser step `step`, `PRIOR_SAMPLES` for each picture of the batch.

        Times are 1 - u² with uniform u: half of them above 3/4.
        """
        training = self._training
        generator = generator_for(training.seed, "prior", step, micro)
        count = PRIOR_SAMPLES * training.batch
        places = torch.randint(len(self._latents), (count,), generator=generator).tolist()
        shares = torch.rand(count, generator=generator).tolist()
        prompts = [
            self._prompt(share, place, random.Random(f"prior {training.seed} {step} {micro} {index}"))
            for index, (share, place) in enumerate(zip(shares, places, strict=True))
        ]
        clean = torch.cat([self._latents[place] for place in places])
        noise = torch.randn(clean.shape, generator=generator)
        return Questions(prompts, clean, noise, 1 - torch.rand(count, generator=generator).square())

    def loss(self, networks: Networks, objective: Objective, step: int, micro: int) -> torch.Tensor:
        """How far the predictions have moved from the base's: `STRENGTH` times the mean squared difference."""
        asked = self.questions(step, micro)
        noised = objective.at(asked.clean, asked.noise, asked.t)
        captions = self._reader(asked.prompts)
        with torch.no_grad(), lora.bare(self._model):
            wanted = networks.predict(noised.sample, noised.timestep, captions)
        answer = networks.predict(noised.sample, noised.timestep, captions)
        return STRENGTH * (answer - wanted).square().mean()

    def _prompt(self, share: float, place: int, rng: random.Random) -> str:
        if share < EMPTY:
            return "" if self._empty else self._drawn[place]
        if share < EMPTY + SAME:
            return self._drawn[place]
        if share < EMPTY + SAME + OWN and self._own:
            return rng.choice(self._own)
        return everyday(rng, self._model.family)


def held_prompts(examples: Sequence[Example], training: Training) -> list[str]:
    """The empty prompt, and the captions with nothing or only the last word of the trigger in its place.

    The last word of a trigger of several, as in "zib robot", says what kind of thing it is, which shall look as before
    when it is asked for alone. What is learnt from, as the empty caption where captions are dropped, is not held.
    """
    captions = {text for example in examples for text in example.captions}
    learnt = captions | {""} if training.caption_dropout else captions
    words = training.trigger.split()
    instead = ("", words[-1]) if len(words) > 1 else ("",)
    held = {_replaced(text, training.trigger, word) for text in captions for word in instead}
    return sorted({"", *held} - learnt)


def _replaced(caption: str, trigger: str, word: str) -> str:
    """The caption with `word` for each trigger; what is left empty between commas goes too."""
    text = re.sub(rf"(?<!\w){re.escape(trigger.strip())}(?!\w)", lambda _: word, caption, flags=re.IGNORECASE)
    return ", ".join(part for part in (" ".join(one.split()) for one in text.split(",")) if part)
