"""The numbers of a clip that can have keys."""

from dataclasses import dataclass

from studio.domain.recipe import MAX_GUIDANCE

WORDS = "words"  # in place of a parameter's name: the prompts


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number between `minimum` and `maximum`, both included; `default` is what it is without keys.

    A `drawn` one decides how the model draws the frames, and its keys lie on the clip's own time. The others decide how
    finished frames are laid onto each other, or how loud they are.
    """

    title: str
    minimum: float
    maximum: float
    default: float
    unit: str = ""
    drawn: bool = False

    def held(self, value: float) -> float:
        """The value within the range."""
        return min(max(value, self.minimum), self.maximum)


PARAMETERS: dict[str, Parameter] = {
    "opacity": Parameter("Opacity", 0, 1, 1),
    "x": Parameter("Position X", -10, 10, 0, "widths"),
    "y": Parameter("Position Y", -10, 10, 0, "heights"),
    "scale": Parameter("Scale", 0.01, 100, 1, "×"),
    "rotation": Parameter("Rotation", -36000, 36000, 0, "°"),
    "volume": Parameter("Volume", 0, 4, 1, "×"),
    "motion": Parameter("Motion", 0.01, 1, 0.35, drawn=True),
    "strength": Parameter("Strength", 0.01, 1, 0.5, drawn=True),
    "guidance": Parameter("Guidance", 0, MAX_GUIDANCE, 4, drawn=True),
}
