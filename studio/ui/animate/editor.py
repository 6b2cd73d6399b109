"""One project's timeline with all that plays, makes and measures its clips; another project gets another one."""

import secrets

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout, QWidget

from studio.domain.jobs import Job
from studio.domain.timeline.model import Clip, Generated, Timeline
from studio.domain.timeline.seen import shots_at
from studio.imaging.compose import Compositor
from studio.session.clips.frames import CanvasPicture, FrameReader
from studio.session.clips.streaming import ClipJobs
from studio.session.cutting import frame_size
from studio.session.montage import Montage
from studio.session.studio import Studio
from studio.ui.animate.comparing import film_of, shown_with
from studio.ui.animate.inspector import WIDTH, Inspector
from studio.ui.animate.making import Making
from studio.ui.animate.measuring import Measuring
from studio.ui.animate.media_watch import MediaWatch
from studio.ui.animate.takes_panel import TakesPanel
from studio.ui.animate.welcome import Welcome
from studio.ui.paint.desk import PaintDesk
from studio.ui.paint.toast import Toast
from studio.ui.player.pane import PlayerPane
from studio.ui.theme.tokens import SPACE
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.timeline.facts import Facts
from studio.ui.timeline.panel import TimelinePanel
from studio.ui.timeline.rows import MEASURES, WORDS
from studio.ui.timeline.thumbnails import FrameThumbnails
from studio.ui.timeline.waves import FileWaves

_FOLLOW = 120  # milliseconds: many frames may come at once


