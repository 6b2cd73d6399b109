"""The rows of the form of a clip's request, by the name of their field."""

from enum import StrEnum
from fractions import Fraction

from PySide6.QtCore import QCoreApplication

from studio.domain.recipe import MAX_GUIDANCE, MAX_STEPS
from studio.domain.sequence import MAX_FRAMES, MAX_HARMONICS, Attention, Method
from studio.ui.panels.sampler_field import SamplerField
from studio.ui.panels.seed_field import SeedField
from studio.ui.panels.size_field import SizeField
from studio.ui.train.rows import Row, check_row, choice_row, slider_row
from studio.ui.widgets.wheel import Choice

RATES = (
    *map(Fraction, (8, 10, 12, 15, 16, 20)), Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001),
    Fraction(30), Fraction(50), Fraction(60),
)  # fmt: skip


def _tr(text: str) -> str:
    return QCoreApplication.translate("ClipForm", text)


def rate_text(rate: Fraction) -> str:
    """Frames a second, with three decimals at most."""
    return f"{float(rate):.6g}" if rate.denominator == 1 else f"{float(rate):.3f}"


def method_row() -> Row:
    """Where the motion comes from."""
    words: dict[StrEnum, str] = {
        Method.CIRCLE: _tr("Noise circle"),
        Method.VIDEO: _tr("Draw a clip anew"),
        Method.MOTION: _tr("Motion model"),
    }
    hint = _tr(
        "Noise circle: a loop with any model. Draw a clip anew: another clip's motion. Motion model: a video model, or"
        " a motion module."
    )
    return choice_row(_tr("Method"), hint, words)


def timing_rows() -> dict[str, Row]:
    """How many frames, how quickly, and whether they go round."""
    frames = slider_row(
        _tr("Frames"), _tr("How many frames the clip has. A loop of two seconds at 12 frames a second has 24."),
        2, 96, least=1, most=MAX_FRAMES,
    )  # fmt: skip
    return {
        "frames": frames,
        "rate": _rate_row(),
        "closed": check_row(_tr("Loop"), _tr("The last frame leads to the first; off: a clip with two ends")),
    }


def motion_rows() -> dict[str, Row]:
    """How much moves."""
    return {
        "motion": slider_row(
            _tr("Motion"), _tr("How much of the picture changes: 0.2 to 0.5 are usual. Double click: 0.35"),
            0.05, 1, least=0.01, most=1, step=0.05, decimals=2,
        ),
        "common": slider_row(
            _tr("Hold"), _tr("The share of the steps that all frames have in common: what is in the picture is settled"
                             " by then, and light, water and clouds move"),
            0, 0.9, least=0, most=0.99, step=0.05, decimals=2,
        ),
        "harmonics": slider_row(
            _tr("Liveliness"), _tr("How many circles of noise are laid on each other, each quicker than the last"),
            1, MAX_HARMONICS, least=1, most=MAX_HARMONICS,
        ),
        "strength": slider_row(
            _tr("Strength"), _tr("How far from the source clip: 0.3 to 0.6 are usual"),
            0.05, 1, least=0.01, most=1, step=0.05, decimals=2,
        ),
    }  # fmt: skip


def consistency_rows() -> dict[str, Row]:
    """What holds the frames together."""
    words: dict[StrEnum, str] = {
        Attention.OWN: _tr("Itself"),
        Attention.NEIGHBOURS: _tr("Its neighbours"),
        Attention.ALL: _tr("All frames"),
    }
    return {
        "attention": choice_row(
            _tr("Looks at"), _tr("Which frames each frame looks at while it is drawn; more of them take more memory"),
            words,
        ),
        "smoother": slider_row(
            _tr("Smoother"), _tr("At how many steps each other frame is made of its neighbours' motion; 2 are usual"),
            0, 8, least=0, most=100,
        ),
        "flow": slider_row(
            _tr("Flow"), _tr("The share of the motion-compensated frame before in each finished one; 0.5 to 0.8 calm"
                             " flicker"),
            0, 0.9, least=0, most=0.99, step=0.05, decimals=2,
        ),
        "steady": check_row(_tr("Steady pace"), _tr("Frames lie where the picture changes equally fast")),
        "colour": check_row(_tr("Hold the colours"), _tr("All frames have the colours of the first")),
    }  # fmt: skip


def sampling_rows() -> dict[str, Row]:
    """How a frame is drawn."""
    sampler, size = SamplerField(), SizeField()
    sampler_row = Row(_tr("Sampler"), sampler, lambda: sampler.value, sampler.choose, sampler)
    sampler.currentIndexChanged.connect(sampler_row.changed)
    size_row = Row(_tr("Size"), size, lambda: size.value, size.set_value, size.width_box)
    size.changed.connect(size_row.changed)
    return {
        "size": size_row,
        "sampler": sampler_row,
        "steps": slider_row(
            _tr("Steps"), _tr("More steps settle more detail. Double click: the model's own"),
            1, 50, least=1, most=MAX_STEPS,
        ),
        "guidance": slider_row(
            _tr("Guidance"), _tr("How closely to follow the prompt; 1 is not at all. Double click: the model's own"),
            1, 15, least=0, most=MAX_GUIDANCE, step=0.5, decimals=1,
        ),
    }  # fmt: skip


def seed_row() -> Row:
    """The seed of all noise of the clip."""
    seed = SeedField()
    row = Row(_tr("Seed"), seed, lambda: seed.value, lambda value: seed.set_value(value, locked=seed.locked), seed.box)
    seed.changed.connect(row.changed)
    return row


def beat_rows() -> dict[str, Row]:
    """Music that the loop goes with."""
    return {
        "bpm": slider_row(_tr("Tempo"), _tr("Beats a minute"), 60, 180, least=1, most=1000, step=0.5, decimals=1),
        "bars": slider_row(_tr("Bars"), _tr("Of four beats each"), 1, 8, least=1, most=64),
    }


def _rate_row() -> Row:
    box = Choice()
    box.setAccessibleName(_tr("Frames a second"))
    box.setToolTip(_tr("Frames a second; 12, 24 and 30 are usual"))

    def show(rate: Fraction) -> None:
        if box.findData(str(rate)) < 0:
            box.addItem(rate_text(rate), str(rate))
        box.setCurrentIndex(box.findData(str(rate)))

    for rate in RATES:
        box.addItem(rate_text(rate), str(rate))
    row = Row(_tr("Rate"), box, lambda: Fraction(box.currentData() or 12), show, box)
    box.currentIndexChanged.connect(row.changed)
    return row
