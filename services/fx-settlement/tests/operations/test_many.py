"""A collection may be used for 2,000 portions at once: the statements don't grow with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import event

MANY = 400


@contextmanager
def statements(trading: Any) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement.lstrip()[:60])

    engine = trading.door.app.state.runtime.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_matches_holds_and_unmatches_take_few_statements_however_many_they_are(trading: Any) -> None:
    declarations = [
        await trading.released(*(trading.portion("10.00") for _ in range(MANY // 2))),
        await trading.released(*(trading.portion("10.00", owner_id=trading.second) for _ in range(MANY // 2))),
    ]
    portions = [portion for _, found in declarations for portion in found]
    collection = await trading.booked(f"{MANY * 10}.00", bank_charges="7.00")
    with statements(trading) as said:
        collection = await trading.matched(collection, *((portion, "10.00") for portion in portions))
    assert len(said) < 60, said
    assert [trading.room(each)[3] for each, _ in declarations] == [MANY * 5] * 2
    assert trading.ask("SELECT sum(charges), sum(value_usd) FROM matches") == [(7, MANY * 10)]
    trading.check_books()


async def test_one_part_too_much_refuses_all_and_names_it(trading: Any) -> None:
    _, portions = await trading.released(*(trading.portion("10.00") for _ in range(20)))
    collection = await trading.booked("1000.00")
    wanted = [{"portion_id": str(portion.portion_id), "amount": "10.00"} for portion in portions]
    wanted[7]["amount"] = "400.00"
    answer = await trading.act(collection, "matches", {"matches": wanted})
    assert answer.status_code == 409
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/matches/7/amount"]
    assert trading.ask("SELECT count(*) FROM matches") == [(0,)]
    assert trading.ask("SELECT sum(matched) FROM portion_rooms") == [(Decimal(0),)]
    trading.check_books()


async def test_two_parts_of_one_portion_count_its_dollars_once(trading: Any) -> None:
    _, (portion,) = await trading.released(trading.portion("10.00"))
    collection = await trading.booked("10.00")
    await trading.matched(collection, (portion, "3.33"), (portion, "6.67"))
    assert trading.ask("SELECT matched, matched_usd FROM portion_rooms") == [(10, 10)]
    trading.check_books()
