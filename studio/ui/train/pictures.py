"""The pictures to learn from: a folder, shown as cards with captions."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.domain.training import TrainingKind
from studio.imaging.training_set import TrainingSet, is_picture
from studio.session.captioners import Captioner
from studio.ui.loader import PictureLoader
from studio.ui.plurals import counted
from studio.ui.theme.icons import pixmap
from studio.ui.theme.tokens import COLOURS, SPACE
from studio.ui.train.cards import CARD, CardDelegate
from studio.ui.train.examples import ExamplesModel
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import ElidedLabel, label


class CardList(QListView):
    """Cards in lines; Enter, F2 or typing opens a caption."""

    def __init__(self, model: ExamplesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(CardDelegate(self))
        self.setProperty("look", "cards")
        self.setAccessibleName(self.tr("Pictures to learn from"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setGridSize(CARD)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        trigger = QListView.EditTrigger
        self.setEditTriggers(
            trigger.DoubleClicked | trigger.EditKeyPressed | trigger.AnyKeyPressed | trigger.SelectedClicked
        )
        self.setViewportMargins(SPACE.small, SPACE.small, 0, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter edits; everything else as a list does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.edit(self.currentIndex())
            event.accept()
        else:
            super().keyPressEvent(event)


class EmptySet(QWidget):
    """What the pane says before there are pictures."""

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        sign = QLabel()
        sign.setPixmap(pixmap("images", COLOURS.lamp, 40, self.devicePixelRatioF()))
        self.title = label("", "display", wrap=True)
        self.text = label("", "caption", wrap=True)
        self.button = push_button(
            self.tr("Choose folder…"),
            sign="folder-open",
            hint=self.tr("A folder of pictures; captions lie beside them"),
        )
        self.button.clicked.connect(self.chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.huge, SPACE.huge, SPACE.huge, SPACE.huge)
        column.setSpacing(SPACE.large)
        column.addStretch(3)
        for part in (sign, self.title, self.text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(part)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(4)
        self.ask_for(TrainingKind.LORA)
        self.say("")

    def ask_for(self, kind: TrainingKind) -> None:
        """Which pictures a kind of training needs."""
        lora = self.tr("5–30 pictures of one thing or one style")
        few_steps = self.tr("50 or more pictures of what the base draws")
        model = self.tr("Thousands of pictures with captions")
        self.title.setText({TrainingKind.LORA: lora, TrainingKind.FEW_STEPS: few_steps}.get(kind, model))

    def say(self, folder: str) -> None:
        """Invite, or tell that a folder holds nothing."""
        self.text.setText(
            self.tr("There are no pictures in {folder}. Choose another folder, or drop pictures here.").format(
                folder=folder
            )
            if folder
            else self.tr("Drop a folder or pictures here. A text file beside a picture is its caption.")
        )


class PicturesPane(QFrame):
    """Shows a training set. What the user does with it are signals; the page does the work."""

    folder_chosen = Signal(Path)
    files_dropped = Signal(list)  # of Path: pictures that lie anywhere
    caption_wanted = Signal(object, bool)  # Captioner, also where there is a caption
    undo_wanted = Signal()
    reload_wanted = Signal()

    def __init__(self, loader: PictureLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.model = ExamplesModel(loader, self)
        self.list = CardList(self.model)
        self.empty = EmptySet()
        self.empty.chosen.connect(self.pick)
        self.title = ElidedLabel("", "heading")
        self.count = label("", "caption")
        self.folder_button = push_button(
            self.tr("Choose folder…"), sign="folder-open", hint=self.tr("Learn from another folder")
        )
        self.folder_button.clicked.connect(self.pick)
        self.caption_button = push_button(
            self.tr("Caption all with…"),
            sign="text-cursor-input",
            hint=self.tr("Write captions for all pictures at once"),
        )
        self.caption_menu = QMenu(self)
        self.replace = QAction(self.tr("Also &replace captions that are there"), self, checkable=True)
        self.caption_button.setMenu(self.caption_menu)
        self.reload_button = tool_button("refresh-cw", self.tr("Read the folder again"))
        self.reload_button.clicked.connect(self.reload_wanted)
        self.note = label("", "warning", wrap=True)
        self.undo_button = push_button(self.tr("Undo"), look="link", hint=self.tr("Bring the former captions back"))
        self.undo_button.clicked.connect(self.undo_wanted)
        self.body = QStackedWidget()
        self._arrange()
        self.show_set(TrainingSet(Path()), ())

    def show_set(self, found: TrainingSet, notes: tuple[str, ...]) -> None:
        """Show another set."""
        self.model.show_set(found)
        self.empty.say(found.folder.name)
        self.title.set_text(found.folder.name)
        self.title.setToolTip(str(found.folder))
        some = bool(found.examples)
        self.body.setCurrentWidget(self.list if some else self.empty)
        self.head.setVisible(some)
        self.offer_undo(False)
        self.describe(notes)

    def describe(self, notes: tuple[str, ...]) -> None:
        """Count the set anew, and say what should be known of it."""
        found = self.model.value
        words = [counted(self.tr("%n picture(s)", "", found.usable), found.usable)]
        if found.uncaptioned:
            words.append(self.tr("{count} without caption").format(count=found.uncaptioned))
        self.count.setText(" · ".join(words))
        self.note.setText("\n".join(notes))
        self.note.setVisible(bool(notes) and bool(found.examples))

    def offer_captioners(self, found: tuple[Captioner, ...]) -> None:
        """Fill the menu."""
        self.caption_menu.clear()
        for captioner in found:
            action = self.caption_menu.addAction(captioner.title.replace("&", "&&"))
            action.triggered.connect(
                lambda _checked=False, it=captioner: self.caption_wanted.emit(it, self.replace.isChecked())
            )
        self.caption_menu.addSeparator()
        self.caption_menu.addAction(self.replace)

    def offer_undo(self, wanted: bool) -> None:
        """A way back after captioning all."""
        self.undo_button.setVisible(wanted)

    def pick(self) -> None:
        """Ask for a folder."""
        shown = self.model.value.folder
        place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        begin = place if shown == Path() else str(shown)
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of pictures"), begin)
        if folder:
            self.folder_chosen.emit(Path(folder))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Folders and pictures are welcome."""
        if _dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand them on: a folder as it is, pictures to be gathered."""
        event.acceptProposedAction()
        self.take(_dropped(event))

    def take(self, paths: list[Path]) -> None:
        """Folders or pictures that were dropped."""
        folders = [path for path in paths if path.is_dir()]
        if folders:
            self.folder_chosen.emit(folders[0])
        elif paths:
            self.files_dropped.emit(paths)

    def _arrange(self) -> None:
        self.head = QWidget()
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self.title)
        names.addWidget(self.count)
        row = QHBoxLayout()
        row.setSpacing(SPACE.small)
        row.addLayout(names, 1)
        for button in (self.undo_button, self.caption_button, self.folder_button, self.reload_button):
            row.addWidget(button)
        column = QVBoxLayout(self.head)
        column.setContentsMargins(SPACE.large, SPACE.medium, SPACE.large, SPACE.hair)
        column.setSpacing(SPACE.small)
        column.addLayout(row)
        column.addWidget(self.note)
        self.body.addWidget(self.empty)
        self.body.addWidget(self.list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self.body, 1)


def _dropped(event: QDropEvent) -> list[Path]:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [path for path in paths if path.is_dir() or is_picture(path)]
