"""The foot of the inspector: what makes frames, how far it has come, and what can be done with frames."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QToolButton, QVBoxLayout

from studio.domain.jobs import Job
from studio.imaging.verdict import Verdict
from studio.ui.animate.measures_panel import SIGNS, light_name
from studio.ui.phases import about, phase_text, share
from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import hint_with, push_button, tool_button
from studio.ui.widgets.labels import ElidedLabel

_HEIGHT = 40
_TICKS = 1000


class Foot(QFrame):
    """`wanted` names what the user asks for: "generate", "cancel" or one of the small buttons."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "footer")
        self.generate_button = push_button(self.tr("Make a loop"), look="accent", sign="sparkles")
        self.generate_button.setToolTip(hint_with(self.tr("Make all frames of the clip"), "Ctrl+Return"))
        self.cancel_button = tool_button(
            "circle-stop", self.tr("Cancel"), shortcut="Ctrl+.", look="field",
            hint=self.tr("Stop making this clip; the frames that are there stay"),
        )  # fmt: skip
        self.cancel_button.setFixedSize(_HEIGHT, _HEIGHT)
        self.cancel_button.setIconSize(QSize(20, 20))
        self.generate_button.clicked.connect(lambda: self.wanted.emit("generate"))
        self.cancel_button.clicked.connect(lambda: self.wanted.emit("cancel"))
        self.progress, self.words = QProgressBar(), ElidedLabel("", "small")
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.tools = {name: self._tool(name, *look) for name, look in self._looks().items()}
        self.verdict = push_button("", look="quiet", hint=self.tr("What was measured of the take that is seen"))
        self.verdict.setAccessibleName(self.tr("Verdict"))
        self.verdict.clicked.connect(lambda: self.wanted.emit("measures"))
        self._arrange()
        self.show_verdict(None)
        self.show_job(None, 0.0)
        self.show_possible(frozenset())

    def show_verb(self, first: bool) -> None:
        """A new loop, or another take of what is chosen."""
        self.generate_button.setText(self.tr("Make a loop") if first else self.tr("Generate a take"))

    def show_possible(self, possible: frozenset[str]) -> None:
        """Which of the small buttons can be used."""
        for name, button in self.tools.items():
            button.setEnabled(name in possible)

    def show_verdict(self, found: Verdict | None) -> None:
        """The light of the take that is seen, with its first reason; None while it is not known."""
        self.verdict.setVisible(found is not None)
        if found is None:
            return
        sign, colour = SIGNS[found.light]
        reason = found.reasons[0] if found.reasons else ""
        text = f"{reason[:1].upper()}{reason[1:]}"
        room = self.width() - 4 * SPACE.medium - 2 * SPACE.large
        self.verdict.setIcon(icon(sign, colour, colour, SPACE.hair))
        self.verdict.setText(self.verdict.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(room, 160)))
        self.verdict.setToolTip("\n".join(found.reasons))
        self.verdict.setAccessibleName(f"{light_name(found.light)}: {text}")

    def show_job(self, job: Job | None, seconds: float | None) -> None:
        """How far a clip's job has come, None where there is none."""
        there = job is not None
        self.cancel_button.setEnabled(there)
        colour = COLOURS.lamp if there else COLOURS.muted
        self.cancel_button.setIcon(icon("circle-stop", colour, colour))
        for part in (self.progress, self.words):
            part.setVisible(there)
        if job is None:
            return
        done = share(job)
        self.progress.setRange(0, _TICKS if done >= 0 else 0)
        self.progress.setValue(round(max(done, 0.0) * _TICKS))
        text = phase_text(job)
        if seconds:
            text = f"{text} · {about(seconds)}"
        self.words.set_text(text)

    def _looks(self) -> dict[str, tuple[str, str, str]]:
        """Icon, name and hint of the small buttons."""
        return {
            "dry-run": ("zap", self.tr("Dry run"), self.tr("A small take in four steps, to see what moves and when")),
            "reroll": ("dices", self.tr("Re-roll the range"), self.tr(
                "The frames between in and out point once more, fitted to their neighbours; without a zone, the frame"
                " at the playhead")),
            "repair": ("brush", self.tr("Repair this frame"), self.tr(
                "Opens the frame at the playhead on the canvas; it comes back as a new take")),
            "bridge": ("spline", self.tr("Interpolate over this frame"), self.tr(
                "Makes the frame at the playhead anew out of those around it")),
            "loop": ("repeat", self.tr("Make it loop"), self.tr(
                "Finds the best cut in the clip, and blends it along its motion")),
            "double": ("copy-plus", self.tr("Twice the frames"), self.tr("New frames between those that there are")),
            "deflicker": ("contrast", self.tr("Take the flicker out"), self.tr(
                "Evens out fast changes of brightness and colour; slow ones stay")),
            "complete": ("loader", self.tr("Make the missing frames"), self.tr("Goes on where it ended")),
        }  # fmt: skip

    def _tool(self, name: str, sign: str, title: str, hint: str) -> QToolButton:
        button = tool_button(sign, title, hint=f"{title}. {hint}.")
        button.clicked.connect(lambda: self.wanted.emit(name))
        return button

    def _arrange(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(SPACE.hair)
        for button in self.tools.values():
            tools.addWidget(button)
        tools.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(SPACE.small)
        row.addWidget(self.generate_button, 1)
        row.addWidget(self.cancel_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.medium)
        column.setSpacing(SPACE.small)
        column.addLayout(tools)
        column.addWidget(self.verdict)
        column.addWidget(self.progress)
        column.addWidget(self.words)
        column.addLayout(row)
