"""What a finished file was found to be when it was decoded again."""

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.imaging.verdict import Light
from studio.imaging.video.presets import PRESETS
from studio.session.interchange.files import Exported
from studio.session.rendering import Report
from studio.ui.animate.measures_panel import VerdictView
from studio.ui.animate.sequence_rows import rate_text
from studio.ui.theme.tokens import SPACE
from studio.ui.widgets.labels import ElidedLabel, label


class ReportView(QWidget):
    """Facts in rows, the light of a loop's seam, and what is to be said."""

    def __init__(self) -> None:
        super().__init__()
        self.title = label("", "heading", wrap=True)
        self.path = ElidedLabel("", "caption")
        self.verdict = VerdictView()
        self.notices, self.problems = label("", "caption", wrap=True), label("", "warning", wrap=True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(SPACE.large)
        self._grid.setVerticalSpacing(SPACE.hair)
        self._grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.small)
        for part in (self.title, self.path):
            column.addWidget(part)
        column.addLayout(self._grid)
        column.addWidget(self.verdict)
        column.addWidget(self.notices)
        column.addWidget(self.problems)
        column.addStretch(1)

    def show_report(self, found: Report | Exported) -> None:
        """A clip as it was found, or what was written for another editor."""
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.path.set_text(str(found.path))
        self.notices.setText("\n".join(found.notices))
        self.notices.setVisible(bool(found.notices))
        problems = found.problems if isinstance(found, Report) else ()
        self.problems.setText("\n".join(problems))
        self.problems.setVisible(bool(problems))
        seen = found.verdict if isinstance(found, Report) else None
        self.verdict.setVisible(seen is not None)
        if seen is not None:
            self.verdict.show_light(Light(seen.light), seen.reasons)
        if isinstance(found, Exported):
            self.title.setText(self.tr("Written"))
            rows = [(self.tr("Media"), str(len(found.media)))] if found.media else []
        else:
            good = self.tr("Written, decoded again, and as it should be")
            self.title.setText(self.tr("Written, but not all is well") if problems else good)
            rows = self._rows(found)
        for row, (name, value) in enumerate(rows):
            self._grid.addWidget(label(name, "caption"), row, 0)
            self._grid.addWidget(label(value), row, 1)

    def _rows(self, found: Report) -> list[tuple[str, str]]:
        yes, no = self.tr("yes"), self.tr("no")
        rows = [
            (self.tr("Format"), PRESETS[found.preset].title),
            (self.tr("Frames"), self.tr("{n} at {rate} a second").format(n=found.frames, rate=rate_text(found.rate))),
            (self.tr("Size"), f"{found.size.width} × {found.size.height}"),
            (self.tr("File"), _bytes(found.bytes)),
            (self.tr("Transparency"), yes if found.alpha else no),
        ]
        if found.loops is not None:
            rows.append((self.tr("Loop flag"), yes if found.loops else no))
        rows.append((self.tr("Sound"), yes if found.sound else no))
        if found.measures is not None and found.closed:
            seam = self.tr("{ratio} × a usual step").format(ratio=f"{found.measures.seam_ratio:.2f}")
            rows.append((self.tr("Seam"), seam))
        return rows


def _bytes(size: int) -> str:
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{max(1, round(size / 1024))} kB"
