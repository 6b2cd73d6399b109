"""Measures and prints: `python -m studio.ui.paint.bench`."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from studio.ui.application import create_application
from studio.ui.paint import bench
from studio.ui.paint.bench.figures import Figure, Samples, text
from studio.ui.paint.bench.opening import opening
from studio.ui.paint.bench.stalls import editing_stalls, job_stalls
from studio.ui.paint.bench.strokes import DAB_LIMIT, UNDO_LIMIT, dabs, growth, memory, undo
from studio.ui.paint.bench.table import Table

PARTS = ("strokes", "memory", "opening", "editing", "job")
_STROKES = 1000
_MEGABYTES = 200


def measure(sides: Sequence[int] = (2048, 8192), parts: Sequence[str] = PARTS, strokes: int = _STROKES) -> list[Figure]:
    """The figures of these parts, on canvases of these pixels a side. Raises RuntimeError where one did not happen."""
    application = create_application(["safelight"])
    found: list[Figure] = []
    moves: dict[int, Samples] = {}
    for side in sides if {"strokes", "memory", "editing"} & set(parts) else ():
        with tempfile.TemporaryDirectory() as folder:
            table = Table.of_eight_layers(application, Path(folder), side)
            if "strokes" in parts:
                moves[side] = dabs(table)
                found.append(moves[side].figure(f"dab on {side}²", DAB_LIMIT))
                found.append(undo(table).figure(f"undo on {side}²", UNDO_LIMIT))
            if "memory" in parts and side == sides[0]:
                found.append(memory(table, strokes))
                found.append(undo(table).figure(f"undo after {strokes} strokes", UNDO_LIMIT))
            if "editing" in parts:
                found += editing_stalls(table)
            table.close()
    if len(moves) > 1:
        found.append(growth(moves))
    with tempfile.TemporaryDirectory() as folder:
        if "opening" in parts:
            found.append(opening(application, Path(folder), _MEGABYTES))
        if "job" in parts:
            found += job_stalls(application, Path(folder))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the limits stand beside the figures."""
    parser = argparse.ArgumentParser(prog="python -m studio.ui.paint.bench", description=bench.__doc__)
    parser.add_argument("--json", action="store_true", help="print figures for programs")
    parser.add_argument("--side", type=int, action="append", help="pixels on each side of the canvas")
    parser.add_argument("--part", choices=PARTS, action="append", help="measure only this; may be repeated")
    parser.add_argument("--strokes", type=int, default=_STROKES, help="whose undo memory is measured")
    options = parser.parse_args(arguments)
    figures = measure(options.side or (2048, 8192), options.part or PARTS, options.strokes)
    if options.json:
        print(json.dumps({"canvas": {figure.name: figure.as_json() for figure in figures}}, indent=2))
    else:
        print(text(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
