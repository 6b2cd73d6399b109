"""A picture's way from noise: the guesses that were kept of it, and what was asked for at each of its steps."""

import dataclasses
from dataclasses import dataclass

from studio.domain.geometry import Size
from studio.domain.jobs import maker_of
from studio.domain.recipe import Branch, Recipe
from studio.session.journal.kept import KeptPreview

_QUOTED = 40  # letters of a prompt in a caption


@dataclass(frozen=True, slots=True)
class Way:
    """The way of picture `index` of a job. `recipe` is that of the job, `kept` are sorted by step, and `finished` tells
    whether it led to a picture.
    """

    job_id: str
    index: int
    recipe: Recipe
    kept: tuple[KeptPreview, ...] = ()
    finished: bool = True

    @property
    def total(self) -> int:
        """How many steps it has: fewer than the sampling's for a picture that started from another one."""
        last = self.kept[-1].step if self.kept else 0
        whole = self.recipe.source is None and self.recipe.inpaint is None
        return self.recipe.sampling.steps if whole or not self.finished else max(1, last)

    @property
    def size(self) -> Size:
        """The size of the finished picture."""
        return self.recipe.result_size

    def may_branch(self, step: int) -> bool:
        """Are there steps before this point and after it?"""
        return 1 <= step < self.total


def way_id(text: str) -> tuple[str, int] | None:
    """The job and the index in what a picture's file carries, "ID#INDEX"; None where it carries nothing."""
    return maker_of(f"job:{text}") if text else None


def turn_at(recipe: Recipe, step: int) -> Branch:
    """The branch at this step that would change nothing: text and guidance as they were when it was reached."""
    before = [branch for branch in recipe.branches if branch.step <= step]
    if before:
        return dataclasses.replace(before[-1], step=step, seed=None)
    return Branch(step, recipe.prompt, recipe.negative, recipe.sampling.guidance)


def words_of(recipe: Recipe) -> str:
    """The prompt that a picture ended with."""
    return recipe.branches[-1].prompt if recipe.branches else recipe.prompt


def quoted(prompt: str) -> str:
    """The beginning of a prompt, on one line."""
    line = " ".join(prompt.split())
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED].rstrip()}…"
