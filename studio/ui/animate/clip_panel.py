"""Where the chosen clip lies and how it is laid onto what lies below."""

import dataclasses
from fractions import Fraction

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from studio.domain.document.blending import BlendMode
from studio.domain.errors import ErrorKind, StudioError
from studio.domain.timeline.model import Clip, Sound, Timeline, TrackKind, Video
from studio.domain.timeline.parameters import PARAMETERS
from studio.domain.timeline.requests import (
    lane_keys,
    request_enable_clips,
    request_move_clips,
    request_name_clip,
    request_set_key,
    request_set_media,
    request_speed,
    request_track_mode,
    request_trim_end,
)
from studio.domain.timeline.seen import value_at
from studio.domain.timeline.times import local_frame
from studio.ui.animate.gestures import Gestures
from studio.ui.paint.titles import mode_title
from studio.ui.theme.tokens import SPACE
from studio.ui.timeline.desk import Change, TimelineDesk
from studio.ui.timeline.naming import clip_name
from studio.ui.widgets.labels import label, row_label
from studio.ui.widgets.scroll import ScrollColumn
from studio.ui.widgets.slider_field import SliderField
from studio.ui.widgets.wheel import Choice, Number, WholeNumber

_PICTURE = ("opacity", "x", "y", "scale", "rotation")
_RANGES = {"opacity": (0, 1, 0.05), "x": (-1, 1, 0.01), "y": (-1, 1, 0.01), "scale": (0.05, 3, 0.05),
           "rotation": (-180, 180, 1), "volume": (0, 2, 0.05)}  # fmt: skip


