"""The held-out prompts: what they say and what is true of a picture that shows it."""

import json
from dataclasses import dataclass
from pathlib import Path

from studio.domain.errors import ErrorKind, StudioError

FEWEST = 4  # prompts among which the right one is to be found
HINT = "Reinstall Safelight: the file belongs to it."


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A prompt that no training caption equals in meaning.

    `kind` is scene, object (on a plain background) or composite (an object in a scene); `facts` are the pairs of what
    its picture shows ("place", "time", "feature", "style", "noun", "background", "count"), in order of their names.
    """

    prompt: str
    kind: str
    facts: tuple[tuple[str, str], ...]


def read_prompts(path: Path) -> tuple[HeldOut, ...]:
    """The prompts of a JSON file: a list of objects with "prompt", "kind" and the facts. Raises StudioError (INPUT)."""
    try:
        rows = json.loads(path.read_text("utf-8"))
        found = tuple(
            HeldOut(
                str(row["prompt"]),
                str(row["kind"]),
                tuple(sorted((name, str(value)) for name, value in row.items() if name not in ("prompt", "kind"))),
            )
            for row in rows
        )
    except FileNotFoundError as error:
        raise StudioError(ErrorKind.INPUT, f"The evaluation's prompts are missing: {path}.", HINT) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise StudioError(ErrorKind.INPUT, f"“{path.name}” does not hold prompts with facts.", HINT) from error
    if len({held_out.facts for held_out in found}) < FEWEST:
        raise StudioError(ErrorKind.INPUT, f"“{path.name}” holds fewer than {FEWEST} prompts that differ.", HINT)
    return found
