"""Timelines to exchange."""

from fractions import Fraction

from studio.domain.document.blending import BlendMode
from studio.domain.easing import PRESETS
from studio.domain.geometry import Size
from studio.domain.recipe import Recipe
from studio.domain.sequence import Footage, FrameSequence, Method, PromptKey
from studio.domain.timeline.model import (
    Canvas,
    Clip,
    Generated,
    Key,
    Lane,
    Marker,
    Sound,
    Still,
    Take,
    Timeline,
    Track,
    TrackKind,
    Video,
    Words,
    Zone,
)
from studio.domain.treatment import Loopify

NTSC = Fraction(24000, 1001)
SEQUENCE = FrameSequence(
    Recipe(prompt="a lake — “still”", seed=2**63 - 2**20), rate=Fraction(12), prompts=(PromptKey(0.5, "night"),)
)
TAKES = (
    Take("aa", 24, SEQUENCE, "first", made=1234.5678),
    Take("bb", 24, FrameSequence(Recipe(), method=Method.VIDEO, source=Footage(("take:aa",))), origin="aa"),
)
LOOP = Generated(SEQUENCE, Fraction(12), 24, Size(256, 192), takes=TAKES, active="bb")
UNMADE = Generated(Loopify(Footage(("walk.mp4",))), Fraction(30000, 1001), 60, Size(64, 64), closed=False)
VIDEO = Video("/films/a walk #1 é%.mp4", NTSC, 240, Size(640, 480), sound=True, digest="d1")
STILL = Still("/films/tree.png", Size(300, 200), "d2")
SOUND = Sound("/films/song.wav", Fraction(44101, 44100) * 10, "d3")
LANES = (
    Lane("opacity", (Key(Fraction(0), 0.1, PRESETS["ease"]), Key(Fraction(7, 3), 1 / 3))),
    Lane("rotation", (Key(Fraction(5), -90.0),)),
)
WORDS = (Words(Fraction(0), "dawn"), Words(Fraction(12, 5), "dusk", "rain", PRESETS["hold"]))


def full(rate: Fraction = NTSC, ring: int = 0) -> Timeline:
    """One of everything that a timeline can hold."""
    clips = (
        Clip("c1", LOOP, 3, 30, Fraction(1, 3), Fraction(-2, 3), "loop", "g1", True, LANES, WORDS),
        Clip("c2", VIDEO, 33, 20, Fraction(22, 7), Fraction(3, 2)),
        Clip("c3", UNMADE, 60, 5, name="to come", enabled=False),
        Clip("c4", VIDEO, 70, 50, Fraction(10), name="over the seam"),
    )
    overlay = (Clip("o1", STILL, 0, 9, lanes=LANES), Clip("o2", Canvas(), 10, 20, name="Canvas"))
    sounds = (
        Clip("s1", SOUND, 6, 48, Fraction(5, 2), Fraction(1, 2), lanes=(Lane("volume", (Key(Fraction(1), 2.0),)),)),
    )
    return Timeline(
        rate,
        (
            Track("t1", name="Ground", clips=clips),
            Track("t2", TrackKind.OVERLAY, "", overlay, BlendMode.SOFT_LIGHT, 0.375, locked=True),
            Track("t3", TrackKind.VIDEO, "empty", hidden=True),
            Track("t4", TrackKind.AUDIO, "Music", sounds, opacity=0.5),
        ),
        (Marker(0, "start"), Marker(17, "")),
        Zone(5, 40),
        ring,
    )
