"""The column at the right of the player: how the chosen clip is made, its takes, its place, its measures."""

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.domain.catalog import Library
from studio.domain.sequence import FrameSequence
from studio.domain.timeline.model import Clip, Generated, Video
from studio.domain.timeline.seen import source_frame
from studio.domain.timeline.times import local_frame
from studio.session.studio import Studio
from studio.ui.animate.clip_panel import ClipPanel
from studio.ui.animate.foot import Foot
from studio.ui.animate.generate_panel import GeneratePanel
from studio.ui.animate.making import Making
from studio.ui.animate.measures_panel import MeasuresPanel
from studio.ui.animate.measuring import Measuring
from studio.ui.animate.takes_panel import TakesPanel
from studio.ui.paint.tabs import OnePage, Tabs
from studio.ui.timeline.desk import TimelineDesk

WIDTH = 312  # logical pixels
_EVERY = 500  # milliseconds between two looks at how long a job still takes


class Inspector(QFrame):
    """`wanted` names what the user asks for, about the chosen clip; see `Foot`."""

    wanted = Signal(str)

    def __init__(
        self, desk: TimelineDesk, studio: Studio, making: Making, measuring: Measuring, takes: TakesPanel,
        there: Callable[[str], frozenset[int]], parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setProperty("look", "panel")
        self._desk, self._studio, self._making, self._measuring = desk, studio, making, measuring
        self._there = there
        self.generate = GeneratePanel(desk, studio.library)
        self.takes, self.clip_panel, self.measures = takes, ClipPanel(desk), MeasuresPanel()
        self.foot = Foot()
        self.foot.wanted.connect(self.wanted)
        self.tabs = Tabs(OnePage())
        self.generate_tab = self.tabs.add(self.tr("Generate"), self.generate)
        self.takes_tab = self.tabs.add(self.tr("Takes"), takes)
        self.clip_tab = self.tabs.add(self.tr("Clip"), self.clip_panel)
        self.measures_tab = self.tabs.add(self.tr("Measures"), self.measures)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.foot)
        self.setMinimumWidth(WIDTH)
        self._clock = QTimer(self, interval=_EVERY)
        self._clock.timeout.connect(self.follow_job)
        self._connect()
        self.follow()

    @property
    def clip(self) -> Clip | None:
        """The chosen clip."""
        return self._desk.active_clip

    def frame_here(self) -> int | None:
        """The source frame of the chosen clip that is at the playhead; None where the clip is not."""
        clip, timeline = self.clip, self._desk.timeline
        if clip is None or local_frame(timeline, clip, self._desk.playhead) is None:
            return None
        return source_frame(clip, self._desk.playhead, timeline.rate, timeline.ring)

    def set_library(self, library: Library) -> None:
        """Offer what another library has."""
        self.generate.form.set_library(library)

    def follow(self, *_: object) -> None:
        """Another clip, or the same one as it is now."""
        self.generate.follow()
        self.takes.follow(self.clip)
        self.clip_panel.follow(self.clip)
        self.follow_measures()
        self._follow_playhead()
        self.follow_job()

    def follow_job(self) -> None:
        """What is being made of the clip."""
        clip = self.clip
        job = self._making.job(clip)
        seconds = self._studio.queue.pace.remaining([job]) if job is not None else None
        self.foot.show_job(job, seconds)
        self.foot.show_verb(self.generate.clip is None)
        self.foot.show_possible(self._possible(clip))
        if job is not None and not self._clock.isActive():
            self._clock.start()
        elif job is None:
            self._clock.stop()

    def follow_measures(self, *_: object) -> None:
        """There may be new ones."""
        clip = self.clip
        found = self._measuring.of(clip)
        self.measures.show_found(found, why=self._why(clip))
        self.foot.show_verdict(found.verdict if found is not None and self._making.job(clip) is None else None)

    def close_work(self) -> None:
        """End the timer."""
        self._clock.stop()

    def _why(self, clip: Clip | None) -> str:
        if clip is None or not isinstance(clip.media, Generated):
            return self.tr("Choose a clip that was made here.")
        if clip.media.take is None:
            return self.tr("There is nothing to measure yet: generate the clip.")
        if self._measuring.is_measuring(clip):
            return self.tr("Measuring…")
        if len(self._there(clip.media.active)) < clip.media.frames:
            return self.tr("It is measured when all of its frames are there.")
        return self.tr("It is measured when nothing changes any more.")

    def _possible(self, clip: Clip | None) -> frozenset[str]:
        if clip is None:
            return frozenset({"dry-run"} if self._making.untaken() else ())
        found = {"loop"} if isinstance(clip.media, Video) else set[str]()
        if not isinstance(clip.media, Generated):
            return frozenset(found)
        if isinstance(clip.media.task, FrameSequence):
            found.add("dry-run")
        take = clip.media.take
        there = self._there(take.id) if take is not None else frozenset()
        if take is not None and there:
            found |= {"loop", "double", "deflicker"}
            if isinstance(take.task, FrameSequence):
                found.add("reroll")
            if self.frame_here() is not None:
                found |= {"repair", "bridge"}
            if len(there) < take.frames and take.task is not None and not self._making.is_made(take.id):
                found.add("complete")
        return frozenset(found)

    def _follow_playhead(self, *_: object) -> None:
        self.clip_panel.follow_playhead()
        number = self.frame_here()
        self.takes.follow_frame(self.clip if number is not None else None, number or 0)

    def _take_changed(self, take: str) -> None:
        clip = self.clip
        if clip is not None and isinstance(clip.media, Generated) and any(take == each.id for each in clip.media.takes):
            self.takes.follow(clip)
            self._follow_playhead()
            self.follow_measures()

    def _connect(self) -> None:
        desk, making = self._desk, self._making
        desk.changed.connect(self.follow)
        desk.selection_changed.connect(self.follow)
        desk.playhead_changed.connect(self._follow_playhead)
        desk.takes_changed.connect(self._take_changed)
        making.changed.connect(lambda _: self.follow_job())
        making.ended.connect(lambda *_: self.follow_job())
        making.begun.connect(self.follow_measures)
        self._measuring.found.connect(self.follow_measures)
