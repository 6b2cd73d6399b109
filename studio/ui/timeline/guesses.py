"""What frames that are still being made are going to look like."""

from PySide6.QtGui import QImage

from studio.domain.messages import ClipPreview


class Guesses:
    """The newest guesses for each take that is being made."""

    def __init__(self) -> None:
        self._known: dict[str, dict[int, QImage]] = {}

    def renew(self, take: str, preview: ClipPreview) -> None:
        """Newer ones take the place of those for the same frames."""
        wide, high = preview.width, preview.height
        each = wide * high * 3
        known = self._known.setdefault(take, {})
        for at, index in enumerate(preview.indices):
            rgb = preview.rgb[at * each : (at + 1) * each]
            if len(rgb) == each:
                known[index] = QImage(rgb, wide, high, wide * 3, QImage.Format.Format_RGB888).copy()

    def drop(self, take: str) -> None:
        """Its making has ended."""
        self._known.pop(take, None)

    def picture(self, take: str, source: int) -> QImage | None:
        """The guess for a frame of a take, or for the frame nearest to it: models guess at some frames only."""
        known = self._known.get(take)
        return known[min(known, key=lambda index: (abs(index - source), index))] if known else None
