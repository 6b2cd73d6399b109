"""What goes in and out of an exchange with files: the imported document, notices, and how to save."""

from dataclasses import dataclass, field

from studio.domain.document.document import Document
from studio.imaging.metadata.carry import Carried, painted_over
from studio.imaging.pictures import WHITE, Colour


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that is otherwise on the other side: what changed, why, and in which layers (their names)."""

    what: str
    why: str = ""
    layers: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = ", ".join(f"“{name}”" for name in self.layers)
        return " ".join(part for part in (self.what, self.why, names and f"Layers: {names}.") if part)


@dataclass(frozen=True, slots=True)
class Imported:
    """A document made from a file. `carried` is what the file said beside its pixels, to be saved again with them.

    Layers keep the ids that our own OpenRaster files give them; whoever puts the same file into a document twice must
    give them new ones.
    """

    document: Document
    notices: tuple[Notice, ...] = ()
    carried: Carried = field(default_factory=Carried)

    def handed_on(self, document: Document) -> Carried:
        """What a file of a document that came of this is to carry: all of it as long as the picture is the same."""
        same = document.size == self.document.size and document.layers == self.document.layers
        return self.carried if same else painted_over(self.carried)


@dataclass(frozen=True, slots=True)
class Saving:
    """How to write a picture.

    `quality` is that of JPEG, WebP and AVIF, 1 to 100; `lossless` overrides it for WebP and AVIF. `background` shows
    where JPEG would need transparency. `carried` goes into PNG, JPEG, WebP and AVIF.
    """

    quality: int = 92
    lossless: bool = False
    background: Colour = WHITE
    carried: Carried = field(default_factory=Carried)


class Notices:
    """Notices as they come up: the same for several layers becomes one."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], dict[str, None]] = {}

    def add(self, what: str, why: str = "", layer: str = "") -> None:
        """Take one up; `layer` names the layer that it is about."""
        layers = self._found.setdefault((what, why), {})
        if layer:
            layers[layer] = None

    @property
    def all(self) -> tuple[Notice, ...]:
        """Those found so far, in their order."""
        return tuple(Notice(what, why, tuple(layers)) for (what, why), layers in self._found.items())
