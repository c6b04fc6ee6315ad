"""On which days a portion's parts left, came back or were amended (R-TAX-6, V53)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from trade_ledger.domain.days import days_of
from trade_ledger.domain.receipts import Receipt, outcome_of

LAST = datetime(2026, 8, 31, 4, tzinfo=UTC)


def receipt(kind: str, days: int, named: str | None = None, *, p: int | None = None) -> Receipt:
    quantities = {} if p is None else {"p": Decimal(p)}
    return Receipt(f"{kind}-{days}-{p}", kind, LAST + timedelta(days=days), None,
                   None if named is None else date.fromisoformat(named), quantities)  # fmt: skip


def left(*days: tuple[str, int]) -> tuple[tuple[date, Decimal], ...]:
    return tuple((date.fromisoformat(day), Decimal(quantity)) for day, quantity in days)


CASES = [
    ("nothing left", [receipt("released", 0)], left(), left()),
    ("all on one day", [receipt("departed", 0)], left(("2026-08-31", 100)), left()),
    (
        "two parts in two months",
        [receipt("departed", 0, p=40), receipt("departed", 1, p=60)],
        left(("2026-08-31", 40), ("2026-09-01", 60)),
        left(),
    ),
    (
        "a part, and then all that is left",
        [receipt("departed", 0, p=40), receipt("departed", 1)],
        left(("2026-08-31", 40), ("2026-09-01", 60)),
        left(),
    ),
    (
        "two parts of one day, and one of more than there is",
        [receipt("departed", 0, p=30), receipt("departed", 1, "2026-08-31", p=30), receipt("departed", 2, p=41)],
        left(("2026-08-31", 60), ("2026-09-02", 40)),
        left(),
    ),
    (
        "returned in a later month, on the return's own day",
        [receipt("departed", 0), receipt("returned", 20, p=10), receipt("returned", 40)],
        left(("2026-08-31", 100)),
        left(("2026-09-20", 10), ("2026-10-10", 90)),
    ),
    ("deleted: nothing left", [receipt("departed", 0), receipt("deleted", 3)], left(), left()),
]


@pytest.mark.parametrize(("facts", "departures", "returns"), [each[1:] for each in CASES], ids=[c[0] for c in CASES])
def test_quantities_stand_on_their_own_days_whatever_the_order(
    facts: list[Receipt], departures: object, returns: object
) -> None:
    for order in permutations(facts):
        now = outcome_of(order, {"p": Decimal(100)}).portions["p"]
        found = days_of(order, "p", now)
        assert (found.departures, found.returns) == (departures, returns)
        assert sum((quantity for _, quantity in found.departures), Decimal(0)) == now.departed
        assert sum((quantity for _, quantity in found.returns), Decimal(0)) == now.returned


def test_an_amendment_has_the_day_of_the_newest_that_names_the_portion() -> None:
    facts = [receipt("amended", 1, p=90), receipt("amended", 3, p=80), receipt("amended", 5)]
    now = outcome_of(facts, {"p": Decimal(100)}).portions["p"]
    assert days_of(facts, "p", now).amended_on == date(2026, 9, 3)
    assert days_of([], "p", now).amended_on is None
