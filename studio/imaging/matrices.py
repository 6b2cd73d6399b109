"""Transformations of the plane: 3 × 3 matrices, row by row, acting on columns (x, y, 1); angles in degrees, clockwise
as seen, since y grows downwards.
"""

import math
from collections.abc import Sequence
from typing import cast

from studio.domain.document.layers import IDENTITY, Matrix
from studio.domain.errors import ErrorKind, StudioError

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]  # upper left, upper right, lower right, lower left
ORIGIN: Point = (0.0, 0.0)
_THINNEST = 1e-3  # pixels: no picture is squeezed further


def translation(dx: float, dy: float) -> Matrix:
    """A move."""
    return (1.0, 0.0, dx, 0.0, 1.0, dy, 0.0, 0.0, 1.0)


def scaling(x: float, y: float, about: Point = ORIGIN) -> Matrix:
    """Factors along both axes; negative ones mirror."""
    return (x, 0.0, about[0] - x * about[0], 0.0, y, about[1] - y * about[1], 0.0, 0.0, 1.0)


def rotation(degrees: float, about: Point = ORIGIN) -> Matrix:
    """A turn; exact for quarters of a full one, so that pixels stay pixels."""
    quarters, rest = divmod(degrees, 90)
    if rest:
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    else:
        cos, sin = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters) % 4]
    x, y = about
    return (cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y, 0.0, 0.0, 1.0)


def skewing(x: float, y: float, about: Point = ORIGIN) -> Matrix:
    """Each pixel downwards moves to the right by `x` pixels, each to the right downwards by `y`."""
    return (1.0, x, -x * about[1], y, 1.0, -y * about[0], 0.0, 0.0, 1.0)


def composed(*matrices: Matrix) -> Matrix:
    """The product: the last one acts first."""
    product = IDENTITY
    for matrix in matrices:
        rows, columns = [product[i : i + 3] for i in (0, 3, 6)], [matrix[i::3] for i in range(3)]
        product = tuple(sum(a * b for a, b in zip(row, column, strict=True)) for row in rows for column in columns)
    return product


def inverse(matrix: Matrix) -> Matrix:
    """The way back. Raises StudioError (INPUT) where there is none."""
    a, b, c, d, e, f, g, h, i = matrix
    minors = (e * i - f * h, c * h - b * i, b * f - c * e)
    determinant = a * minors[0] + d * minors[1] + g * minors[2]
    if not math.isfinite(determinant) or abs(determinant) < 1e-12:
        raise _flat()
    rest = (f * g - d * i, a * i - c * g, c * d - a * f, d * h - e * g, b * g - a * h, a * e - b * d)
    order = (minors[0], minors[1], minors[2], rest[0], rest[1], rest[2], rest[3], rest[4], rest[5])
    return tuple(value / determinant for value in order)


def mapped(matrix: Matrix, point: Point) -> Point:
    """Where a point goes. Raises StudioError (INPUT) for one that goes to infinity or beyond."""
    x, y = point
    depth = matrix[6] * x + matrix[7] * y + matrix[8]
    if not depth > 1e-9:
        raise _flat()
    return (
        (matrix[0] * x + matrix[1] * y + matrix[2]) / depth,
        (matrix[3] * x + matrix[4] * y + matrix[5]) / depth,
    )


def perspective(width: float, height: float, corners: Sequence[Point]) -> Matrix:
    """The matrix that takes a picture of this size to four corners: upper left, upper right, lower right, lower left.

    Heckbert, "Fundamentals of Texture Mapping and Image Warping" (1989), section 2.2.3. Raises StudioError (INPUT) for
    corners that make no convex quadrilateral.
    """
    check_corners(corners)
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    dx1, dx2, sx = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, sy = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    g, h = (sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area
    unit = (x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1.0)
    return composed(unit, scaling(1 / width, 1 / height))


def corners(matrix: Matrix, width: float, height: float) -> Corners:
    """Where the corners of a picture of this size go: upper left, upper right, lower right, lower left.

    Raises StudioError (INPUT) for a matrix that squeezes the picture flat, folds it or takes it to infinity.
    """
    if len(matrix) != 9:
        raise _flat()
    found = tuple(mapped(matrix, at) for at in ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)))
    check_corners(found)
    return cast(Corners, found)


def check_corners(points: Sequence[Point]) -> None:
    """Raises StudioError (INPUT) unless the four points go round a convex area, in either sense."""
    if len(points) != 4 or not all(math.isfinite(value) and abs(value) < 1e7 for point in points for value in point):
        raise _flat()
    turns: list[float] = []
    for i in range(4):
        (ax, ay), (bx, by), (cx, cy) = points[i - 1], points[i], points[(i + 1) % 4]
        first, second = math.hypot(bx - ax, by - ay), math.hypot(cx - bx, cy - by)
        turn = (bx - ax) * (cy - by) - (by - ay) * (cx - bx)
        if first < _THINNEST or second < _THINNEST or abs(turn) < _THINNEST * max(first, second):
            raise _flat()
        turns.append(turn)
    if not (all(turn > 0 for turn in turns) or all(turn < 0 for turn in turns)):
        raise _flat()


def whole_move(matrix: Matrix) -> tuple[int, int] | None:
    """The pixels by which a matrix moves, if it does nothing else and moves by whole ones."""
    if len(matrix) != 9:
        return None
    dx, dy = matrix[2], matrix[5]
    return (int(dx), int(dy)) if matrix == translation(dx, dy) and not dx % 1 and not dy % 1 else None


def _flat() -> StudioError:
    message = "This transformation squeezes the picture flat, folds it, or takes part of it to infinity."
    return StudioError(
        ErrorKind.INPUT, message, "Drag the corners apart so that none lies inside the others.", "matrix"
    )
