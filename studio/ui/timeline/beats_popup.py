"""The form for the beats of the music, at which drags catch, and for a ring of whole bars."""

from collections.abc import Callable
from fractions import Fraction

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from studio.domain.timeline.beats import BeatLock, beat_lock
from studio.domain.timeline.model import Beats, Timeline
from studio.domain.timeline.validity import MAX_BAR, MAX_BPM, MAX_LENGTH
from studio.ui.theme.tokens import SPACE
from studio.ui.timeline.popups import Popup
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label
from studio.ui.widgets.wheel import Number, WholeNumber

_MOST_BARS = 512
_FIELD = 104

Use = Callable[[Beats | None, int], object]


class BeatsPopup(Popup):
    """`use` takes the beats, or None for no beats any more, and the length of the ring, 0 to leave it as it is."""

    def __init__(self, timeline: Timeline, use: Use, parent: QWidget) -> None:
        super().__init__(self.tr("Beats"), parent)
        self._rate, self._use = timeline.rate, use
        beats = timeline.beats or Beats()
        self.bpm, self.bar, self.first, self.bars = Number(1), WholeNumber(), WholeNumber(), WholeNumber()
        self.bpm.setRange(1, MAX_BPM)
        self.bpm.setValue(float(beats.bpm))
        self._shown = beats.bpm, self.bpm.value()
        for box, value, low, high in (
            (self.bar, beats.bar, 1, MAX_BAR),
            (self.first, round(beats.first), 0, MAX_LENGTH),
            (self.bars, 4, 1, _MOST_BARS),
        ):
            box.setRange(low, high)
            box.setValue(value)
        self.note = label("", "small")
        self.ring = push_button("", look="small")
        self.ring.setToolTip(self.tr("Makes the timeline a ring of so many whole frames, and the beats fit it exactly"))
        self.ring.clicked.connect(self._lock)
        self._arrange(timeline.beats is not None)
        for changed in (self.bpm.valueChanged, self.bar.valueChanged, self.bars.valueChanged):
            changed.connect(lambda _: self._tell())
        self._tell()
        self.bpm.setFocus()
        self.bpm.selectAll()

    @property
    def beats(self) -> Beats:
        """As typed."""
        bpm, shown = self._shown
        if self.bpm.value() != shown:
            bpm = Fraction(str(round(self.bpm.value(), self.bpm.decimals())))
        return Beats(bpm, self.bar.value(), Fraction(self.first.value()))

    @property
    def lock(self) -> BeatLock:
        """The ring of so many bars."""
        return beat_lock(self.beats.bpm, self.bars.value(), self.bar.value(), self._rate)

    def _arrange(self, there: bool) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE.medium)
        grid.setVerticalSpacing(SPACE.hair)
        rows = (
            (self.tr("Beats a minute"), self.bpm, self.tr("The tempo of the music")),
            (self.tr("Beats in a bar"), self.bar, self.tr("Every first beat of a bar is drawn taller")),
            (self.tr("First beat"), self.first, self.tr("The frame on which the first beat falls")),
            (self.tr("Bars of a ring"), self.bars, self.tr("How many bars one turn of the loop lasts")),
        )
        for row, (name, box, hint) in enumerate(rows):
            box.setAccessibleName(name)
            box.setToolTip(hint)
            box.setFixedWidth(_FIELD)
            title = label(name, "caption")
            title.setBuddy(box)
            grid.addWidget(title, row, 0)
            grid.addWidget(box, row, 1)
        self.column.addLayout(grid)
        self.column.addWidget(self.note)
        line = QHBoxLayout()
        line.setSpacing(SPACE.small)
        if there:
            remove = push_button(self.tr("Remove"), look="small", hint=self.tr("No beats any more"))
            remove.clicked.connect(lambda: self._take(None, 0))
            line.addWidget(remove)
        line.addStretch(1)
        line.addWidget(self.ring)
        take = push_button(self.tr("Show beats"), look="accent-small", hint=self.tr("Drags catch at them"))
        take.clicked.connect(lambda: self._take(self.beats, 0))
        line.addWidget(take)
        self.column.addLayout(line)

    def _tell(self) -> None:
        lock = self.lock
        self.ring.setText(self.tr("Ring of {n} frames").format(n=lock.frames))
        words = self.tr("{bars} bars last {exact} frames; a ring of {n} has {bpm} beats a minute.")
        self.note.setText(
            words.format(bars=self.bars.value(), exact=f"{float(lock.exact):.5g}", n=lock.frames,
                         bpm=f"{float(lock.bpm):.6g}")
        )  # fmt: skip

    def _lock(self) -> None:
        lock, beats = self.lock, self.beats
        self._take(Beats(lock.bpm, beats.bar, beats.first % lock.frames), lock.frames)

    def _take(self, beats: Beats | None, ring: int) -> None:
        self.close()
        self._use(beats, ring)