class ClipEditor(QFrame):
    """Ends with `close_work`, before the project is closed."""

    problem = Signal(object)  # Problem
    repair_wanted = Signal(str, str, int)  # clip, take, frame

    def __init__(self, studio: Studio, jobs: ClipJobs, paint: PaintDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio, self.paint, self.session = studio, paint, paint.session
        session = self.session
        self.desk = TimelineDesk(paint, self)
        canvas = CanvasPicture(lambda: session.document, Compositor(session.store))
        self.reader = FrameReader(session.takes, canvas)
        self.montage = Montage(self.reader)
        self.making = Making(studio, session, jobs, self.desk, self.reader, self)
        self.measuring = Measuring(self.desk, session.takes, self.reader, self.making.is_made, self)
        self.files = MediaWatch(self.desk, self)
        self.thumbnails = FrameThumbnails(self.reader.pixels, self)
        self.waves = FileWaves(self)
        self.player = PlayerPane(
            self.desk,
            self.montage.frame,
            self.montage.key,
            lambda: frame_size(paint.document),
            self.montage.sound,
            there=session.takes.numbers,
        )
        facts = Facts(session.takes.numbers, self.making.is_made, self.files.why, self.measuring.diagnosis)
        self.panel = TimelinePanel(self.desk, self.thumbnails, facts, self.waves)
        takes = TakesPanel(self.desk, session.takes.numbers, session.takes.provenance, self._picture)
        self.inspector = Inspector(self.desk, studio, self.making, self.measuring, takes, session.takes.numbers)
        self.welcome = Welcome(self.player)
        self.toast = Toast(self.player)
        self._fresh: set[str] = set()  # takes that play as soon as their first frame is there
        self._soon = QTimer(self, singleShot=True, interval=_FOLLOW)
        self._soon.timeout.connect(self._look)
        self._arrange()
        self._connect()
        self._show_welcome()
        if shots := shots_at(self.desk.timeline, self.desk.playhead):
            self.desk.select([shots[-1].clip.id])  # what is seen is what Generate and its progress are about

    # ------------------------------------------------------------------------------------------ commands

    def generate(self) -> None:
        """Another take of the chosen clip; without one that was made here, a new loop."""
        panel = self.inspector.generate
        clip, task = panel.clip, panel.new_seed()
        if clip is not None:
            self.making.generate(clip, task)
        else:
            self.making.new_loop(task)

    def do(self, what: str) -> None:
        """What the inspector's foot asks for."""
        clip, number = self.desk.active_clip, self.inspector.frame_here()
        match what:
            case "generate":
                self.generate()
            case "measures":
                self.inspector.measures_tab.click()
            case "reroll":
                self.panel.reroll_active()
            case "dry-run" if clip is None:
                self.making.dry_run_all()
            case "repair" if clip is not None and number is not None:
                self.repair(clip.id, number)
            case "bridge" if clip is not None and number is not None:
                self.making.bridge_over(clip, number)
            case _ if clip is not None:
                acts = {
                    "cancel": self.making.cancel,
                    "dry-run": self.making.dry_run,
                    "loop": self.making.make_loop,
                    "double": lambda clip: self.making.multiply(clip, 2),
                    "deflicker": self.making.deflicker,
                    "complete": self.making.complete,
                }
                acts[what](clip)

    def reroll(self, clip_id: str, first: int, last: int) -> None:
        """A range of frames once more."""
        if (clip := self.desk.timeline.clip(clip_id)) is not None:
            self.making.reroll(clip, first, last, secrets.randbelow(2**32))

    def repair(self, clip_id: str, number: int) -> None:
        """A frame is to be painted on."""
        clip = self.desk.timeline.clip(clip_id)
        if clip is not None and isinstance(clip.media, Generated) and clip.media.active:
            self.repair_wanted.emit(clip_id, clip.media.active, number)

    def compare(self, clip_id: str, first: str, second: str) -> None:
        """Two takes of a clip in the player."""
        clip = self.desk.timeline.clip(clip_id)
        if clip is None or not isinstance(clip.media, Generated):
            return
        takes = {take.id: take.name or self.tr("Take {n}").format(n=n) for n, take in enumerate(clip.media.takes, 1)}
        films = [film_of(self.montage, clip_id, take) for take in (first, second)]
        self.player.set_compare(films[0], films[1], names=(takes.get(first, "A"), takes.get(second, "B")))
        self.player.area.setFocus()

    def close_work(self) -> None:
        """End every thread and timer; what is being made goes on, and finds the project again."""
        self._soon.stop()
        self.making.close_work()
        self.measuring.close_work()
        self.files.close_work()
        self.inspector.close_work()
        self.player.close_work()
        self.thumbnails.close()
        self.waves.close()
        self.toast.hide()
        self.reader.forget()

    # ------------------------------------------------------------------------------------------ what happens

    def _picture(self, media: Generated, take: str, height: int) -> QImage | None:
        return self.thumbnails.picture(shown_with(media, take), 0, height)

    def _begun(self, take: str) -> None:
        self._fresh.add(take)
        self.inspector.follow()

    def _arrived(self, take: str, _number: int) -> None:
        """The first frame of what was just asked for: it plays."""
        if take in self._fresh and self.isVisible():
            self._fresh.discard(take)
            playback = self.player.playback
            if not playback.playing and self._shows(take):
                playback.toggle()

    def _shows(self, take: str) -> bool:
        clip = self.desk.active_clip
        return clip is not None and isinstance(clip.media, Generated) and clip.media.active == take

    def _ended(self, take: str, job: Job) -> None:
        self._fresh.discard(take)
        self.player.drop_preview(take)
        self.panel.drop_preview(take)
        self.measuring.look_again()
        self.panel.look_again()

    def _take_changed(self, take: str) -> None:
        self.thumbnails.forget_take(take)
        self._soon.start() if not self._soon.isActive() else None

    def _look(self) -> None:
        self.panel.look_again()
        self.inspector.takes.refresh_images(self.desk.active_clip)

    def _document_changed(self, document: object, previous: object) -> None:
        self._show_welcome()
        if getattr(document, "layers", None) is not getattr(previous, "layers", None):
            self.thumbnails.forget_canvas()

    def _show_welcome(self) -> None:
        timeline: Timeline = self.desk.timeline
        empty = not any(track.clips for track in timeline.tracks)
        self.welcome.setVisible(empty)
        # Who comes back to clips plays and cuts; who begins writes.
        self.setFocusProxy(self.inspector.generate.prompt if empty else self.panel.strip)

    def _open_clip(self, clip_id: str) -> None:
        self.desk.select([clip_id])
        self.inspector.generate_tab.click()
        self.inspector.generate.prompt.setFocus()

    def _generate_for(self, clip_id: str) -> None:
        """From the timeline: a take of that clip, or first the prompt of a new loop."""
        clip: Clip | None = self.desk.timeline.clip(clip_id) if clip_id else None
        self.desk.select([clip_id] if clip is not None else [])
        self.inspector.generate_tab.click()
        if clip is not None:
            self.generate()
        else:
            self.inspector.generate.prompt.setFocus()

    # ------------------------------------------------------------------------------------------ making

    def _connect(self) -> None:
        panel, player, making = self.panel, self.player, self.making
        for source in (making.noted, self.desk.noted, player.noted):
            source.connect(self.toast.say)
        making.problem.connect(self._trouble)
        making.begun.connect(self._begun)
        making.arrived.connect(self._arrived)
        making.ended.connect(self._ended)
        making.previewed.connect(player.show_preview)
        making.previewed.connect(panel.preview)
        self.measuring.found.connect(lambda _: panel.look_again())
        self.files.changed.connect(lambda _: panel.look_again())
        self.thumbnails.made.connect(self._look)
        self.waves.made.connect(panel.look_again)
        self.desk.takes_changed.connect(self._take_changed)
        self.paint.changed.connect(self._document_changed)
        self.inspector.wanted.connect(self.do)
        self.inspector.generate.words_added.connect(lambda clip: self._open_lane(clip, WORDS))
        self.inspector.measures.lane_wanted.connect(self._open_measures)
        self.inspector.takes.compared.connect(self.compare)
        self.welcome.begun.connect(self._use_example)
        panel.generate_wanted.connect(self._generate_for)
        panel.reroll_wanted.connect(self.reroll)
        panel.repair_wanted.connect(self.repair)
        panel.open_clip.connect(self._open_clip)
        panel.playback.connect(self._play)

    def _play(self, name: str) -> None:
        if name == "pause":
            self.player.playback.stop()
        else:
            self.player.act(name)

    def _open_lane(self, clip_id: str, lane: str) -> None:
        """A lane below a clip; it stays where it is open already."""
        track = self.desk.timeline.track_of(clip_id)
        if track is not None and lane not in self.panel.lanes.opened(track.id):
            self.panel.lanes.toggle(track.id, lane)

    def _open_measures(self) -> None:
        if (clip := self.desk.active_clip) is not None:
            self._open_lane(clip.id, MEASURES)

    def _use_example(self, text: str) -> None:
        self.inspector.generate_tab.click()
        panel = self.inspector.generate
        panel.use_example(text)
        panel.prompt.setFocus()

    def _trouble(self, problem: object) -> None:
        self.inspector.generate.form.mark(getattr(problem, "field", ""), str(getattr(problem, "message", "")))
        self.problem.emit(problem)

    def _arrange(self) -> None:
        left = QSplitter(Qt.Orientation.Vertical)
        left.addWidget(self.player)
        left.addWidget(self.panel)
        left.setStretchFactor(0, 3)
        left.setStretchFactor(1, 2)
        left.setChildrenCollapsible(False)
        left.setSizes([600, 400])
        whole = QSplitter(Qt.Orientation.Horizontal)
        whole.addWidget(left)
        whole.addWidget(self.inspector)
        whole.setStretchFactor(0, 1)
        whole.setCollapsible(0, False)
        whole.setSizes([1000, WIDTH])
        for splitter in (left, whole):
            splitter.setHandleWidth(SPACE.hair)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(whole)
