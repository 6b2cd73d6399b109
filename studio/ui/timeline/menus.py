"""The panel's context menus."""

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from studio.domain.easing import PRESETS
from studio.domain.timeline.model import Clip, Generated, Sound, Still, Track, Video
from studio.domain.timeline.requests import (
    lane_keys,
    request_choose_take,
    request_clear_lane,
    request_delete_take,
    request_name_clip,
    request_speed,
)
from studio.domain.timeline.seen import source_frame
from studio.domain.timeline.times import local_frame
from studio.ui.timeline.actions import CLIP_MENU, KEY_MENU, PLACE_MENU
from studio.ui.timeline.naming import clip_name, lane_name, tr
from studio.ui.timeline.open_lanes import lanes_for
from studio.ui.timeline.popups import NamePopup
from studio.ui.timeline.rows import WORDS, RowKind
from studio.ui.timeline.spots import Spot

if TYPE_CHECKING:
    from studio.ui.timeline.panel import TimelinePanel

_SPEEDS = (Fraction(1, 4), Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(2), Fraction(4), Fraction(-1))


class Menus:
    """Opens menus for a panel. `shown` is the latest one."""

    def __init__(self, panel: "TimelinePanel") -> None:
        self._panel = panel
        self.shown: QMenu | None = None

    def open(self, names: Iterable[str], where: QPoint) -> None:
        """A menu of commands."""
        self._popup(self._panel.actions_of.menu(self._panel, names), where)

    def open_at_spot(self, spot: Spot, where: QPoint) -> None:
        """For a clip, or for an empty place."""
        if spot.clip is None or spot.row is None:
            self.open(PLACE_MENU, where)
            return
        menu = self._panel.actions_of.menu(self._panel, CLIP_MENU)
        self._enable(spot.clip)
        menu.addSeparator()
        self._add_naming(menu, spot.clip, where)
        self._add_takes(menu, spot.clip)
        self._add_speeds(menu, spot.clip)
        track = self._panel.desk.timeline.track(spot.row.track)
        if track is not None:
            self._fill_lanes(menu.addMenu(tr("Lanes")), track)
        if spot.row.kind in (RowKind.KEYS, RowKind.WORDS):
            self._add_clearing(menu, spot)
        media = spot.clip.media
        if isinstance(media, Video | Still | Sound) and self._panel.strip.facts.missing(media):
            action = menu.addAction(tr("Find the missing file…"))
            action.triggered.connect(lambda: self._panel.relink_wanted.emit(media.path))
        self._popup(menu, where)

    def open_for_keys(self, where: QPoint) -> None:
        """For the chosen keys: easing, delete."""
        menu = QMenu(self._panel)
        self._add_value(menu, where)
        titles = {
            "linear": tr("Straight"), "ease": tr("Smooth"), "ease-in": tr("Slow at first"),
            "ease-out": tr("Slow at last"), "ease-in-out": tr("Slow at both ends"), "back": tr("Overshoot"),
            "hold": tr("Hold until the next key"),
        }  # fmt: skip
        for name, ease in PRESETS.items():
            action = menu.addAction(titles.get(name, name))
            action.triggered.connect(lambda _=False, ease=ease: self._panel.key_edits.ease(ease))
        menu.addSeparator()
        self._popup(self._panel.actions_of.fill(menu, KEY_MENU), where)

    def open_for_track(self, track_id: str, where: QPoint) -> None:
        """Name, order, delete."""
        menu, edits = QMenu(self._panel), self._panel.track_edits
        header = self._panel.headers.header(track_id)
        if header is not None:
            menu.addAction(tr("Rename")).triggered.connect(header.rename)
        menu.addAction(tr("Move up")).triggered.connect(lambda: edits.move(track_id, 1))
        menu.addAction(tr("Move down")).triggered.connect(lambda: edits.move(track_id, -1))
        menu.addSeparator()
        menu.addAction(tr("Delete track")).triggered.connect(lambda: edits.remove(track_id))
        menu.addSeparator()
        self._popup(self._panel.actions_of.fill(menu, ("add-video", "add-overlay", "add-audio")), where)

    def open_lanes(self, track_id: str, where: QPoint) -> None:
        """Which lanes are open."""
        track = self._panel.desk.timeline.track(track_id)
        if track is not None:
            menu = QMenu(self._panel)
            self._fill_lanes(menu, track)
            self._popup(menu, where)

    # ------------------------------------------------------------------------------------------ the active clip

    def zone_in_active(self) -> tuple[str, int, int] | None:
        """The active clip and the first and last of its source frames that the zone covers; without a zone, that at
        the playhead. None, with a note, where there is none.
        """
        timeline, clip = self._panel.desk.timeline, self._panel.desk.active_clip
        if clip is None or not isinstance(clip.media, Generated) or timeline.zone is None:
            found = self.frame_of_active()
            return (found[0], found[1], found[1]) if found is not None else None
        zone = timeline.zone
        inside = [frame for frame in range(zone.start, zone.end) if local_frame(timeline, clip, frame) is not None]
        if not inside:
            self._panel.desk.noted.emit(tr("In and out point do not touch the selected clip."))
            return None
        ends = [source_frame(clip, frame, timeline.rate, timeline.ring) for frame in (inside[0], inside[-1])]
        return clip.id, ends[0], ends[1]

    def frame_of_active(self) -> tuple[str, int] | None:
        """The active clip and its source frame at the playhead; None, with a note, where there is none."""
        desk = self._panel.desk
        clip = desk.active_clip
        if clip is None or not isinstance(clip.media, Generated):
            desk.noted.emit(tr("Select a generated clip first."))
            return None
        if local_frame(desk.timeline, clip, desk.playhead) is None:
            desk.noted.emit(tr("The playhead is not on the selected clip."))
            return None
        return clip.id, source_frame(clip, desk.playhead, desk.timeline.rate, desk.timeline.ring)

    # ------------------------------------------------------------------------------------------ inside

    def _enable(self, clip: Clip) -> None:
        """Commands for generated clips are there for these only."""
        made = isinstance(clip.media, Generated)
        self._panel.actions_of.enable(("generate", "reroll", "repair"), made)

    def _add_value(self, menu: QMenu, where: QPoint) -> None:
        """One key's value can be typed."""
        keys = [key for key in self._panel.strip.keys if key.parameter != WORDS]
        clip = self._panel.desk.timeline.clip(keys[0].clip) if len(keys) == 1 else None
        if clip is None:
            return
        value = next((key.value for key in lane_keys(clip, keys[0].parameter) if key.at == keys[0].at), 0.0)

        def ask() -> None:
            take = self._panel.key_edits.type_value
            popup = NamePopup(lane_name(keys[0].parameter), f"{value:g}", lambda text: take(keys[0], text), self._panel)
            popup.open_at(where.toPointF())

        menu.addAction(tr("Value…")).triggered.connect(ask)
        menu.addSeparator()

    def _add_naming(self, menu: QMenu, clip: Clip, where: QPoint) -> None:
        desk = self._panel.desk

        def name(text: str) -> None:
            desk.request(tr("Name clip"), lambda timeline: request_name_clip(timeline, clip.id, text))

        def ask() -> None:
            NamePopup(tr("Name of the clip"), clip_name(clip), name, self._panel).open_at(where.toPointF())

        menu.addAction(tr("Name…")).triggered.connect(ask)

    def _add_takes(self, menu: QMenu, clip: Clip) -> None:
        media, desk = clip.media, self._panel.desk
        if not isinstance(media, Generated) or not media.takes:
            return
        takes = menu.addMenu(tr("Takes"))
        for number, take in enumerate(media.takes, 1):
            action = takes.addAction(take.name or tr("Take {n}, {frames} frames").format(n=number, frames=take.frames))
            action.setCheckable(True)
            action.setChecked(take.id == media.active)
            action.triggered.connect(
                lambda _=False, take=take: desk.request(
                    tr("Choose take"), lambda timeline: request_choose_take(timeline, clip.id, take.id)
                )
            )
        takes.addSeparator()
        drop = takes.addAction(tr("Delete the shown take"))
        drop.triggered.connect(
            lambda: desk.request(
                tr("Delete take"), lambda timeline: request_delete_take(timeline, clip.id, media.active)
            )
        )

    def _add_speeds(self, menu: QMenu, clip: Clip) -> None:
        if not isinstance(clip.media, Generated | Video | Sound):
            return
        speeds, desk = menu.addMenu(tr("Speed")), self._panel.desk
        for speed in _SPEEDS:
            title = tr("Backwards") if speed < 0 else f"{float(speed) * 100:g} %"
            action = speeds.addAction(title)
            action.setCheckable(True)
            action.setChecked(clip.speed == speed)
            action.triggered.connect(
                lambda _=False, speed=speed: desk.request(
                    tr("Speed"), lambda timeline: request_speed(timeline, clip.id, speed)
                )
            )

    def _add_clearing(self, menu: QMenu, spot: Spot) -> None:
        clip, row = spot.clip, spot.row
        if clip is not None and row is not None:
            lane = row.parameter or str(row.kind)
            action = menu.addAction(tr("Delete all keys of “{lane}”").format(lane=lane_name(lane)))
            action.triggered.connect(
                lambda: self._panel.desk.request(
                    tr("Delete keys"), lambda timeline: request_clear_lane(timeline, clip.id, lane)
                )
            )

    def _fill_lanes(self, menu: QMenu, track: Track) -> None:
        for lane in lanes_for(track):
            action = menu.addAction(lane_name(lane))
            action.setCheckable(True)
            action.setChecked(lane in self._panel.lanes.opened(track.id))
            action.triggered.connect(lambda _=False, lane=lane: self._panel.lanes.toggle(track.id, lane))

    def _popup(self, menu: QMenu, where: QPoint) -> None:
        if self.shown is not None:
            self.shown.close()
            self.shown.deleteLater()
        self.shown = menu
        menu.popup(where)
