"""Facts: exactly what a training picture shows. Captions are made from them and nothing else."""

from dataclasses import dataclass
from typing import ClassVar, Literal

Side = Literal["", "left", "right"]


@dataclass(frozen=True, slots=True)
class Feature:
    """A thing in a landscape, with its article ("a castle"), and the side of the picture when it stands on one."""

    name: str
    side: Side = ""


@dataclass(frozen=True, slots=True)
class SceneFacts:
    """A landscape. `time` is empty where there is no sky; `season` and `style` are empty for the default look."""

    place: str
    time: str
    season: str = ""
    style: str = ""
    weather: tuple[str, ...] = ()
    features: tuple[Feature, ...] = ()
    kind: ClassVar[str] = "scene"

    def shows(self, name: str) -> bool:
        """Whether a feature of this name is in the picture."""
        return any(feature.name == name for feature in self.features)


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """One to three equal objects on a plain background: a colour ("mint") or "pink and blue gradient".

    `colour` is empty when the noun says enough; `plural` is empty for nouns that are plural already (grapes).
    """

    noun: str
    plural: str
    style: str
    background: str
    count: int = 1
    colour: str = ""
    kind: ClassVar[str] = "object"


@dataclass(frozen=True, slots=True)
class CompositeFacts:
    """One object in a landscape, on the ground or on the water, or in the air above it (`aloft`)."""

    noun: str
    plural: str
    style: str
    scene: SceneFacts
    aloft: bool
    side: Side = ""
    colour: str = ""
    kind: ClassVar[str] = "composite"


Facts = SceneFacts | ObjectFacts | CompositeFacts


def side_of(x: float) -> Side:
    """The side on which a thing stands whose centre is at this fraction of the picture's width."""
    return "left" if x <= 0.345 else "right" if x >= 0.655 else ""
