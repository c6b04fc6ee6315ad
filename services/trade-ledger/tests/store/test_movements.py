"""Many lines move in as many statements as one, and only as far as they can (V20, V21, R-DECL-7)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.act import Act
from trade_ledger.store.movements import Move, move, move_what_fits

D = Decimal
COUNTED = text("SELECT void, packed, declared FROM trade_line_counters WHERE line_id = :line")
MOVED = text("SELECT kind, quantity FROM movements WHERE line_id = :line ORDER BY id")
ACT = Act(actor="a", pilot="longshui", now=datetime(2026, 5, 13, tzinfo=UTC))


async def lines_of(market: Any, count: int) -> list[UUID]:
    """Lines of 120 pieces each, by their ids."""
    lines = [market.line() for _ in range(count)]
    trade = await market.registered(lines=lines, total=f"{306 * count}.00")
    return sorted(UUID(each["line_id"]) for each in trade["trade"]["lines"])


async def rows(market: Any, query: Any, line: UUID) -> list[tuple[Any, ...]]:
    async with market.door.as_worker() as session:
        return [tuple(each) for each in await session.execute(query, {"line": line})]


async def test_what_fits_moves_and_a_line_stops_at_its_first_that_does_not(market: Any) -> None:
    first, second = await lines_of(market, 2)
    moves = [
        Move(first, "packed", D(100)), Move(second, "packed", D(121)), Move(first, "declared", D(100)),
        Move(second, "packed", D(1)), Move(first, "declared", D(-1)),
    ]  # fmt: skip
    async with market.door.as_worker() as session:
        assert await move_what_fits(session, moves, reference="D1", act=ACT) == {second}
    assert await rows(market, MOVED, first) == [("packed", D(100)), ("declared", D(100)), ("declared", D(-1))]
    assert await rows(market, MOVED, second) == []
    assert await rows(market, COUNTED, first) == [(D(0), D(100), D(99))]
    assert await rows(market, COUNTED, second) == [(D(0), D(0), D(0))]


async def test_nothing_moves_where_one_does_not_fit(market: Any) -> None:
    first, second = await lines_of(market, 2)
    nobody = Move(UUID(int=1), "packed", D(1))
    over = Move(second, "packed", D(121))
    async with market.door.as_worker() as session:
        moves = [Move(first, "packed", D(120)), over, nobody]
        assert await move(session, moves, reference="L1", act=ACT) == [over, nobody]
    assert await rows(market, MOVED, first) == []
    assert await rows(market, COUNTED, first) == [(D(0), D(0), D(0))]
