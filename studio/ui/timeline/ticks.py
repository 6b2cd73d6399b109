"""The ruler's marks, and frames as time."""

from fractions import Fraction

_APART = 84.0  # logical pixels between two numbers at least
_FINE = 7.0  # between two marks at least
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000)


def frames_a_second(rate: Fraction) -> int:
    """The whole frames that time code counts to a second (SMPTE ST 12-1, without dropping)."""
    return max(1, round(rate))


def timecode(frame: int, rate: Fraction) -> str:
    """Minutes, seconds and frames, with hours where there are some. It counts frames: at 24000/1001 frames a second it
    falls behind the clock by 3.6 seconds an hour, as editors do.
    """
    base = frames_a_second(rate)
    seconds, rest = divmod(abs(frame), base)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    digits = max(2, len(str(base - 1)))
    sign = "-" if frame < 0 else ""
    head = f"{hours}:" if hours else ""
    return f"{sign}{head}{minutes:02}:{seconds:02}:{rest:0{digits}}"


def steps(scale: float, rate: Fraction) -> tuple[int, int]:
    """The frames between two numbers of the ruler, and between two of its marks, at `scale` pixels a frame."""
    base = frames_a_second(rate)
    usual = [step for step in range(1, base) if base % step == 0] + [base * seconds for seconds in _SECONDS]
    major = next((step for step in usual if step * scale >= _APART), usual[-1])
    finer = [step for step in usual if step <= major and major % step == 0 and step * scale >= _FINE]
    return major, finer[0] if finer else major
