"""The weight of a part of a prompt, changed in its text."""

import re
from dataclasses import dataclass

from studio.domain.prompt import Weighted, parse

STEP = 0.1
LEAST, MOST = 0.1, 3.0
_WORD = re.compile(r"[^\s,()\[\]:]+")
_OPEN = re.compile(r"\($")
_CLOSE = re.compile(r"\s*:\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*\)|\)")


@dataclass(frozen=True, slots=True)
class Selection:
    """A text and the selected part of it."""

    text: str
    start: int
    end: int

    @property
    def selected(self) -> str:
        """The selected part."""
        return self.text[self.start : self.end]


def change_weight(selection: Selection, step: float) -> Selection:
    """Add `step` to the weight of the selection, or of the word at the cursor; weight 1 needs no brackets.

    The part stays selected, so that pressing the key again goes on.
    """
    part = _trimmed(_word_at(selection) if selection.start == selection.end else selection)
    if part.start == part.end:
        return selection
    outer, inner, weight = _bracketed(part)
    changed = min(MOST, max(LEAST, round(weight + step, 2)))
    before, after = ("", "") if abs(changed - 1) < 1e-9 else ("(", f":{changed:g})")
    text = part.text[: outer.start] + before + inner + after + part.text[outer.end :]
    start = outer.start + len(before)
    return Selection(text, start, start + len(inner))


def _word_at(selection: Selection) -> Selection:
    for match in _WORD.finditer(selection.text):
        if match.start() <= selection.start <= match.end():
            return Selection(selection.text, match.start(), match.end())
    return selection


def _trimmed(selection: Selection) -> Selection:
    text = selection.selected
    start = selection.start + len(text) - len(text.lstrip())
    end = selection.end - (len(text) - len(text.rstrip()))
    return Selection(selection.text, min(start, selection.end), max(start, end))


def _bracketed(part: Selection) -> tuple[Selection, str, float]:
    """The part with the brackets that belong to it, what is inside them, and its weight."""
    close = _CLOSE.match(part.text, part.end)
    if close is not None and _OPEN.search(part.text[: part.start]):
        outer = Selection(part.text, part.start - 1, close.end())
        if (weight := _weight(outer.selected)) is not None:
            return outer, part.selected, weight
    weight = _weight(part.selected)
    if weight is None:
        return part, part.selected, 1.0
    inner = part.selected[1:]
    return part, re.sub(rf"(?:{_CLOSE.pattern}|\])$", "", inner), weight


def _weight(text: str) -> float | None:
    parts = parse(text).parts
    if len(parts) == 1 and isinstance(node := parts[0], Weighted):
        return node.weight
    return None
