"""Requests for frames, for property tests."""

from fractions import Fraction

from hypothesis import strategies as st

from studio.domain.easing import PRESETS
from studio.domain.sequence import (
    Attention,
    Consistency,
    Footage,
    FrameSequence,
    Held,
    Method,
    PromptKey,
    Schedule,
    Scheduled,
    Windows,
)
from studio.domain.treatment import Arrow, Deflicker, FlowLoop, Interpolation, Loopify, Treatment
from tests.domain.recipes import TEXT, recipes

COUNTS = st.integers(0, 10**6)
SHARES = st.floats(0, 1)
RATES = st.fractions(min_value=Fraction(1, 100), max_value=240, max_denominator=1001)
PATHS = TEXT.filter(bool)
FOOTAGE = st.builds(Footage, st.lists(PATHS, min_size=1, max_size=3).map(tuple), COUNTS, COUNTS)
KEYS = st.lists(
    st.builds(PromptKey, SHARES, TEXT, TEXT, st.sampled_from(list(PRESETS.values()))), max_size=3
).map(tuple)  # fmt: skip
HELD = st.lists(st.builds(Held, COUNTS, PATHS), max_size=3).map(tuple)
SCHEDULES = st.lists(
    st.builds(Schedule, st.sampled_from(Scheduled), st.lists(SHARES, max_size=4).map(tuple)), max_size=2
).map(tuple)  # fmt: skip
ARROWS = st.lists(st.builds(Arrow, SHARES, SHARES, SHARES, SHARES), max_size=4).map(tuple)


def sequences() -> st.SearchStrategy[FrameSequence]:
    """Of any kind, also such as cannot be made."""
    return st.builds(
        FrameSequence,
        recipes(),
        COUNTS,
        RATES,
        st.booleans(),
        st.sampled_from(Method),
        motion=SHARES,
        harmonics=COUNTS,
        common=st.floats(-1, 1),
        prompts=KEYS,
        consistency=st.builds(Consistency, st.sampled_from(Attention), COUNTS, SHARES, st.booleans(), st.booleans()),
        source=st.none() | FOOTAGE,
        strength=SHARES,
        only=st.lists(COUNTS, max_size=3).map(tuple),
        held=HELD,
        module=TEXT,
        windows=st.builds(Windows, COUNTS, COUNTS, COUNTS, st.booleans()),
        first=TEXT,
        last=TEXT,
        schedules=SCHEDULES,
    )


def treatments() -> st.SearchStrategy[Treatment]:
    """Of each kind, also such as cannot be carried out."""
    return st.one_of(
        st.builds(FlowLoop, TEXT, ARROWS, TEXT, COUNTS, RATES, SHARES),
        st.builds(Loopify, FOOTAGE, RATES, COUNTS, COUNTS, COUNTS),
        st.builds(Interpolation, FOOTAGE, RATES, COUNTS, st.booleans()),
        st.builds(Deflicker, FOOTAGE, RATES, SHARES, st.booleans()),
    )
