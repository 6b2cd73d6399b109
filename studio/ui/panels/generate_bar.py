"""The foot of the prompt panel: how many, go, stop."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from studio.ui.paint.keys import LIVE_KEY
from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import hint_with, push_button, tool_button
from studio.ui.widgets.wheel import WholeNumber

BATCH = 16
_HEIGHT = 40


class GenerateBar(QFrame):
    """The accent button always takes one more job; what runs is stopped by the button beside it.

    `fast_button` is left to whoever knows a LoRA for it, and hidden till then; so is `live_button`, which paints as the
    user does, where there is a canvas.
    """

    generate = Signal()
    cancel = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "footer")
        self.batch = WholeNumber()
        self.batch.setRange(1, BATCH)
        self.batch.setPrefix("× ")
        self.batch.setProperty("look", "tall")
        self.batch.setFixedWidth(56)
        self.batch.setAccessibleName(self.tr("Number of pictures"))
        self.batch.setToolTip(self.tr("How many pictures, each with the next seed"))
        self.fast_button = tool_button("zap", self.tr("Fast"), look="lit", checkable=True)
        self.fast_button.setIcon(icon("zap", COLOURS.muted, COLOURS.lamp))
        self.fast_button.setFixedSize(_HEIGHT, _HEIGHT)
        self.fast_button.setIconSize(QSize(20, 20))
        self.fast_button.hide()
        self.live_button = tool_button(
            "radio",
            self.tr("Live painting"),
            look="lit",
            checkable=True,
            hint=self.tr("Live: paints what is in the frame anew, in few steps, while you draw"),
            shortcut=LIVE_KEY,
        )
        self.live_button.setIcon(icon("radio", COLOURS.muted, COLOURS.lamp))
        self.live_button.setFixedSize(_HEIGHT, _HEIGHT)
        self.live_button.setIconSize(QSize(20, 20))
        self.live_button.hide()
        self.generate_button = push_button(self.tr("Generate"), look="accent", sign="sparkles")
        self.generate_button.setToolTip(hint_with(self.tr("Make pictures from these settings"), "Ctrl+Return"))
        self.generate_button.clicked.connect(self.generate)
        self.cancel_button = tool_button(
            "circle-stop", self.tr("Cancel"), shortcut="Esc", look="field", hint=self.tr("Stop the running job")
        )
        self.cancel_button.setFixedSize(_HEIGHT, _HEIGHT)
        self.cancel_button.setIconSize(QSize(20, 20))
        self.cancel_button.clicked.connect(self.cancel)
        for button in (self.generate_button, self.cancel_button):
            policy = button.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            button.setSizePolicy(policy)
        self.show_load(0, stops=False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE.large, SPACE.medium, SPACE.large, SPACE.medium)
        layout.setSpacing(SPACE.small)
        layout.addWidget(self.batch)
        layout.addWidget(self.fast_button)
        layout.addWidget(self.live_button)
        layout.addWidget(self.generate_button, 1)
        layout.addWidget(self.cancel_button)

    def set_aside(self, aside: bool) -> None:
        """Take the buttons that queue and stop away while the form shows something else; the number stays."""
        for button in (self.generate_button, self.cancel_button):
            button.setVisible(not aside)

    def show_load(self, jobs: int, *, stops: bool) -> None:
        """How many jobs are not over; while there are any, Generate adds to them. `stops`: can one be stopped?"""
        text = self.tr("Add to queue · {count}").format(count=jobs) if jobs else self.tr("Generate")
        self.generate_button.setText(text)
        self.cancel_button.setEnabled(stops)
        colour = COLOURS.lamp if stops else COLOURS.muted
        self.cancel_button.setIcon(icon("circle-stop", colour, colour))
