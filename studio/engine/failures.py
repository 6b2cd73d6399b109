"""Library errors turned into problems a user can act on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from studio.domain.errors import ErrorKind, StudioError
from studio.engine.libraries import MissingPartError, torch

_LOADING = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    RuntimeError,
    ImportError,
    ZeroDivisionError,
    RecursionError,
    AssertionError,
    OverflowError,
    SafetensorError,
    MissingPartError,
)

_MEMORY = (
    "can't allocate memory",  # a processor
    "not enough memory",  # a processor on Windows
    "cannot allocate memory",  # the system, as of a file that is mapped
    "out of memory",  # Apple's GPU, and CUDA outside of torch's allocator
    "invalid buffer size",  # Apple's GPU, for one piece
    "alloc_failed",  # cuBLAS, cuDNN
)


@contextmanager
def while_loading(path: Path, kind: str = "model") -> Iterator[None]:
    """Whatever a library raises about a model's files becomes a StudioError: MODEL, or MEMORY where it ran out."""
    with out_of_memory(f"load this {kind}", "Close other programs or choose a smaller model."):
        try:
            yield
        except _LOADING as error:
            if is_memory(error):
                raise
            raise StudioError(
                ErrorKind.MODEL,
                f"The {kind} {path.name} could not be loaded: {_reason(error)}.",
                "Its files are damaged or belong to another kind of model; download it again.",
                "model",
            ) from error


def _reason(error: BaseException) -> str:
    """What a library's error says, as the end of a sentence."""
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"{Path(error.filename).name} is missing"
    if isinstance(error, KeyError):
        return f"{error} is unknown or missing"
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return first[:200].rstrip(" .:")


@contextmanager
def out_of_memory(action: str, hint: str) -> Iterator[None]:
    """Memory errors of Python, the system and torch's devices become a StudioError (MEMORY)."""
    try:
        yield
    except (MemoryError, RuntimeError, OSError, SafetensorError) as error:
        if not is_memory(error):
            raise
        raise StudioError(ErrorKind.MEMORY, f"There is not enough memory to {action}.", hint, "size") from error


def is_memory(error: BaseException) -> bool:
    """Did memory run out? Many of torch's devices raise a plain RuntimeError that only its text tells apart."""
    text = str(error).lower()
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(words in text for words in _MEMORY)
