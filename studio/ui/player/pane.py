"""The player: the timeline's frame at the playhead, and the timeline in time."""

import dataclasses
import time
from collections.abc import Callable
from types import ModuleType

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QSlider, QVBoxLayout, QWidget

from studio.domain.document.document import Document
from studio.domain.geometry import Size
from studio.domain.messages import ClipPreview
from studio.domain.timeline.model import Canvas, Timeline
from studio.ui.player.actions import CHECKABLE, GUIDE_MENU, GUIDES, ONCE, PICTURE_MENU, table
from studio.ui.player.audio import Mix, Speaker, heard, portaudio
from studio.ui.player.comparing import Comparison, Mode
from studio.ui.player.drawing import Guide
from studio.ui.player.menus import compare_menu, pop_up
from studio.ui.player.onion import OnionSkin, neighbours, onion
from studio.ui.player.picture import PictureArea
from studio.ui.player.playback import Playback
from studio.ui.player.prefetch import Film, Key, Render
from studio.ui.player.previews import PreviewShelf
from studio.ui.player.reel import Reel
from studio.ui.player.scrub_bar import ScrubBar
from studio.ui.player.transport import Transport
from studio.ui.theme.tokens import COLOURS
from studio.ui.timeline.actions import Actions
from studio.ui.timeline.desk import TimelineDesk

_BAR_EVERY = 200  # milliseconds between two looks at what is cached
_SKIN = Size(960, 960)  # an onion skin needs no more pixels
_RESTED = 60  # milliseconds without a move until the onion skin is drawn


