"""The names that A1111 and Forge give samplers and schedules, and ours for the same mathematics."""

from studio.domain.samplers import SAMPLERS

UNIFORM, AUTOMATIC = "Uniform", "Automatic"
_SCHEDULES = {"-karras": "Karras", "-exponential": "Exponential", "-lu": "LU"}  # how our ids end

_NAMES = {
    "dpmpp-2m": "DPM++ 2M",
    "dpmpp-3m": "DPM++ 3M",
    "dpmpp-2m-sde": "DPM++ 2M SDE",
    "dpmpp-3m-sde": "DPM++ 3M SDE",
    "dpmpp-2s": "DPM++ 2S",
    "dpmpp-sde": "DPM++ SDE",
    "unipc": "UniPC",
    "deis": "DEIS",
    "euler": "Euler",
    "euler-a": "Euler a",
    "heun": "Heun",
    "kdpm2": "DPM2",
    "kdpm2-a": "DPM2 a",
    "lms": "LMS",
    "pndm": "PLMS",
    "ipndm": "IPNDM",
    "ddim": "DDIM",
    "ddpm": "DDPM",
    "sa-solver": "SA Solver",
    "lcm": "LCM",
    "tcd": "TCD",
}
_ALIASES = {"pndm": "pndm", "euler ancestral": "euler-a", "dpm2 ancestral": "kdpm2-a", "kdpm2": "kdpm2"}
# What "Automatic" means there, where it is not the model's own schedule.
_AUTOMATIC = {
    "dpmpp-2m": "-karras",
    "dpmpp-sde": "-karras",
    "dpmpp-2m-sde": "-exponential",
    "dpmpp-3m-sde": "-exponential",
}


def names_of(sampler: str) -> tuple[str, str]:
    """A1111's names of sampler and schedule for one of our ids."""
    for suffix, schedule in _SCHEDULES.items():
        if sampler.endswith(suffix):
            base = sampler.removesuffix(suffix)
            return _NAMES.get(base, base), schedule
    return _NAMES.get(sampler, sampler), UNIFORM


def sampler_of(name: str, schedule: str = "") -> str | None:
    """Our id for A1111's names, the nearest schedule if we lack that one; None when the sampler itself is not known.

    Before version 1.9 the schedule was a part of the name: "DPM++ 2M Karras".
    """
    wanted, plain = _suffix_of(schedule.strip().lower()), name.strip().lower()
    for suffix, title in _SCHEDULES.items():
        if plain.endswith(f" {title.lower()}"):
            wanted, plain = suffix, plain.removesuffix(f" {title.lower()}")
    base = _ids().get(plain)
    if base is None:
        return None
    if schedule.strip() == AUTOMATIC and not wanted:
        wanted = _AUTOMATIC.get(base, "")
    return next((base + suffix for suffix in (wanted, "", *_SCHEDULES) if base + suffix in SAMPLERS), None)


def _suffix_of(schedule: str) -> str:
    return next((suffix for suffix, title in _SCHEDULES.items() if title.lower() == schedule), "")


def _ids() -> dict[str, str]:
    return {**_ALIASES, **{name.lower(): sampler for sampler, name in _NAMES.items()}}
