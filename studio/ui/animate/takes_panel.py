"""The takes of the chosen clip: which there are, which is seen, what the frame at the playhead comes from."""

import datetime
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QImage, QMouseEvent, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QMenu, QVBoxLayout, QWidget

from studio.domain.sequence import FrameSequence, Provenance
from studio.domain.timeline.model import Clip, Generated, Take
from studio.domain.timeline.requests import request_choose_take, request_delete_take, request_rename_take
from studio.ui.animate.words import provenance_text
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.timeline.desk import TimelineDesk
from studio.ui.widgets.buttons import tool_button
from studio.ui.widgets.labels import ElidedLabel, label
from studio.ui.widgets.scroll import ScrollColumn

_SMALL = QSize(64, 48)
_MOST = 200  # takes that are listed, the newest


class TakeRow(QFrame):
    """One take: a picture of it, its name, what it is of. Click: it is seen."""

    chosen, compared, named, deleted = Signal(str), Signal(str), Signal(str, str), Signal(str)

    def __init__(self, take: Take, number: int, there: int, image: QImage | None, *, active: bool) -> None:
        super().__init__()
        self.take = take
        self.setProperty("look", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        edge = COLOURS.lamp if active else COLOURS.line
        self.setStyleSheet(f"TakeRow {{ border-color: {edge}; }}")
        self.picture = QLabel()
        self.picture.setFixedSize(_SMALL)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setStyleSheet(f"background: {COLOURS.canvas}; border-radius: 4px;")
        self.show_image(image)
        self.title = take.name or self.tr("Take {n}").format(n=number)
        self.name = ElidedLabel(self.title, "heading" if active else "")
        self.edit = QLineEdit(self.title)
        self.edit.setAccessibleName(self.tr("Name of the take"))
        self.edit.setToolTip(self.tr("What the take is called"))
        self.edit.hide()
        self.edit.editingFinished.connect(self._renamed)
        about = [_frames(take, there), _when(take)]
        if isinstance(take.task, FrameSequence):
            about.append(self.tr("seed {n}").format(n=take.task.recipe.seed))
        self.about = ElidedLabel(" · ".join(filter(None, about)), "small")
        self.compare = tool_button(
            "square-split-horizontal", self.tr("Compare"), hint=self.tr("Compare with the take that is seen")
        )
        self.compare.setEnabled(not active)
        self.compare.clicked.connect(lambda: self.compared.emit(take.id))
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(self.about.text() + (self.tr(", is seen") if active else ""))
        self._arrange()

    def show_image(self, image: QImage | None) -> None:
        """Its picture, or none yet."""
        if image is not None and not image.isNull():
            size = _SMALL * self.devicePixelRatioF()
            fitted = image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
            shown = QPixmap.fromImage(fitted)
            shown.setDevicePixelRatio(self.devicePixelRatioF())
            self.picture.setPixmap(shown)

    def ask_name(self) -> None:
        """Let the user write another name."""
        self.name.hide()
        self.edit.show()
        self.edit.setFocus()
        self.edit.selectAll()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """It is seen."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit(self.take.id)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Another name."""
        self.ask_name()

    def keyPressEvent(self, event: object) -> None:
        """Return: it is seen. F2: another name. Del: away with it."""
        key = event.key()  # type: ignore[attr-defined]
        if self.edit.isVisible():
            super().keyPressEvent(event)  # type: ignore[arg-type]
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self.take.id)
        elif key == Qt.Key.Key_F2:
            self.ask_name()
        elif key == Qt.Key.Key_Delete:
            self.deleted.emit(self.take.id)
        else:
            super().keyPressEvent(event)  # type: ignore[arg-type]

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """All that can be done with it."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("&Show it")).triggered.connect(lambda: self.chosen.emit(self.take.id))
        if self.compare.isEnabled():
            menu.addAction(self.tr("&Compare with the one shown")).triggered.connect(
                lambda: self.compared.emit(self.take.id)
            )
        menu.addAction(self.tr("&Rename")).triggered.connect(self.ask_name)
        menu.addAction(self.tr("&Delete")).triggered.connect(lambda: self.deleted.emit(self.take.id))
        menu.popup(event.globalPos())

    def _renamed(self) -> None:
        text = self.edit.text().strip()
        self.edit.hide()
        self.name.show()
        if text and text != self.title:
            self.named.emit(self.take.id, text)

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        for part in (self.name, self.edit, self.about):
            words.addWidget(part)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.hair, SPACE.hair, SPACE.hair, SPACE.hair)
        row.setSpacing(SPACE.small)
        row.addWidget(self.picture)
        row.addLayout(words, 1)
        row.addWidget(self.compare)


class TakesPanel(QWidget):
    """`there` says which frames of a take there are, `provenance` what a frame comes from, `image` gives a small
    picture of a take at once, or None. `compared` names two takes of a clip.
    """

    compared = Signal(str, str, str)  # clip, the take that is seen, the other

    def __init__(
        self, desk: TimelineDesk, there: Callable[[str], frozenset[int]],
        provenance: Callable[[str, int], Provenance | None], image: Callable[[Generated, str, int], QImage | None],
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._desk, self._there, self._provenance, self._image = desk, there, provenance, image
        self.rows: list[TakeRow] = []
        self._key: object = None
        self.none = label(
            self.tr("No take yet. Generate makes one; each further one lies beside it."), "caption", wrap=True
        )
        self.source = label("", "caption", wrap=True)
        self.source.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        body = QWidget()
        self._list = QVBoxLayout()
        self._list.setSpacing(SPACE.hair)
        column = QVBoxLayout(body)
        column.setContentsMargins(SPACE.medium, SPACE.small, SPACE.medium, SPACE.large)
        column.setSpacing(SPACE.small)
        column.addWidget(self.none)
        column.addLayout(self._list)
        column.addSpacing(SPACE.hair)
        self._heading = label(self.tr("Frame at the playhead"), "section")
        column.addWidget(self._heading)
        column.addWidget(self.source)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(ScrollColumn(body))

    def follow(self, clip: Clip | None) -> None:
        """Show the takes of a clip, the newest first."""
        media = clip.media if clip is not None and isinstance(clip.media, Generated) else None
        takes = media.takes if media is not None else ()
        key = (
            clip.id if clip else "",
            takes,
            media.active if media else "",
            tuple(len(self._there(t.id)) for t in takes),
        )
        if key == self._key:
            return
        self._key = key
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = []
        numbered = list(enumerate(takes, 1))[-_MOST:]
        for number, take in reversed(numbered):
            assert media is not None and clip is not None
            active = take.id == media.active
            there = len(self._there(take.id))
            row = TakeRow(take, number, there, self._image(media, take.id, _SMALL.height() * 2), active=active)
            self._connect(row, clip.id, media.active)
            self._list.addWidget(row)
            self.rows.append(row)
        self.none.setVisible(not takes)

    def refresh_images(self, clip: Clip | None) -> None:
        """There may be pictures now."""
        if clip is not None and isinstance(clip.media, Generated):
            for row in self.rows:
                row.show_image(self._image(clip.media, row.take.id, _SMALL.height() * 2))

    def follow_frame(self, clip: Clip | None, number: int) -> None:
        """Tell where a frame of the take that is seen comes from."""
        take = clip.media.take if clip is not None and isinstance(clip.media, Generated) else None
        found = self._provenance(take.id, number) if take is not None else None
        for part in (self._heading, self.source):
            part.setVisible(take is not None)
        if take is not None:
            self.source.setText(provenance_text(number, found, there=number in self._there(take.id)))

    def _connect(self, row: TakeRow, clip_id: str, active: str) -> None:
        desk = self._desk
        row.chosen.connect(
            lambda take: desk.request(self.tr("Choose take"), lambda now: request_choose_take(now, clip_id, take))
        )
        row.deleted.connect(
            lambda take: desk.request(self.tr("Delete take"), lambda now: request_delete_take(now, clip_id, take))
        )
        row.named.connect(
            lambda take, name: desk.request(
                self.tr("Rename take"), lambda now: request_rename_take(now, clip_id, take, name)
            )
        )
        row.compared.connect(lambda take: self.compared.emit(clip_id, active, take))


def _frames(take: Take, there: int) -> str:
    return f"{there}/{take.frames}" if there < take.frames else f"{take.frames}"


def _when(take: Take) -> str:
    if not take.made:
        return ""
    made, now = datetime.datetime.fromtimestamp(take.made), datetime.datetime.now()
    return f"{made:%H:%M}" if made.date() == now.date() else f"{made:%Y-%m-%d %H:%M}"
