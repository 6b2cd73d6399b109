"""The dialog that exports: what, as what, where; then how far it is, and what the finished file was found to be."""

from fractions import Fraction
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.domain.document.document import Document
from studio.domain.errors import Problem
from studio.domain.geometry import Size
from studio.domain.timeline.model import Clip
from studio.imaging.video.presets import PRESETS, Family, available
from studio.session.canvas import CanvasSession
from studio.session.cutting import unfinished
from studio.session.interchange.files import OTIO, Exported
from studio.session.interchange.movies import movie_writer
from studio.session.montage import Montage
from studio.session.names import slug
from studio.session.rendering import Report
from studio.ui.animate.export_choices import Part, exchange_titles, first_preset, parts_of, rates, traits
from studio.ui.animate.export_report import ReportView
from studio.ui.animate.exporting import Exporting, Order
from studio.ui.animate.sequence_rows import rate_text
from studio.ui.phases import about
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.buttons import push_button, tool_button
from studio.ui.widgets.labels import label, row_label
from studio.ui.widgets.wheel import Choice, WholeNumber

_WIDTH = 520
_SCALES = (Fraction(1), Fraction(2), Fraction(1, 2), Fraction(1, 4))
_LARGEST = 8192  # pixels of a side


class ExportDialog(QDialog):
    """Stays open while a file is written, and shows what became of it. Closing it ends the writing."""

    folder_wanted = Signal(Path)

    def __init__(
        self, document: Document, montage: Montage, session: CanvasSession, title: str, clip: Clip | None,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export clip"))
        self.setMinimumWidth(_WIDTH)
        self._document, self._session, self._title, self._montage = document, session, title, montage
        self.parts = parts_of(document, title, clip)
        self.exporting = Exporting(montage, self)
        self._made: Path | None = None
        self._typed = False
        self.what, self.preset, self.size_box, self.rate = Choice(), Choice(), Choice(), Choice()
        self.turns = WholeNumber()
        self.turns.setRange(1, 100)
        self.turns.setSuffix(" ×")
        self.note, self.facts = label("", "caption", wrap=True), label("", "small", wrap=True)
        self.path = QLineEdit()
        self.media = QCheckBox(self.tr("Write the frames that were made here beside it"))
        self.media.setChecked(True)
        self.pick = tool_button("folder-open", self.tr("Where to…"), look="field")
        self.problem = label("", "warning", wrap=True)
        self.progress, self.words = QProgressBar(), label("", "caption")
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.report = ReportView()
        self.pages = QStackedWidget()
        self.export_button = push_button(self.tr("Export"), look="accent-small", sign="download")
        self.cancel_button = push_button(self.tr("Cancel"))
        self.folder_button = push_button(self.tr("Show in folder"), sign="folder-open")
        self._fill()
        self._arrange()
        self._connect()
        self._part_changed()

    @property
    def part(self) -> Part | None:
        """What is exported."""
        index = self.what.currentIndex()
        return self.parts[index] if 0 <= index < len(self.parts) else None

    def export(self) -> None:
        """Write it."""
        part, path = self.part, Path(self.path.text().strip()).expanduser()
        self.problem.setVisible(not self.path.text().strip())
        if part is None or not self.path.text().strip():
            self.problem.setText(self.tr("Choose where it is written."))
            return
        self._show(1)
        self.words.setText(self.tr("Beginning…"))
        self.progress.setValue(0)
        suffix = self._exchange
        if suffix:
            movie = movie_writer(self._montage, self.exporting.poll) if suffix != OTIO else None
            options = {"frames": self._session.takes, "movie": movie} if self.media.isChecked() else {}
            self.progress.setRange(0, 0)
            self.exporting.hand_over(path, self._document, self._title, **options)
            return
        self.progress.setRange(0, 1000)
        turns = self.turns.value() if part.cut.closed else 1
        size, rate = self.size_box.currentData(), Fraction(self.rate.currentData())
        self.exporting.render(
            Order(part.cut, path, self._preset, turns, Size(*size), rate if rate != part.cut.rate else None)
        )

    def close_work(self) -> None:
        """End the writing."""
        self.exporting.close_work()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Nothing goes on unseen."""
        self.close_work()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        """The same by Esc."""
        self.close_work()
        super().done(result)

    # ------------------------------------------------------------------------------------------ following

    @property
    def _preset(self) -> str:
        return "" if self._exchange else str(self.preset.currentData())

    @property
    def _exchange(self) -> str:
        """The suffix of the other editors' format that is chosen, "" for a clip."""
        data = str(self.preset.currentData() or "")
        return data if data.startswith(".") else ""

    def _part_changed(self) -> None:
        part = self.part
        self.export_button.setEnabled(part is not None)
        if part is None:
            self.note.setText(self.tr("There is nothing on the timeline yet."))
            return
        if not self._exchange and not self._typed:
            self.preset.setCurrentIndex(self.preset.findData(first_preset(part.cut)))
        with QSignalBlocker(self.size_box):
            self.size_box.clear()
            for scale in _SCALES:
                size = Size(*(max(2, round(side * scale)) for side in (part.cut.size.width, part.cut.size.height)))
                if max(size.width, size.height) <= _LARGEST:
                    self.size_box.addItem(f"{size.width} × {size.height}", (size.width, size.height))
        self._preset_changed()

    def _preset_changed(self) -> None:
        part, exchange = self.part, self._exchange
        if part is None:
            return
        preset = PRESETS.get(self._preset)
        with QSignalBlocker(self.rate):
            self.rate.clear()
            for rate in rates(preset, part.cut.rate) if preset is not None else ():
                self.rate.addItem(rate_text(rate), str(rate))
        clip = not exchange
        for name in ("size", "rate", "turns"):
            for widget in self._rows[name]:
                widget.setVisible(clip and (name != "turns" or part.cut.closed))
        self.media.setVisible(not clip)
        if preset is not None:
            self.note.setText(f"{preset.note}\n{traits(preset)}")
        else:
            self.note.setText(self.tr("The cuts for another editor; everything but pictures goes into the file."))
        self._name_file(exchange or (preset.suffix if preset is not None else ""))
        self._tell_facts()

    def _tell_facts(self) -> None:
        part = self.part
        if part is None or self._exchange:
            self.facts.setText("")
            return
        rate = Fraction(self.rate.currentData() or part.cut.rate)
        cut = part.cut if rate == part.cut.rate else part.cut.at_rate(rate)
        turns = self.turns.value() if cut.closed else 1
        words = self.tr("{n} frames, {seconds} s")
        text = words.format(n=cut.frames * turns, seconds=f"{float(cut.seconds) * turns:.4g}")
        if rate != part.cut.rate:
            text += " · " + self.tr("the timeline runs at {rate}").format(rate=rate_text(part.cut.rate))
        lacking = unfinished(part.cut.timeline, self._session.takes.numbers)
        self.facts.setText("\n".join((text, *lacking)))

    def _name_file(self, suffix: str) -> None:
        part = self.part
        if part is None:
            return
        preset = PRESETS.get(self._preset)
        sequence = preset is not None and preset.family is Family.SEQUENCE
        now = Path(self.path.text()) if self._typed else Path.home() / (slug(part.name) or "clip")
        plain = now if now.suffix.lower() not in self._suffixes else now.with_suffix("")
        name = plain.name.removesuffix(" ####")
        self.path.setText(str(plain.with_name(f"{name} ####{suffix}" if sequence else f"{name}{suffix}")))

    def _choose_path(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export to"), self.path.text(), "", options=QFileDialog.Option.DontConfirmOverwrite
        )
        if path:
            self._typed = True
            self.path.setText(path)

    # ------------------------------------------------------------------------------------------ what happens

    def _show(self, page: int) -> None:
        self.pages.setCurrentIndex(page)
        self.export_button.setVisible(page != 1)
        self.export_button.setText(self.tr("Export") if page == 0 else self.tr("Export another…"))
        self.cancel_button.setText(self.tr("Close") if page == 2 else self.tr("Cancel"))
        self.folder_button.setVisible(page == 2)
        self.adjustSize()

    def _progressed(self, share: float, stage: str, left: float) -> None:
        self.progress.setValue(round(share * 1000))
        text = {"writing": self.tr("Writing"), "checking": self.tr("Looking at the finished file")}[stage]
        self.words.setText(f"{text} · {about(left)}" if left >= 0 else text)

    def _ended(self, found: Report | Exported) -> None:
        self._made = found.path
        self.report.show_report(found)
        self._show(2)

    def _failed(self, problem: Problem) -> None:
        self.problem.setText(f"{problem.message} {problem.hint}".strip())
        self.problem.show()
        self._show(0)

    def _stopped(self) -> None:
        self.problem.setText(self.tr("Stopped; nothing was written."))
        self.problem.show()
        self._show(0)

    def _go_on(self) -> None:
        if self.pages.currentIndex() == 2:
            self._show(0)
        else:
            self.export()

    def _cancel(self) -> None:
        if self.exporting.busy:
            self.words.setText(self.tr("Stopping…"))
            self.exporting.stop()
        else:
            self.close()

    # ------------------------------------------------------------------------------------------ making

    def _fill(self) -> None:
        for part in self.parts:
            self.what.addItem(part.title)
        for preset in available():
            self.preset.addItem(preset.title, preset.id)
        self.preset.insertSeparator(self.preset.count())
        for suffix, title in exchange_titles():
            self.preset.addItem(title, suffix)
        self._suffixes = {preset.suffix for preset in PRESETS.values()} | {suffix for suffix, _ in exchange_titles()}

    def _connect(self) -> None:
        self.what.currentIndexChanged.connect(lambda _: self._part_changed())
        self.preset.currentIndexChanged.connect(lambda _: self._preset_changed())
        self.rate.currentIndexChanged.connect(lambda _: self._tell_facts())
        self.turns.valueChanged.connect(lambda _: self._tell_facts())
        self.path.textEdited.connect(self._mark_typed)
        self.pick.clicked.connect(self._choose_path)
        self.export_button.clicked.connect(self._go_on)
        self.cancel_button.clicked.connect(self._cancel)
        self.folder_button.clicked.connect(lambda: self.folder_wanted.emit(self._made))
        self.exporting.progressed.connect(self._progressed)
        self.exporting.ended.connect(self._ended)
        self.exporting.failed.connect(self._failed)
        self.exporting.stopped.connect(self._stopped)

    def _mark_typed(self) -> None:
        self._typed = True

    def _arrange(self) -> None:
        form = QWidget()
        grid = QGridLayout(form)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE.medium)
        grid.setVerticalSpacing(SPACE.small)
        grid.setColumnStretch(1, 1)
        where = QHBoxLayout()
        where.setSpacing(SPACE.hair)
        where.addWidget(self.path, 1)
        where.addWidget(self.pick)
        self._rows: dict[str, tuple[QWidget, QWidget]] = {}
        rows: list[tuple[str, str, QWidget]] = [
            ("what", self.tr("What"), self.what),
            ("preset", self.tr("Format"), self.preset),
            ("note", "", self.note),
            ("size", self.tr("Size"), self.size_box),
            ("rate", self.tr("Rate"), self.rate),
            ("turns", self.tr("Turns"), self.turns),
            ("facts", "", self.facts),
            ("media", "", self.media),
        ]
        for row, (key, name, field) in enumerate(rows):
            title = row_label(name, field)
            field.setAccessibleName(name or field.accessibleName())
            grid.addWidget(title, row, 0)
            grid.addWidget(field, row, 1)
            self._rows[key] = (title, field)
        self.turns.setToolTip(self.tr("How often the loop is repeated in the file"))
        self.path.setAccessibleName(self.tr("File"))
        grid.addWidget(row_label(self.tr("File"), self.path), len(rows), 0)
        grid.addLayout(where, len(rows), 1)
        grid.addWidget(self.problem, len(rows) + 1, 1)
        self.problem.hide()
        busy = QWidget()
        lines = QVBoxLayout(busy)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(SPACE.small)
        lines.addWidget(self.words)
        lines.addWidget(self.progress)
        lines.addStretch(1)
        for page in (form, busy, self.report):
            self.pages.addWidget(page)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE.small)
        buttons.addWidget(self.folder_button)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.export_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.large, SPACE.large, SPACE.large, SPACE.large)
        column.setSpacing(SPACE.large)
        column.addWidget(self.pages, 1)
        column.addLayout(buttons)
        self._show(0)
