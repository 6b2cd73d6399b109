"""Between exact fractions and the floating-point times of OpenTimelineIO, and between paths and addresses."""

import math
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from urllib.request import url2pathname

from opentimelineio import opentime

OURS = "safelight"  # our entry in the metadata of things
_NTSC = (24, 30, 48, 60, 96, 120)  # whole rates that are slowed down by 1000/1001 for television
_CLOSE = 0.006  # 23.98 means 24000/1001, and 29.97 means 30000/1001
_FINEST = 10**6
_FLOAT = "float"
_SAFE = 2.0**40  # below it, multiples of 1/1024 have few digits


def exact_rate(rate: float) -> Fraction:
    """The rational rate that is meant. Raises ValueError for one that is none."""
    if not math.isfinite(rate) or not 0 < rate <= 10**6:
        raise ValueError(f"{rate} frames a second")
    for whole in _NTSC:
        if abs(rate - whole / 1.001) < _CLOSE:
            return Fraction(whole * 1000, 1001)
    return Fraction(rate).limit_denominator(1001)


def seconds(time: Any) -> Fraction:
    """A RationalTime in seconds. Raises ValueError for one that is no time."""
    if not math.isfinite(time.value):
        raise ValueError(f"a time of {time.value}")
    return Fraction(time.value).limit_denominator(_FINEST) / exact_rate(time.rate)


def time(frames: Fraction | int, rate: Fraction) -> Any:
    """A RationalTime."""
    return opentime.RationalTime(float(frames), float(rate))


def span(start: Fraction | int, start_rate: Fraction, length: Fraction | int, rate: Fraction) -> Any:
    """A TimeRange; its start is counted at the rate of what it is a part of."""
    return opentime.TimeRange(time(start, start_rate), time(length, rate))


def kept(exact: Any, number: float) -> Fraction | None:
    """The fraction that was written as `exact`, if it still is what `number` says; None if somebody changed that."""
    try:
        found = Fraction(exact)
    except (ValueError, TypeError, ZeroDivisionError):
        return None
    return found if math.isclose(float(found), number, rel_tol=1e-12, abs_tol=1e-9) else None


def plain(value: Any) -> Any:
    """Metadata as lists and dictionaries; what JSON does not know becomes its text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if hasattr(value, "keys"):
        return {str(key): plain(value[key]) for key in value}
    if hasattr(value, "__iter__"):
        return [plain(item) for item in value]
    return str(value)


def clean(value: Any) -> Any:
    """A JSON value whose texts are sound Unicode, which OpenTimelineIO insists on."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {text(key): clean(item) for key, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, list) else value


def told(value: Any) -> Any:
    """`clean`, with numbers as texts that OpenTimelineIO's parser could change in their last digit; see `untold`."""
    if isinstance(value, float) and not (abs(value) < _SAFE and (value * 1024).is_integer()):
        return {_FLOAT: repr(value)}
    if isinstance(value, dict):
        return {text(key): told(item) for key, item in value.items()}
    return [told(item) for item in value] if isinstance(value, list) else clean(value)


def untold(value: Any) -> Any:
    """The inverse of `told`. Raises ValueError for a text that is no number."""
    if isinstance(value, dict):
        if value.keys() == {_FLOAT}:
            return float(value[_FLOAT])
        return {key: untold(item) for key, item in value.items()}
    return [untold(item) for item in value] if isinstance(value, list) else value


def text(value: str) -> str:
    """Without halves of surrogate pairs."""
    return value.encode("utf-8", "replace").decode()


def address(path: str | Path, folder: Path | None = None) -> str:
    """A file's URL; relative to `folder` where it lies below it."""
    path = Path(path)
    if folder is not None and path.is_absolute() and path.is_relative_to(folder):
        path = path.relative_to(folder)
    if path.is_absolute():
        return "file://" + quote(_with_slash(path.as_posix()), safe="/:", errors="replace")
    return quote(path.as_posix(), errors="replace")


def located(url: str, folder: Path) -> str:
    """The path that a media reference names; a relative one is looked for in `folder`."""
    parts = urlsplit(url) if "://" in url or url.startswith("file:") else None
    if parts is None:
        found = unquote(url) if "%" in url else url
    elif parts.scheme == "file":
        found = url2pathname(parts.path)
    else:
        return url
    return found if Path(found).is_absolute() or found[1:3] in (":\\", ":/") else str(folder / found)


def _with_slash(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"
