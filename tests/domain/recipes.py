"""Recipes for property tests."""

import dataclasses

from hypothesis import strategies as st

from studio.domain.geometry import Size
from studio.domain.inpainting import Infill, Inpaint, Intent, Sides
from studio.domain.recipe import (
    MAX_BATCH,
    MAX_BRANCHES,
    MAX_LORAS,
    SEED_LIMIT,
    UPSCALES,
    Branch,
    Lora,
    Recipe,
    RingNoise,
    Sampling,
    SourceImage,
)
from studio.domain.samplers import SAMPLERS

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
SIZES = st.builds(Size, st.integers(1, 256).map(lambda n: n * 8), st.integers(1, 256).map(lambda n: n * 8))
SAMPLING = st.builds(
    Sampling, st.sampled_from(sorted(SAMPLERS)), st.integers(1, 1000), st.floats(0, 100, allow_nan=False)
)
SOURCES = st.builds(SourceImage, TEXT.filter(bool), st.floats(0.01, 1))
LORAS = st.lists(
    st.builds(Lora, TEXT.filter(lambda text: bool(text.strip())), st.floats(-4, 4), st.text("0123456789abcdef")),
    max_size=MAX_LORAS,
    unique_by=lambda lora: lora.name,
).map(tuple)
_INTENDED = (st.sampled_from(list(Intent)), st.sampled_from(list(Infill)))
_MARGINS = (st.integers(0, 1024), st.integers(0, 1024), st.none() | st.integers(0, 8192), st.floats(0.01, 1))
INPAINTS = st.one_of(
    st.builds(Inpaint, TEXT.filter(bool), TEXT.filter(bool), *_INTENDED, *_MARGINS),
    st.builds(
        Inpaint,
        TEXT.filter(bool),
        st.just(""),
        *_INTENDED,
        *_MARGINS,
        st.builds(Sides, *[st.integers(1, 8192)] * 4),
    ),
)
RINGS = st.builds(RingNoise, st.floats(0, 1, exclude_max=True), st.floats(0.01, 1))


def recipes() -> st.SearchStrategy[Recipe]:
    """Recipes that are valid for models in steps of 8 pixels."""
    nothing = st.none()
    return st.one_of(
        _recipes(nothing | SOURCES, nothing, nothing, st.sampled_from(UPSCALES)),
        _recipes(nothing, RINGS, nothing, st.sampled_from(UPSCALES)),
        _recipes(nothing, nothing, INPAINTS, st.just(1)),
    )


@st.composite
def branched_recipes(draw: st.DrawFn) -> Recipe:
    """Recipes that are valid and turn on their way, where they have steps enough."""
    recipe = draw(recipes())
    last = SAMPLERS[recipe.sampling.sampler].calls(recipe.sampling.steps) - 1
    steps = draw(st.sets(st.integers(1, max(1, last)), max_size=min(MAX_BRANCHES, last)))
    seeds = st.none() | st.integers(0, SEED_LIMIT - MAX_BATCH)
    branches = tuple(
        draw(st.builds(Branch, st.just(step), TEXT, TEXT, st.floats(0, 100), seeds)) for step in sorted(steps)
    )
    return dataclasses.replace(recipe, branches=branches)


def _recipes(
    sources: st.SearchStrategy[SourceImage | None],
    rings: st.SearchStrategy[RingNoise | None],
    inpaints: st.SearchStrategy[Inpaint | None],
    upscales: st.SearchStrategy[int],
) -> st.SearchStrategy[Recipe]:
    return st.builds(
        Recipe,
        prompt=TEXT,
        negative=TEXT,
        model=TEXT.filter(lambda text: bool(text.strip())),
        size=SIZES,
        sampling=SAMPLING,
        seed=st.integers(0, SEED_LIMIT - MAX_BATCH),
        batch=st.integers(1, MAX_BATCH),
        source=sources,
        ring=rings,
        upscale=upscales,
        inpaint=inpaints,
        loras=LORAS,
        model_hash=st.text("0123456789abcdef", max_size=16),
    )
