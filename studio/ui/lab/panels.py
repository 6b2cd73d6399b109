"""The panels of the Lab: what each shows, in a heading, a formula and a sentence."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.lab.curves import CurvePlot
from studio.ui.lab.strip import PathStrip
from studio.ui.lab.view import View
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.labels import label


def _tr(text: str) -> str:
    return QCoreApplication.translate("LabPage", text)


def three_views() -> tuple[View, View, View]:
    """The noised picture, the guess at the clean one, and the score."""
    return (
        View(
            _tr("Noised: xₜ"),
            "xₜ = α·x₀ + σ·ε",
            _tr("Forward: the picture fades by α while noise of spread σ comes in; no network is needed."),
        ),
        View(
            _tr("The model's guess"),
            "x̂₀ = E[x₀ | xₜ]",
            _tr("The mean of all clean pictures that could lie under this noise: blurred where many could."),
        ),
        View(
            _tr("Length of the score"),
            "∇ log p(xₜ) = (α·x̂₀ − xₜ)/σ²",
            _tr("How hard each place is pulled towards likelier pictures; the way back follows this pull."),
            squares=True,
        ),
    )


def path_panel(strip: PathStrip) -> QWidget:
    """The reverse path in its frame."""
    sentence = _tr("Reverse: from its next step below this moment, the sampler takes the noise away step by step.")
    panel, column = _panel(_tr("From here back"), "p(xₛ | xₜ), s < t", sentence)
    column.insertWidget(1, strip)
    return panel


def plot_panels(plots: Sequence[CurvePlot]) -> QHBoxLayout:
    """The plots over time, that of the signal-to-noise ratio and that of the noise, in their frames."""
    row = QHBoxLayout()
    row.setSpacing(SPACE.small)
    for plot, title, formula, sentence in zip(
        plots,
        (_tr("Log signal-to-noise ratio"), _tr("Spread of the noise")),
        ("ln(α²/σ²)", "σ(t)"),
        (
            _tr("What matters to a network is only this ratio: times of equal SNR are equally hard."),
            _tr("VE and EDM keep the picture and drown it; the others fade it out as the noise comes in."),
        ),
        strict=True,
    ):
        panel, column = _panel(title, formula, sentence)
        column.insertWidget(1, plot, 1)
        row.addWidget(panel, 1)
    return row


def signed(value: float) -> str:
    """A number with its sign, and infinity as the sign for it."""
    return f"{value:+.2f}" if abs(value) != float("inf") else ("∞" if value > 0 else "−∞")


def _panel(title: str, formula: str, sentence: str) -> tuple[QFrame, QVBoxLayout]:
    """A panel with its heading and its sentence; what it shows is to be put between them."""
    panel = QFrame()
    panel.setProperty("look", "panel")
    head = QHBoxLayout()
    head.addWidget(label(title, "heading"))
    head.addStretch(1)
    head.addWidget(label(formula, "small"))
    column = QVBoxLayout(panel)
    column.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.small)
    column.setSpacing(SPACE.hair)
    column.addLayout(head)
    column.addWidget(label(sentence, "small", wrap=True))
    return panel, column