class PlayerPane(QFrame):
    """`render` and `key` are those of a montage, `size` tells the size of the timeline's frames, `mix` gives its sound,
    `there` says which frames of a take there are.

    `noted` tells a sentence: why something is not heard or seen.
    """

    noted = Signal(str)
    _told = Signal(str)

    def __init__(
        self,
        desk: TimelineDesk,
        render: Render,
        key: Key,
        size: Callable[[], Size],
        mix: Mix | None = None,
        *,
        budget: int = 0,
        now: Callable[[], int] = time.monotonic_ns,
        library: Callable[[], ModuleType] = portaudio,
        there: Callable[[str], frozenset[int]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(f"PlayerPane {{ background: {COLOURS.canvas}; }}")
        self.setAccessibleName(self.tr("Player"))
        self.desk = desk
        self.skin: OnionSkin | None = None
        self._speaker = Speaker(mix, self._told.emit, library)
        self._stale = True
        self._k_down = False
        self._previews = PreviewShelf(there)
        self.reel = Reel(Film(render, key), desk.shown, size, budget, self)
        self.playback = Playback(desk, self.reel, self._speaker, now, self)
        self.area = PictureArea(self)
        self.bar = ScrubBar(self)
        self.transport = Transport(self)
        self.actions_ = Actions(self, table(self))
        for name in CHECKABLE:
            self.actions_.checkable(name, name == "loop")
        for name in ONCE:
            self.actions_[name].setAutoRepeat(False)
        self._bar_timer = QTimer(self, singleShot=True, interval=_BAR_EVERY)
        self._rested = QTimer(self, singleShot=True, interval=_RESTED)
        self._connect()
        self._arrange()

    # ------------------------------------------------------------------------------------------ commands

    def act(self, name: str) -> None:
        """Carry out a command by its name: "toggle", "reverse", "stop", "forward", "back", "on", "loop", …"""
        self.actions_[name].trigger()

    def halt(self) -> None:
        """Stand still; while K is held down here, J and L step."""
        if self._k_down:
            self.playback.hold(True)
        else:
            self.playback.stop()

    def toggle_mute(self) -> None:
        """Sound on or off."""
        self._speaker.muted = not self._speaker.muted
        self._show_sound()

    def toggle_onion(self) -> None:
        """The frames before and after, or only the one at the playhead."""
        self.set_onion(None if self.skin else OnionSkin())

    def set_onion(self, skin: OnionSkin | None) -> None:
        """How the onion skin looks; None for none."""
        self.skin = skin
        self.transport.onion.setChecked(skin is not None)
        self.actions_["onion"].setChecked(skin is not None)
        self._draw_skin()

    def onion(self, frame: int | None = None, skin: OnionSkin | None = None) -> QImage | None:
        """The frames around one (that at the playhead), to be laid over it, also elsewhere: on the canvas where it is
        repaired. Frames that are not rendered yet are left out. None where there is no other one.
        """
        frame = self.desk.playhead if frame is None else frame
        skin = skin or self.skin or OnionSkin()
        before, after = (tuple(map(self.reel.image, frames)) for frames in neighbours(self.desk.shown, frame, skin))
        found = [image for image in (*before, *after) if image is not None]
        if not found:
            return None
        size = Size(found[0].width(), found[0].height()).fitted_into(_SKIN)
        return onion(before, after, size, skin.opacity, self.reel.image(frame))

    def toggle_guide(self, guide: Guide) -> None:
        """A guide on or off."""
        self.area.set_guides(self.area.guides ^ {guide})
        for name, each in GUIDES.items():
            self.actions_[name].setChecked(each in self.area.guides)

    def set_compare(
        self,
        first: Film | None,
        second: Film | None = None,
        mode: Mode = Mode.WIPE,
        names: tuple[str, str] = ("A", "B"),
    ) -> None:
        """Show two films at the playhead, frame by frame; None for the timeline alone."""
        films = (first, second) if first is not None and second is not None else None
        self.reel.compare(films or ())
        self.area.set_comparison(Comparison(mode, names) if films else None)
        self.transport.compare.setVisible(films is not None)
        self._show_frame()

    def set_compare_mode(self, mode: Mode) -> None:
        """Another way to compare the same two films."""
        if self.area.comparison is not None:
            self.area.set_comparison(dataclasses.replace(self.area.comparison, mode=mode))

    def show_preview(self, take: str, preview: ClipPreview) -> None:
        """The guesses for a take that is being made move in its place until its frames arrive."""
        self._previews.renew(self.desk.shown, take, preview)
        self._show_preview()

    def drop_preview(self, take: str) -> None:
        """Its making has ended."""
        self._previews.drop(take)
        self._show_preview()

    def refresh(self) -> None:
        """The timeline is the same, but its pixels may be others."""
        self._renew()

    def close_work(self) -> None:
        """End every thread and timer."""
        for timer in (self._bar_timer, self._rested):
            timer.stop()
        self.desk.desk.changed.disconnect(self._document_changed)
        self.desk.previewed.disconnect(self._renew)
        self.desk.takes_changed.disconnect(self._take_changed)
        self.desk.playhead_changed.disconnect(self._show_frame)
        self.playback.close_work()
        self.area.close_work()
        self.reel.close_work()
        self._told.disconnect(self.noted)

    # ------------------------------------------------------------------------------------------ what is shown

    def _document_changed(self, document: Document, _previous: Document) -> None:
        """A stroke on the canvas is none of the player's business, unless the canvas is a clip."""
        same = document.timeline is self.reel.timeline and self.reel.size == self.area.viewport_.picture
        if not same or _shows_canvas(document.timeline):
            self._renew()

    def _renew(self, *_: object) -> None:
        """Another timeline, or other pixels; nothing is rendered while nobody looks."""
        if not self.isVisible():
            self._stale = True
            return
        self._stale = False
        timeline = self.desk.shown
        self.reel.set_timeline(timeline)
        self.area.set_frame_size(self.reel.size)
        self.playback.set_timeline(timeline)
        self.bar.show_timeline(timeline)
        self.transport.enable(bool(timeline.length))
        self._show_sound()
        self._show_frame()
        self._show_counts()
        self._bar_timer.start()

    def _show_frame(self, *_: object) -> None:
        frame, timeline = self.desk.playhead, self.desk.shown
        self.bar.show_playhead(frame)
        self.transport.show_place(frame, timeline)
        if not timeline.length:
            self._previews.clear()
            self._tell_empty()
        else:
            self._show_images(frame, timeline)
        self._show_preview()

    def _show_images(self, frame: int, timeline: Timeline) -> None:
        problem = self.reel.problem(frame)
        if problem is not None:
            self.area.show_message(self.tr("This frame cannot be shown"), str(problem))
            return
        self.area.show_message("", "")
        films = 3 if self.area.comparison is not None else 1
        images = tuple(self.reel.image(frame, film) for film in range(films))
        waiting = "" if all(images) or self.playback.playing else self.tr("Rendering frame {frame}").format(frame=frame)
        self.area.show_images(images, waiting)
        self.area.show_skin(None)
        if self.skin is not None and not self.playback.playing:
            self._rested.start()

    def _tell_empty(self) -> None:
        text = self.tr("Generate a loop, or drop videos, pictures and sounds onto the timeline.")
        self.area.images = ()
        self.area.show_message(self.tr("Nothing to play yet"), text)

    def _draw_skin(self) -> None:
        wanted = self.skin is not None and not self.playback.playing and self.area.comparison is None
        self.area.show_skin(self.onion() if wanted else None)

    def _show_preview(self) -> None:
        self.area.show_preview(self._previews.at(self.desk.shown, self.desk.playhead))

    def _show_playing(self) -> None:
        playback = self.playback
        self.transport.show_playing(playback.shuttle.speed)
        self.transport.show_loop(playback.looped)
        self.actions_["loop"].setChecked(playback.looped)
        self._show_frame()

    def _show_counts(self) -> None:
        playback = self.playback
        rate, halvings = self.desk.shown.rate, playback.quality.halvings
        self.transport.show_counts(playback.shuttle.speed, playback.fps, rate, playback.dropped, halvings)

    def _show_sound(self) -> None:
        self.transport.show_sound(bool(heard(self.desk.shown)), self._speaker.muted)

    def _show_ranges(self) -> None:
        self.bar.show_ranges(self.reel.cache.ranges())

    # ------------------------------------------------------------------------------------------ what happens

    def _arrived(self, frame: int, _film: int) -> None:
        if not self._bar_timer.isActive():
            self._bar_timer.start()
        if frame == self.desk.playhead:
            self._show_frame()
        elif self.skin is not None and not self.playback.playing and not self._rested.isActive():
            self._rested.start()

    def _take_changed(self, take: str) -> None:
        self._previews.arrived(take)
        self._renew()

    def _set_volume(self, volume: float) -> None:
        self._speaker.volume = volume

    # ------------------------------------------------------------------------------------------ menus, keys

    def show_guide_menu(self) -> None:
        """The guides, at their button."""
        pop_up(self.actions_.menu(self, GUIDE_MENU), self.transport.guides)

    def show_compare_menu(self) -> None:
        """The ways to compare, at their button."""
        pop_up(compare_menu(self), self.transport.compare)

    def _show_picture_menu(self, at: QPointF) -> None:
        menu = self.actions_.menu(self, PICTURE_MENU)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at.toPoint())

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while nobody looked."""
        super().showEvent(event)
        if self._stale:
            self._renew()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks any more."""
        super().hideEvent(event)
        self.playback.stop()

    def event(self, event: QEvent) -> bool:
        """A button or slider that has the focus keeps its keys; K is up when the window is left."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            self._k_down = self._k_down or event.key() == Qt.Key.Key_K
            if _own_key(self.focusWidget(), event.key()):
                event.accept()
                return True
        elif event.type() == QEvent.Type.WindowDeactivate:
            self._let_go()
        return super().event(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """K is up."""
        if event.key() == Qt.Key.Key_K and not event.isAutoRepeat():
            self._let_go()
        super().keyReleaseEvent(event)

    def _let_go(self) -> None:
        self._k_down = False
        self.playback.hold(False)

    # ------------------------------------------------------------------------------------------ inside

    def _connect(self) -> None:
        self._told.connect(self.noted)
        self.desk.desk.changed.connect(self._document_changed)
        self.desk.previewed.connect(self._renew)
        self.desk.takes_changed.connect(self._take_changed)
        self.desk.playhead_changed.connect(self._show_frame)
        self.reel.arrived.connect(self._arrived)
        self.playback.changed.connect(self._show_playing)
        self.playback.counted.connect(self._show_counts)
        self.area.sized.connect(lambda: self.reel.set_shown(self.area.shown_size))
        self.area.menu_wanted.connect(self._show_picture_menu)
        self.bar.scrubbed.connect(self.playback.scrub)
        self.transport.wanted.connect(self.act)
        self.transport.volume_changed.connect(self._set_volume)
        self._bar_timer.timeout.connect(self._show_ranges)
        self._rested.timeout.connect(self._draw_skin)

    def _arrange(self) -> None:
        self.setFocusProxy(self.area)
        self.transport.show_loop(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.area, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.transport)


def _own_key(widget: QWidget | None, key: int) -> bool:
    """Is it a key that a control of the transport itself answers to?"""
    if isinstance(widget, QSlider):
        return key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)
    return isinstance(widget, QAbstractButton) and key == Qt.Key.Key_Space


def _shows_canvas(timeline: Timeline) -> bool:
    return any(isinstance(clip.media, Canvas) for track in timeline.tracks for clip in track.clips)
