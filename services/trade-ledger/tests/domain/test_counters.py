"""A line's counters: each step holds at most what the step before it holds, and never less than nothing (V20, V21)."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

import pytest

from trade_ledger.domain.counters import Counters, moved

D = Decimal
HALF_WAY = Counters(
    registered=D(100), void=D(10), packed=D(80), declared=D(60), released=D(50), departed=D(40), returned=D(5)
)
# The counter, what it may rise to, and what it may fall to, with its neighbours where they are.
ROOM = [
    ("void", 20, 0),
    ("packed", 90, 60),
    ("declared", 80, 50),
    ("released", 60, 40),
    ("departed", 50, 5),
    ("returned", 40, 0),
]
CENT = D("0.000001")


def test_every_counter_but_what_was_registered_has_its_room() -> None:
    assert [each.name for each in fields(Counters)] == ["registered", *(kind for kind, *_ in ROOM)]


@pytest.mark.parametrize(("kind", "most", "least"), ROOM)
def test_a_counter_moves_up_to_its_neighbours_and_no_further(kind: str, most: int, least: int) -> None:
    now = getattr(HALF_WAY, kind)
    for by in (most - now, least - now, D(0)):
        after = moved(HALF_WAY, kind, by)
        assert after is not None
        assert getattr(after, kind) == now + by
        others = {each.name for each in fields(Counters)} - {kind}
        assert all(getattr(after, each) == getattr(HALF_WAY, each) for each in others)
    assert moved(HALF_WAY, kind, most - now + CENT) is None
    assert moved(HALF_WAY, kind, least - now - CENT) is None
