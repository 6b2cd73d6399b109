"""Frozen dataclass trees to JSON values and back, strictly.

Unknown keys are refused rather than dropped, so that a recipe written by a newer version is never half understood.
"""

import dataclasses
import functools
import types
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

_hints = functools.cache(get_type_hints)


def to_json(value: Any) -> Any:
    """The JSON value (dict, list, str, number, bool, None) of a dataclass tree."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    return value


def from_json(kind: type[T], value: Any, path: str = "") -> T:
    """The dataclass of type `kind` that `to_json` wrote as `value`; missing fields take their defaults.

    Raises ValueError naming the path of the first value that does not fit.
    """
    result: T = _read(kind, value, path or kind.__name__.lower())
    return result


def _read(kind: Any, value: Any, path: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in get_args(kind):
            return None
        inner, *others = (option for option in get_args(kind) if option is not type(None))
        if others:  # whoever calls has told them apart, and read the one
            return _expect((inner, *others), value, path)
        return _read(inner, value, path)
    if origin is tuple:
        return tuple(
            _read(get_args(kind)[0], item, f"{path}[{i}]") for i, item in enumerate(_expect(list, value, path))
        )
    if origin is dict:
        return {k: _read(get_args(kind)[1], v, f"{path}.{k}") for k, v in _expect(dict, value, path).items()}
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, _expect(dict, value, path), path)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _read_enum(kind, value, path)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return _read_whole_number(value, path)
    return _expect(kind, value, path)


def _read_dataclass(kind: Any, value: dict[str, Any], path: str) -> Any:
    hints = _hints(kind)
    unknown = sorted(set(value) - set(hints))
    if unknown:
        raise ValueError(f"{path} has an unknown entry “{unknown[0]}”")
    try:
        return kind(**{name: _read(hints[name], item, f"{path}.{name}") for name, item in value.items()})
    except TypeError as error:
        raise ValueError(f"{path} is incomplete: {error}") from error


def _read_whole_number(value: int, path: str) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError(f"{path} is too large a number") from error


def _read_enum(kind: type[Enum], value: Any, path: str) -> Enum:
    try:
        return kind(value)
    except ValueError as error:
        raise ValueError(f"{path} is none of {', '.join(str(m.value) for m in kind)}") from error


def _expect(kind: Any, value: Any, path: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{path} should be {getattr(kind, '__name__', kind)}, not {type(value).__name__}")
    return value
