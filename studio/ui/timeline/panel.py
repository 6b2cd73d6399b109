"""The timeline's panel: toolbar, ruler, headers, strip; and what it asks the rest of the window for."""

import dataclasses
import math
from fractions import Fraction

from PySide6.QtCore import QPoint, QPointF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollBar, QStackedWidget, QVBoxLayout, QWidget

from studio.domain.messages import ClipPreview
from studio.domain.timeline.model import Timeline, Zone
from studio.ui.theme.palette import font
from studio.ui.theme.tokens import COLOURS, SPACE, TYPE
from studio.ui.timeline import accessibility
from studio.ui.timeline.actions import RULER_MENU, Actions, table
from studio.ui.timeline.axis import CLOSEST, TimeAxis
from studio.ui.timeline.beats_popup import BeatsPopup
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.timeline.edits import Edits
from studio.ui.timeline.facts import Facts, Thumbnails, Waves
from studio.ui.timeline.going import Going, clips_at
from studio.ui.timeline.hands import HandStrip
from studio.ui.timeline.headers import WIDTH, Headers
from studio.ui.timeline.invitation import Invitation
from studio.ui.timeline.key_edits import KeyEdits
from studio.ui.timeline.menus import Menus
from studio.ui.timeline.naming import described, described_key
from studio.ui.timeline.open_lanes import OpenLanes
from studio.ui.timeline.popups import NamePopup, PromptPopup
from studio.ui.timeline.ruler import Ruler
from studio.ui.timeline.spots import Spot
from studio.ui.timeline.ticks import timecode
from studio.ui.timeline.toolbar import Toolbar
from studio.ui.timeline.track_edits import TrackEdits
from studio.ui.widgets.buttons import push_button
from studio.ui.widgets.labels import label

_FINEST = 0.002  # logical pixels a frame: where the zoom slider begins
_SPAN = math.log(CLOSEST / _FINEST)


