"""Arrays kept in memory up to a number of bytes, the longest unused ones given up first."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

Array = TypeVar("Array", bound=NDArray[Any])


class Kept(Generic[Array]):
    """Read-only arrays by a key that says all that entered them. Safe in several threads."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._arrays: OrderedDict[Hashable, Array] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """How much is held."""
        return self._bytes

    def get(self, key: Hashable) -> Array | None:
        """What was put under an equal key, unless it has been given up."""
        with self._lock:
            if (found := self._arrays.get(key)) is not None:
                self._arrays.move_to_end(key)
            return found

    def put(self, key: Hashable, array: Array) -> Array:
        """Keep an array, which becomes read-only; the same array."""
        array.flags.writeable = False
        with self._lock:
            if key not in self._arrays:
                self._arrays[key] = array
                self._bytes += array.nbytes
                while self._bytes > self._budget and len(self._arrays) > 1:
                    self._bytes -= self._arrays.popitem(last=False)[1].nbytes
        return array

    def clear(self) -> None:
        """Give up everything."""
        with self._lock:
            self._arrays.clear()
            self._bytes = 0
