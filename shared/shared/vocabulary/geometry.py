"""Whether a place lies inside bounds; the boundary counts as inside (R-FILE-2)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

Point = tuple[Decimal, Decimal]


def _on_edge(point: Point, start: Point, end: Point) -> bool:
    (x, y), (x1, y1), (x2, y2) = point, start, end
    cross = (x - x1) * (y2 - y1) - (y - y1) * (x2 - x1)
    return cross == 0 and min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2)


def lies_inside(point: Point, bounds: Sequence[Point]) -> bool:
    """Even-odd rule over the closed polygon `bounds` (longitude, latitude), exact in Decimal."""
    inside = False
    for index, start in enumerate(bounds):
        end = bounds[(index + 1) % len(bounds)]
        if _on_edge(point, start, end):
            return True
        if (start[1] > point[1]) != (end[1] > point[1]):
            crossing = start[0] + (point[1] - start[1]) * (end[0] - start[0]) / (end[1] - start[1])
            inside ^= point[0] < crossing
    return inside
