"""Measures of a clip as its light and its lane show them."""

from typing import TYPE_CHECKING

from studio.ui.timeline.facts import Diagnosis, Light

if TYPE_CHECKING:  # both would load OpenCV
    from studio.imaging.metrics import Measures
    from studio.imaging.verdict import Verdict

_LIGHTS = {"green": Light.GOOD, "amber": Light.FAIR, "red": Light.POOR}


def diagnosis_of(measures: "Measures", found: "Verdict") -> Diagnosis:
    """What was measured on all frames of a clip's take, the first at index 0, and what was made of it."""
    reason = "; ".join(found.reasons)
    series = measures.series
    return Diagnosis(
        _LIGHTS[found.light],
        f"{reason[:1].upper()}{reason[1:]}." if reason else "",
        series.warp_error,
        series.flicker,
        series.drift,
    )