class ClipPanel(QWidget):
    """Values with keys are those at the playhead, and an edit sets a key there; others are the same all over."""

    def __init__(self, desk: TimelineDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._gestures = desk, Gestures()
        self.clip: Clip | None = None
        self._showing = False
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name of the clip"))
        self.name.setToolTip(self.tr("What the clip is called, on the timeline and in files"))
        self.start, self.length = self._whole(self.tr("Start")), self._whole(self.tr("Length"))
        self.speed = Number(0)
        self.speed.setDecimals(3)
        self.speed.setRange(-10000, 10000)
        self.speed.setSuffix(" %")
        self.speed.setAccessibleName(self.tr("Speed"))
        self.speed.setKeyboardTracking(False)
        self.speed.setToolTip(self.tr("100 % is as it was made; below 0 it runs backwards"))
        self.mode = Choice()
        for mode in BlendMode:
            if mode is not BlendMode.PASS_THROUGH:
                self.mode.addItem(mode_title(mode), mode)
        self.mode.setAccessibleName(self.tr("Blend mode"))
        self.mode.setToolTip(self.tr("How the clip's track is blended onto what lies below"))
        self.enabled = QCheckBox(self.tr("Seen and heard"))
        self.loops = QCheckBox(self.tr("Repeats for ever"))
        self.loops.setToolTip(self.tr("The video's first frame follows its last"))
        self.fields = {name: self._slider(name) for name in (*_PICTURE, "volume")}
        self.names = {name: row_label(PARAMETERS[name].title, field) for name, field in self.fields.items()}
        self.keyed = label("", "small", wrap=True)
        self.none = label(self.tr("Choose a clip on the timeline."), "caption", wrap=True)
        self._arrange()
        self._connect()
        self.follow(None)

    def follow(self, clip: Clip | None) -> None:
        """Show another clip, or the same one as it is now."""
        if clip is None or self.clip is None or clip.id != self.clip.id:
            self._gestures.end()
        self.clip = clip
        self._form.setVisible(clip is not None)
        self.none.setVisible(clip is None)
        if clip is None:
            return
        self._showing = True
        timeline, sound = self._desk.shown, isinstance(clip.media, Sound)
        track = timeline.track_of(clip.id)
        if not self.name.hasFocus():
            self.name.setText(clip.name)
            self.name.setPlaceholderText(clip_name(clip))
        for field, value in ((self.start, clip.start), (self.length, clip.length)):
            field.setValue(value)
        self.speed.setValue(float(clip.speed) * 100)
        self.enabled.setChecked(clip.enabled)
        self.loops.setVisible(isinstance(clip.media, Video))
        self.loops.setChecked(isinstance(clip.media, Video) and clip.media.closed)
        if track is not None:
            self.mode.setCurrentIndex(self.mode.findData(track.mode))
        for part in (self.mode, self._mode_name):
            part.setVisible(not sound)
        loud = sound or (isinstance(clip.media, Video) and clip.media.sound)
        for name, slider in self.fields.items():
            shown = loud if name == "volume" else not sound
            slider.setVisible(shown)
            self.names[name].setVisible(shown)
        self._showing = False
        self.follow_playhead()

    def follow_playhead(self) -> None:
        """The values at the playhead."""
        if (clip := self.clip) is None:
            return
        timeline = self._desk.shown
        local = self._local(clip)
        for name, slider in self.fields.items():
            value = value_at(clip, name, local, timeline.ring, timeline.rate)
            if abs(slider.value - value) > 1e-6:
                with QSignalBlocker(slider):
                    slider.set_value(value)
        moving = [PARAMETERS[lane.parameter].title for lane in clip.lanes if len(lane.keys) > 1]
        self.keyed.setText(self.tr("Moves by keys: {names}.").format(names=", ".join(moving)))
        self.keyed.setVisible(bool(moving))

    # ------------------------------------------------------------------------------------------ editing

    def _request(self, label: str, change: Change, field: str) -> None:
        if self._showing or self.clip is None:
            return
        if not self._desk.request(label, change, self._gestures.key(f"{self.clip.id}-{field}")):
            self.follow(self._desk.active_clip)

    def _set_value(self, name: str, value: float) -> None:
        clip = self.clip
        if clip is None or self._showing:
            return
        keys = lane_keys(clip, name)
        # One key counts for all of the clip; with several, the one at the playhead is set.
        at = Fraction(self._local(clip)) if len(keys) > 1 else keys[0].at if keys else Fraction(0)
        self._request(PARAMETERS[name].title, lambda now: request_set_key(now, clip.id, name, at, value), name)

    def _set_start(self, value: int) -> None:
        if (clip := self.clip) is not None:
            self._request(
                self.tr("Move clips"), lambda now: request_move_clips(now, [clip.id], value - clip.start), "start"
            )

    def _set_length(self, value: int) -> None:
        if (clip := self.clip) is not None:
            self._request(self.tr("Length"), lambda now: request_trim_end(now, clip.id, value - clip.length), "length")

    def _set_speed(self, percent: float) -> None:
        if (clip := self.clip) is None:
            return
        speed = Fraction(str(round(percent, 3))) / 100

        def change(now: Timeline) -> Timeline:
            if not speed:
                raise StudioError(
                    ErrorKind.INPUT, "A clip with speed 0 would never go on.", "Use a still picture.", "speed"
                )
            return request_speed(now, clip.id, speed)

        self._request(self.tr("Speed"), change, "speed")

    def _set_name(self) -> None:
        if (clip := self.clip) is not None and self.name.text().strip() != clip.name:
            name = self.name.text()
            self._request(self.tr("Rename clip"), lambda now: request_name_clip(now, clip.id, name), "name")

    def _set_mode(self) -> None:
        clip, mode = self.clip, self.mode.currentData()
        track = self._desk.timeline.track_of(clip.id) if clip is not None else None
        if track is not None and track.kind is not TrackKind.AUDIO and mode is not None:
            chosen = BlendMode(mode)
            self._request(self.tr("Blend mode"), lambda now: request_track_mode(now, track.id, chosen), "mode")

    def _set_enabled(self, on: bool) -> None:
        if (clip := self.clip) is not None:
            self._request(self.tr("Switch clips"), lambda now: request_enable_clips(now, [clip.id], on), "enabled")

    def _set_loops(self, on: bool) -> None:
        clip = self.clip
        if clip is not None and isinstance(clip.media, Video):
            media = dataclasses.replace(clip.media, closed=on)
            self._request(self.tr("Repeat"), lambda now: request_set_media(now, clip.id, media), "closed")

    def _local(self, clip: Clip) -> int:
        return local_frame(self._desk.shown, clip, self._desk.playhead) or 0

    # ------------------------------------------------------------------------------------------ making

    def _whole(self, name: str) -> WholeNumber:
        box = WholeNumber()
        box.setRange(0, 10_000_000)
        box.setKeyboardTracking(False)
        box.setAccessibleName(name)
        box.setToolTip(self.tr("{name}, in frames of the timeline").format(name=name))
        return box

    def _slider(self, name: str) -> SliderField:
        known = PARAMETERS[name]
        low, high, step = _RANGES[name]
        field = SliderField(low, high, step=step, decimals=2, least=known.minimum, most=known.maximum)
        field.default = known.default
        field.name(known.title, self.tr("{name}. Double click: as it was").format(name=known.title))
        field.changed.connect(lambda value: self._set_value(name, value))
        field.slider.sliderReleased.connect(self._gestures.end)
        return field

    def _connect(self) -> None:
        self.name.editingFinished.connect(self._set_name)
        self.start.valueChanged.connect(self._set_start)
        self.length.valueChanged.connect(self._set_length)
        self.speed.valueChanged.connect(self._set_speed)
        self.mode.activated.connect(lambda _: self._set_mode())
        self.enabled.toggled.connect(self._set_enabled)
        self.loops.toggled.connect(self._set_loops)

    def _arrange(self) -> None:
        self._form = QWidget()
        grid = QGridLayout(self._form)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE.small)
        grid.setVerticalSpacing(SPACE.hair)
        grid.setColumnStretch(1, 1)
        self._mode_name = row_label(self.tr("Blend"), self.mode)
        rows: list[tuple[QWidget | None, QWidget]] = [
            (row_label(self.tr("Name"), self.name), self.name),
            (row_label(self.tr("Start"), self.start), self.start),
            (row_label(self.tr("Length"), self.length), self.length),
            (row_label(self.tr("Speed"), self.speed), self.speed),
            (None, self.enabled),
            (None, self.loops),
            (self._mode_name, self.mode),
            *((self.names[name], field) for name, field in self.fields.items()),
        ]
        for row, (name, field) in enumerate(rows):
            if name is not None:
                grid.addWidget(name, row, 0)
            grid.addWidget(field, row, 1)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.large)
        column.setSpacing(SPACE.small)
        column.addWidget(self.none)
        column.addWidget(self._form)
        column.addWidget(self.keyed)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(ScrollColumn(body))
