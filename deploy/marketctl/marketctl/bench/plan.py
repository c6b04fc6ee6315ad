"""How much the bench measures."""

from __future__ import annotations

from dataclasses import dataclass

from marketctl.bench.market import LIVED


@dataclass(frozen=True, slots=True)
class Plan:
    """Rounds, seconds of each load, and how large things are; `small` and `large` are trades."""

    rounds: int
    seconds: float
    small: int
    large: int
    acts: int
    """How many acts commit-to-applied is measured at."""
    copies: int
    """How many times the days' events are carried."""
    portions: tuple[int, int]
    """Packed lines of the declarations."""
    parcels: int
    """How many large declarations stand in the return."""
    memory_seconds: float
    embedded: bool
    """Whether commit-to-applied is measured on the embedded bus, too, which is a second market."""


QUICK = Plan(2, 1, LIVED, 2 * LIVED, 40, 1, (20, 200), 1, 4, embedded=False)
WHOLE = Plan(4, 3, 10_000, 30_000, 200, 3, (200, 2000), 2, 60, embedded=True)
