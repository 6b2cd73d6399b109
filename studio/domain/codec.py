"""Frozen dataclass trees to JSON values and back, strictly.

Unknown keys are refused rather than dropped, so that a recipe written by a newer version is never half understood.
"""

import dataclasses
import functools
import re
import types
from collections.abc import Callable
from enum import Enum
from fractions import Fraction
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Reader = Callable[[Any], Any]

_SHAPES = 256  # which values of one type have, by their entries and these entries' types, that are remembered
_FRACTION = re.compile(r"-?[0-9]{1,18}(/0{0,17}[1-9][0-9]{0,17})?")
_PLAIN = frozenset({str, int, float, bool, types.NoneType})


def to_json(value: Any) -> Any:
    """The JSON value (dict, list, str, number, bool, None) of a dataclass tree."""
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if (names := _fields(kind)) is not None:
        return {name: to_json(getattr(value, name)) for name in names}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    return value


def from_json(kind: type[T], value: Any, path: str = "") -> T:
    """The dataclass of type `kind` that `to_json` wrote as `value`; missing fields take their defaults.

    Raises ValueError naming the path of the first value that does not fit.
    """
    wanted: Any = kind
    try:
        result: T = _reader(wanted)(value)
    except _Misfit as misfit:
        raise ValueError(f"{path or kind.__name__.lower()}{misfit.path} {misfit.why}") from misfit
    return result


class _Misfit(Exception):
    """A value does not fit: where it lies below what is being read, and what is wrong with it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why, self.path = why, ""

    def below(self, place: str) -> "_Misfit":
        """The same, seen from one level higher."""
        self.path = place + self.path
        return self


@functools.cache
def _fields(kind: Any) -> tuple[str, ...] | None:
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None


@functools.cache
def _reader(kind: Any) -> Reader:
    """What reads a value of a type, and raises `_Misfit`."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union_reader(get_args(kind))
    if origin is tuple:
        return _tuple_reader(_reader(get_args(kind)[0]))
    if origin is dict:
        return _dict_reader(_reader(get_args(kind)[1]))
    if dataclasses.is_dataclass(kind):
        return _dataclass_reader(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum_reader(kind)
    if kind is float:
        return _read_float
    if kind is Fraction:
        return _read_fraction
    return functools.partial(_expect, kind)


def _union_reader(options: tuple[Any, ...]) -> Reader:
    inner, *others = (option for option in options if option is not types.NoneType)
    # Where there are others, whoever calls has told them apart, and read the one.
    read = functools.partial(_expect, (inner, *others)) if others else _reader(inner)
    if len(options) == 1 + len(others):
        return read
    return lambda value: None if value is None else read(value)


def _tuple_reader(read: Reader) -> Reader:
    def items(value: Any) -> tuple[Any, ...]:
        found: list[Any] = []
        try:
            for item in _expect(list, value):
                found.append(read(item))  # noqa: PERF401 — its length says where a misfit lies
        except _Misfit as misfit:
            raise misfit.below(f"[{len(found)}]" if isinstance(value, list) else "") from None
        return tuple(found)

    return items


def _dict_reader(read: Reader) -> Reader:
    def entries(value: Any) -> dict[str, Any]:
        return {key: _at(f".{key}", read, item) for key, item in _expect(dict, value).items()}

    return entries


def _dataclass_reader(kind: Any) -> Reader:
    readers = {name: (hint, _reader(hint)) for name, hint in get_type_hints(kind).items()}
    shapes: dict[tuple[Any, ...], tuple[tuple[str, Reader], ...]] = {}

    def unread(value: dict[str, Any]) -> tuple[tuple[str, Reader], ...]:
        """The entries of a value that are not yet what they have to be, by their types."""
        if unknown := value.keys() - readers.keys():
            raise _Misfit(f"has an unknown entry “{min(unknown)}”")
        return tuple((name, readers[name][1]) for name, item in value.items() if type(item) is not readers[name][0])

    def read(value: Any) -> Any:
        shape = (*_expect(dict, value), *map(type, value.values()))
        if (left := shapes.get(shape)) is None:
            left = unread(value)
            if len(shapes) < _SHAPES:
                shapes[shape] = left
        given = value.copy()
        for name, reader in left:
            try:
                given[name] = reader(given[name])
            except _Misfit as misfit:
                raise misfit.below(f".{name}") from None
        try:
            return kind(**given)
        except TypeError as error:
            raise _Misfit(f"is incomplete: {error}") from error

    return read


def _enum_reader(kind: type[Enum]) -> Reader:
    members = {member.value: member for member in kind}

    def read(value: Any) -> Enum:
        try:
            return members[value]
        except (KeyError, TypeError) as error:
            raise _Misfit(f"is none of {', '.join(str(m) for m in members)}") from error

    return read


def _read_float(value: Any) -> float:
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise _Misfit("is too large a number") from error
    found: float = _expect(float, value)
    return found


def _read_fraction(value: Any) -> Fraction:
    text = _expect(str, value)
    if not _FRACTION.fullmatch(text):
        raise _Misfit("is no fraction of two whole numbers")
    return Fraction(text)


def _at(place: str, read: Reader, value: Any) -> Any:
    try:
        return read(value)
    except _Misfit as misfit:
        raise misfit.below(place) from None


def _expect(kind: Any, value: Any) -> Any:
    if type(value) is kind:
        return value
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _Misfit(f"should be {getattr(kind, '__name__', kind)}, not {type(value).__name__}")
    return value
