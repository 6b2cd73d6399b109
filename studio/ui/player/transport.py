"""The row below the picture: time, the buttons of a player, how well playback keeps up, sound, view."""

from fractions import Fraction

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSlider, QToolButton, QWidget

from studio.domain.timeline.model import Timeline
from studio.ui.player.places import Display, place, rate_text
from studio.ui.theme.icons import icon
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.widgets.buttons import hint_with, tool_button
from studio.ui.widgets.labels import ElidedLabel

_VOLUME = 72  # logical pixels
_NARROW, _SMALL, _MIDDLE, _WIDE = 300, 440, 580, 700  # widths below which something is left out


class Transport(QFrame):
    """`wanted` names a command of the player; `volume_changed` tells a loudness of 0 to 1."""

    wanted = Signal(str)
    volume_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "panel")
        self.display = Display.TIMECODE
        self._place = (0, Timeline())
        self._playing = 0
        self._sounds = False
        self.time = QPushButton("", self)
        self.time.setProperty("look", "quiet")
        self.time.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.time.setToolTip(self.tr("Time and length. Click for frames or seconds."))
        self.time.clicked.connect(self._switch)
        self.start = self._button("skip-back", "start", self.tr("To the first frame"), "Home")
        self.back = self._button("step-back", "back", self.tr("One frame back"), "Left")
        self.reverse = self._button("rewind", "reverse", self.tr("Play backwards; again: faster"), "J")
        self.play = self._button("play", "toggle", self.tr("Play"), "Space")
        self.play.setProperty("look", "field")
        self.on = self._button("step-forward", "on", self.tr("One frame on"), "Right")
        self.end = self._button("skip-forward", "end", self.tr("To the last frame"), "End")
        self.loop = self._button("repeat", "loop", self.tr("Play in a loop"), "", checkable=True)
        self.counts = ElidedLabel("", "small")
        self.compare = self._button("square-split-horizontal", "compare", self.tr("How the takes are compared"), "")
        self.onion = self._button("layers-2", "onion", self.tr("Onion skin"), "Alt+O", checkable=True)
        self.guides = self._button("grid-3x3", "guides", self.tr("Guides"), "")
        self.fit = self._button("maximize", "fit", self.tr("Fit the picture"), "Ctrl+0")
        self.mute = self._button("volume-2", "mute", self.tr("Sound off"), "", checkable=True)
        self.volume = QSlider(Qt.Orientation.Horizontal, self)
        self.volume.setRange(0, 100)
        self.volume.setValue(100)
        self.volume.setFixedWidth(_VOLUME)
        self.volume.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.volume.setAccessibleName(self.tr("Volume"))
        self.volume.setToolTip(self.tr("Volume"))
        self.volume.valueChanged.connect(lambda value: self.volume_changed.emit(value / 100))
        self.compare.hide()
        self._arrange()

    # ------------------------------------------------------------------------------------------ what is shown

    def show_place(self, frame: int, timeline: Timeline) -> None:
        """The playhead, and how long the timeline is."""
        self._place = frame, timeline
        length, rate = timeline.length, timeline.rate
        text = f"{place(frame, rate, self.display)} / {place(length, rate, self.display)}"
        if self.display is Display.FRAMES:
            text = self.tr("Frame {text}").format(text=text)
        elif self.display is Display.SECONDS:
            text = self.tr("{text} s").format(text=text)
        self.time.setText(text)
        self.time.setAccessibleName(text)

    def show_playing(self, speed: int) -> None:
        """Speed and direction; 0 for standing still."""
        if speed == self._playing:
            return
        self._playing = speed
        name = self.tr("Pause") if speed else self.tr("Play")
        self.play.setIcon(icon("pause" if speed else "play", COLOURS.text, COLOURS.text))
        self.play.setAccessibleName(name)
        self.play.setToolTip(hint_with(name, "Space"))

    def show_counts(self, speed: int, fps: float, rate: Fraction, dropped: int, halvings: int) -> None:
        """The rate, while it is played the frames a second that are really shown; and how many were left out."""
        wanted = rate_text(rate)
        if speed and fps:
            words = [self.tr("{fps} of {rate} fps").format(fps=f"{fps:.1f}", rate=wanted)]
        else:
            words = [self.tr("{rate} fps").format(rate=wanted)]
        if speed not in (0, 1):
            words.append(f"× {speed}".replace("-", "−"))
        if dropped:
            words.append(self.tr("%n left out", "", dropped))
        if halvings:
            words.append({1: self.tr("half size"), 2: self.tr("quarter size")}[halvings])
        self.counts.set_text("  ·  ".join(words))

    def show_loop(self, looped: bool) -> None:
        """Does playback begin again at the end?"""
        self.loop.setChecked(looped)

    def show_sound(self, there: bool, muted: bool) -> None:
        """Is there anything to hear, and may it be heard?"""
        self._sounds = there
        self.mute.setVisible(there)
        self._fit_in()
        name = self.tr("Sound on") if muted else self.tr("Sound off")
        self.mute.setIcon(icon("volume-x" if muted else "volume-2", COLOURS.muted, COLOURS.text))
        self.mute.setChecked(muted)
        self.mute.setAccessibleName(name)
        self.mute.setToolTip(name)

    def enable(self, enabled: bool) -> None:
        """Is there anything to play?"""
        for button in (self.start, self.back, self.reverse, self.play, self.on, self.end, self.onion):
            button.setEnabled(enabled)

    # ------------------------------------------------------------------------------------------ inside

    def _switch(self) -> None:
        self.display = self.display.next
        self.show_place(*self._place)

    def _button(self, sign: str, command: str, name: str, key: str, *, checkable: bool = False) -> QToolButton:
        button = tool_button(sign, name, shortcut=key, checkable=checkable, parent=self)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves Space to the player
        button.clicked.connect(lambda: self.wanted.emit(command))
        return button

    def minimumSizeHint(self) -> QSize:
        """The buttons that are always there."""
        return QSize(_NARROW, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what there is no room for; all of it has keys or is in the picture's menu."""
        super().resizeEvent(event)
        self._fit_in()

    def _fit_in(self) -> None:
        width = self.width()
        for widgets, least in (
            ((self.volume,), _WIDE),
            ((self.counts, self.guides, self.fit), _MIDDLE),
            ((self.start, self.end, self.reverse, self.onion), _SMALL),
        ):
            for widget in widgets:
                widget.setVisible(width >= least and (widget is not self.volume or self._sounds))
        if (layout := self.layout()) is not None:
            layout.activate()  # now, or the buttons overlap until the next turn

    def _arrange(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE.medium, SPACE.hair, SPACE.small, SPACE.hair)
        layout.setSpacing(SPACE.small)
        left, middle, right = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (left, middle, right):
            row.setSpacing(SPACE.hair)
        left.addWidget(self.time)
        left.addSpacing(SPACE.hair)
        left.addWidget(self.counts, 1)
        for button in (self.start, self.back, self.reverse, self.play, self.on, self.end, self.loop):
            middle.addWidget(button)
        right.addStretch(1)
        for widget in (self.compare, self.onion, self.guides, self.fit, self.mute, self.volume):
            right.addWidget(widget)
        for row, stretch in ((left, 1), (middle, 0), (right, 1)):
            layout.addLayout(row, stretch)
