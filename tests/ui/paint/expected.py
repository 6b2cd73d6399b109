"""What a canvas should be: layers with plain arrays, and the versions that there were."""

import copy
import dataclasses
from dataclasses import dataclass, field

from studio.domain.document.blending import BlendMode
from studio.imaging.tiles import Pixels


@dataclass
class Sheet:
    """A layer as it should be; `pixels` is None for a group, whose layers are its `children`."""

    id: str
    name: str
    pixels: Pixels | None = None
    children: list["Sheet"] = field(default_factory=list)
    opacity: float = 1.0
    mode: BlendMode = BlendMode.NORMAL
    visible: bool = True
    locked: bool = False
    mask: Pixels | None = None

    def all(self) -> list["Sheet"]:
        """This one and all that is in it."""
        return [self, *(each for child in self.children for each in child.all())]

    def copy(self) -> "Sheet":
        """One that can be changed alone; arrays are never changed."""
        return dataclasses.replace(self, children=[child.copy() for child in self.children])


@dataclass
class Picture:
    """A document as it should be."""

    sheets: list[Sheet]
    selection: Pixels | None = None

    def copy(self) -> "Picture":
        """One that can be changed alone."""
        return Picture([sheet.copy() for sheet in self.sheets], self.selection)

    def all(self) -> list[Sheet]:
        """Each layer at any depth."""
        return [each for sheet in self.sheets for each in sheet.all()]

    def siblings(self, name: str) -> list[Sheet]:
        """The list that this layer is in."""
        lists = [self.sheets, *(sheet.children for sheet in self.all() if sheet.pixels is None)]
        return next(found for found in lists if any(each.id == name for each in found))


@dataclass(eq=False)
class Step:
    """A version as it should be."""

    parent: "Step | None"
    label: str
    picture: Picture
    name: str = ""

    def line(self) -> list["Step"]:
        """From here back to the first."""
        return [self, *(self.parent.line() if self.parent else [])]


@dataclass
class Past:
    """The history as it should be: all versions, where the user stands, and where redo ends."""

    steps: list[Step]
    at: Step
    tip: Step

    @classmethod
    def of(cls, label: str, picture: Picture) -> "Past":
        """One that begins."""
        first = Step(None, label, picture)
        return cls([first], first, first)

    def add(self, label: str, picture: Picture) -> None:
        """One more version, on which the user stands."""
        self.at = self.tip = Step(self.at, label, picture)
        self.steps.append(self.at)

    def after(self) -> "Step | None":
        """Where redo leads."""
        line = self.tip.line()
        place = line.index(self.at)
        return line[place - 1] if place else None

    def jump(self, step: Step) -> None:
        """Stand anywhere; redo keeps its way where that leads here."""
        if step not in self.tip.line():
            self.tip = step
            while children := [each for each in self.steps if each.parent is self.tip]:
                self.tip = children[-1]
        self.at = step

    def kept(self) -> "Past":
        """As it is now, for later."""
        return copy.deepcopy(self)


def index_of(sheets: list[Sheet], name: str) -> int:
    return next(index for index, sheet in enumerate(sheets) if sheet.id == name)
