"""The invariants that `verify` checks."""

from __future__ import annotations

from collections.abc import Callable

from marketctl.flow import in_flight
from marketctl.layout import Layout

Check = Callable[[Layout], list[str]]


def delivered(layout: Layout) -> list[str]:
    """I1: what was said is applied or parked everywhere."""
    return in_flight(layout)


INVARIANTS: dict[str, Check] = {"I1": delivered}