class TimelinePanel(QWidget):
    """The timeline of a desk. Thumbnails, waves and facts come from others; `look_again` when there are new ones."""

    import_wanted = Signal()
    export_wanted = Signal()
    generate_wanted = Signal(str)  # clip, "" for a new one
    reroll_wanted = Signal(str, int, int)  # clip, first and last source frame
    repair_wanted = Signal(str, int)  # clip, source frame
    relink_wanted = Signal(str)  # path of a missing file
    open_clip = Signal(str)  # its settings
    playback = Signal(str)  # toggle, reverse, stop, forward, pause
    dropped = Signal(list, int, str)  # paths, frame, track or ""

    def __init__(
        self, desk: TimelineDesk, thumbnails: Thumbnails | None = None, facts: Facts | None = None,
        waves: Waves | None = None, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        accessibility.install()
        self.desk = desk
        self.axis = TimeAxis(self)
        self.strip = HandStrip(desk, self.axis, facts or Facts())
        self.strip.thumbnails, self.strip.waves = thumbnails, waves
        self.ruler = Ruler(desk, self.axis, self.strip.snapper.snapped)
        self.edits, self.track_edits = Edits(desk), TrackEdits(desk)
        self.going = Going(desk, self.strip, lambda: self.playback.emit("pause"))
        self.key_edits = KeyEdits(desk, self.strip)
        self.lanes = OpenLanes(self.strip, self.key_edits)
        self.headers = Headers(self.strip, self.track_edits, self.lanes.header)
        self.stage = QWidget()  # what has the keys
        self.actions_of = Actions(self.stage, table(self))
        self.toolbar = Toolbar(self.actions_of)
        self.menus = Menus(self)
        self.invitation = Invitation()
        self.across, self.down = QScrollBar(Qt.Orientation.Horizontal), QScrollBar(Qt.Orientation.Vertical)
        self.pages = QStackedWidget()
        self.clock = push_button("", look="quiet", hint=self.tr("Count in frames, or in time"))
        self.clock.setFont(font(TYPE.title, strong=True))
        self.clock.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clock.clicked.connect(lambda: self.show_frames(not self.ruler.frames))
        self.count = label("", "small")
        self._arrange()
        self._connect()
        self._follow_timeline()
        self._describe()

    # ------------------------------------------------------------------------------------------ for others

    def look_again(self) -> None:
        """Thumbnails, waves or facts are others now."""
        self.strip.update()

    def preview(self, take: str, preview: ClipPreview) -> None:
        """Guesses at frames of a take, which are shown in its clip until the frames are there."""
        self.strip.guesses.renew(take, preview)
        self.strip.update()

    def drop_preview(self, take: str) -> None:
        """A take's making has ended."""
        self.strip.guesses.drop(take)
        self.strip.update()

    def take_up(self, tool: str) -> None:
        """Another tool."""
        self.strip.tool = tool
        self.actions_of[f"tool-{tool}"].setChecked(True)

    def show_frames(self, frames: bool) -> None:
        """Count in frames, or in time."""
        self.ruler.frames = frames
        self.ruler.update()
        self._tell_time()

    # ------------------------------------------------------------------------------------------ commands

    def toggle_snap(self) -> None:
        """The magnet on or off."""
        self.strip.snapper.on = self.actions_of["snap"].isChecked()

    def zoom(self, factor: float) -> None:
        """About the playhead where it is seen, else about the middle."""
        x = self.axis.view.x(self.desk.playhead)
        self.axis.zoom(factor, x if 0 <= x <= self.axis.view.width else self.axis.view.width / 2)

    def delete(self) -> None:
        """The chosen keys; without any, the selected clips."""
        self.delete_keys() if self.strip.keys else self.edits.delete()

    def delete_keys(self) -> None:
        """The chosen keys."""
        self.key_edits.delete()

    def add_key(self) -> None:
        """In each open lane of the active clip, at the playhead; without an open lane, of its opacity."""
        clip = self.desk.active_clip
        track = self.desk.timeline.track_of(clip.id) if clip is not None else None
        if clip is None or track is None:
            self.desk.noted.emit(self.tr("Select a clip first."))
            return
        self.key_edits.add_here(clip, self.lanes.keyed(track))

    def nudge(self, right: int, up: int) -> None:
        """The chosen keys, or the selected clips, by a frame; the keys' values by a hundredth of their range."""
        if self.strip.keys:
            self.key_edits.nudge(right, up)
        elif right:
            self.edits.move(right)

    def select_all(self) -> None:
        """All clips of tracks that are not locked."""
        self.desk.select(clip.id for track in self.desk.timeline.tracks if not track.locked for clip in track.clips)

    def select_none(self) -> None:
        """Let go of what is dragged; else choose no key; else select no clip."""
        if self.strip.cancel():
            return
        if self.strip.keys:
            self.strip.choose_keys(())
        else:
            self.desk.select(())

    def open_active(self) -> None:
        """The active clip's settings."""
        if (clip := self.desk.active_clip) is not None:
            self.open_clip.emit(clip.id)

    def generate_active(self) -> None:
        """Another take of the active clip."""
        clip = self.desk.active_clip
        self.generate_wanted.emit(clip.id if clip is not None else "")

    def reroll_active(self) -> None:
        """What the zone covers of the active clip; without a zone, the frame at the playhead."""
        span = self.menus.zone_in_active()
        if span is not None:
            self.reroll_wanted.emit(*span)

    def repair_active(self) -> None:
        """The active clip's frame at the playhead."""
        found = self.menus.frame_of_active()
        if found is not None:
            self.repair_wanted.emit(*found)

    # ------------------------------------------------------------------------------------------ inside

    def _arrange(self) -> None:
        stage = QVBoxLayout(self.stage)
        stage.setContentsMargins(0, 0, 0, 0)
        stage.setSpacing(0)
        stage.addWidget(self.ruler)
        stage.addWidget(self.strip, 1)
        corner = QWidget()
        corner.setFixedSize(WIDTH, self.ruler.sizeHint().height())
        corner.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        corner.setObjectName("corner")
        corner.setStyleSheet(f"#corner {{ background: {COLOURS.panel}; border-right: 1px solid {COLOURS.line};"
                             f" border-bottom: 1px solid {COLOURS.line}; }}")  # fmt: skip
        clock = QHBoxLayout(corner)
        clock.setContentsMargins(SPACE.small, 0, SPACE.medium, 0)
        clock.addWidget(self.clock)
        clock.addStretch(1)
        clock.addWidget(self.count)
        left = QVBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(0)
        left.addWidget(corner)
        left.addWidget(self.headers, 1)
        work = QWidget()
        grid = QGridLayout(work)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addLayout(left, 0, 0)
        grid.addWidget(self.stage, 0, 1)
        grid.addWidget(self.down, 0, 2)
        grid.addWidget(self.across, 1, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(0, 1)
        self.pages.addWidget(self.invitation)
        self.pages.addWidget(work)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toolbar)
        column.addWidget(self.pages, 1)
        self.setAccessibleName(self.tr("Timeline"))

    def _connect(self) -> None:
        desk, strip, ruler = self.desk, self.strip, self.ruler
        desk.changed.connect(lambda *_: self._follow_timeline())
        desk.selection_changed.connect(self._describe)
        strip.keys_changed.connect(self._describe)
        desk.playhead_changed.connect(self._follow_playhead)
        self.axis.changed.connect(self._follow_view)
        strip.rows_changed.connect(self._follow_rows)
        strip.top_changed.connect(self._follow_rows)
        self.across.valueChanged.connect(self._scroll)
        self.down.valueChanged.connect(strip.scroll_to)
        self.toolbar.zoomed.connect(self._zoom_to)
        ruler.scrubbed.connect(self._scrub)
        ruler.zone_dragged.connect(self._drag_zone)
        ruler.marker_dragged.connect(self._drag_marker)
        ruler.marker_opened.connect(self._name_marker)
        ruler.menu_wanted.connect(self._open_ruler_menu)
        ruler.wheeled.connect(strip.wheelEvent)
        strip.refused.connect(self.toolbar.say)
        strip.razed.connect(self._cut)
        strip.escaped.connect(self.select_none)
        strip.menu_wanted.connect(self.menus.open_at_spot)
        strip.key_menu_wanted.connect(self.menus.open_for_keys)
        strip.clip_opened.connect(self.open_clip)
        strip.words_opened.connect(self._edit_words)
        strip.words_wanted.connect(self._add_words)
        strip.repair_wanted.connect(self.repair_wanted)
        strip.dropped.connect(self.dropped)
        self.headers.track_menu_wanted.connect(self.menus.open_for_track)
        self.headers.lanes_menu_wanted.connect(self.menus.open_lanes)
        self.invitation.generate_wanted.connect(lambda: self.generate_wanted.emit(""))
        self.invitation.import_wanted.connect(self.import_wanted)
        self.invitation.canvas_wanted.connect(self.edits.add_canvas)

    def _follow_timeline(self) -> None:
        timeline = self.desk.timeline
        empty = not timeline.tracks
        self.pages.setCurrentIndex(0 if empty else 1)
        self.actions_of["ring"].setChecked(bool(timeline.ring))
        self.actions_of["rotate"].setEnabled(bool(timeline.ring))
        self._follow_view()
        self._tell_time()

    def _follow_view(self) -> None:
        view = self.axis.view
        low, high = view.limits(self.axis.length, self.axis.ring)
        with QSignalBlocker(self.across), QSignalBlocker(self.toolbar.slider):
            self.across.setPageStep(max(1, round(view.width)))
            self.across.setSingleStep(48)
            self.across.setRange(round(low * view.scale), round(high * view.scale))
            self.across.setValue(round(view.left * view.scale))
            self.toolbar.slider.setValue(round(1000 * math.log(view.scale / _FINEST) / _SPAN))

    def _follow_rows(self) -> None:
        with QSignalBlocker(self.down):
            self.down.setPageStep(self.strip.height())
            self.down.setRange(0, max(0, self.strip.rows.height - self.strip.height()))
            self.down.setSingleStep(24)
            self.down.setValue(self.strip.top)
        self.down.setVisible(self.down.maximum() > 0)

    def _tell_time(self) -> None:
        timeline, frame = self.desk.timeline, self.desk.playhead
        time = str(frame) if self.ruler.frames else timecode(frame, timeline.rate)
        self.clock.setText(time)
        self.clock.setAccessibleName(self.tr("Playhead at {time}").format(time=time))
        words = self.tr("ring of {n} frames") if timeline.ring else self.tr("{n} frames")
        self.count.setText(words.format(n=timeline.length))

    def _follow_playhead(self, frame: int) -> None:
        """It stays in view: the page is turned when it leaves."""
        self._tell_time()
        view = self.axis.view
        if not self.strip.drag and not view.left <= frame <= view.right:
            self.axis.set_view(dataclasses.replace(view, left=frame - 8 / view.scale))

    def _scroll(self, value: int) -> None:
        view = self.axis.view
        self.axis.set_view(dataclasses.replace(view, left=value / view.scale))

    def _zoom_to(self, value: int) -> None:
        self.zoom(_FINEST * math.exp(value / 1000 * _SPAN) / self.axis.view.scale)

    def _scrub(self, frame: int) -> None:
        self.strip.setFocus(Qt.FocusReason.MouseFocusReason)
        self.playback.emit("pause")
        self.desk.set_playhead(frame)

    def _drag_zone(self, zone: Zone, done: bool) -> None:
        if done:
            self.edits.set_zone(zone)
        else:
            self.desk.preview(lambda timeline: dataclasses.replace(timeline, zone=zone))

    def _drag_marker(self, at: int, to: int, done: bool) -> None:
        change = self.edits.moved_marker(at, to)
        if done and at != to:
            self.desk.request(self.tr("Move marker"), change)
        else:
            self.desk.preview(change)

    def _name_marker(self, at: int, place: QPointF) -> None:
        name = next((marker.name for marker in self.desk.timeline.markers if marker.at == at), "")
        popup = NamePopup(self.tr("Name of the marker"), name, lambda text: self.edits.name_marker(at, text), self)
        popup.open_at(place)

    def _open_ruler_menu(self, where: QPoint, frame: int) -> None:
        self.desk.set_playhead(frame)
        self.menus.open(RULER_MENU, where)

    def _cut(self, spot: Spot, everywhere: bool) -> None:
        if spot.clip is None:
            return
        timeline: Timeline = self.desk.timeline
        frame = round(spot.frame) - spot.turn * timeline.ring
        frame = frame % timeline.ring if timeline.ring else frame
        ids = [clip.id for clip in clips_at(timeline, frame)] if everywhere else [spot.clip.id]
        self.edits.split_at(ids, frame)

    def _edit_words(self, clip_id: str, at: Fraction, place: QPointF) -> None:
        clip = self.desk.timeline.clip(clip_id)
        words = next((words for words in clip.words if words.at == at), None) if clip is not None else None
        self._ask_words(clip_id, at, (words.prompt, words.negative) if words is not None else ("", ""), place)

    def _add_words(self, clip_id: str, local: float, place: QPointF) -> None:
        self._ask_words(clip_id, Fraction(round(local)), ("", ""), place)

    def open_beats(self) -> None:
        """Set the beats of the music."""
        place = QPointF(self.toolbar.mapToGlobal(self.toolbar.rect().bottomLeft()))
        BeatsPopup(self.desk.timeline, self.edits.set_beats, self).open_at(place)

    def _ask_words(self, clip_id: str, at: Fraction, before: tuple[str, str], place: QPointF) -> None:
        def use(prompt: str, negative: str) -> None:
            self.key_edits.set_words(clip_id, at, prompt, negative)

        PromptPopup(self.tr("Prompt from here on"), *before, use, self).open_at(place)

    def _describe(self) -> None:
        """What is selected, for a screen reader."""
        clip, count = self.desk.active_clip, len(self.desk.selected)
        timeline = self.desk.timeline
        if clip is None:
            clips = sum(len(track.clips) for track in timeline.tracks)
            words = self.tr("{tracks} tracks, {clips} clips, {time} long; nothing is selected").format(
                tracks=len(timeline.tracks), clips=clips, time=timecode(timeline.length, timeline.rate))  # fmt: skip
        else:
            words = described(timeline, clip)
            if count > 1:
                words = self.tr("{clip}, and {n} more").format(clip=words, n=count - 1)
        if key := next(iter(self.strip.keys), None):
            words = described_key(timeline, key)
        self.strip.setAccessibleDescription(words)
        QAccessible.updateAccessibility(QAccessibleEvent(self.strip, QAccessible.Event.DescriptionChanged))
        accessibility.tell_selection(self.strip)
