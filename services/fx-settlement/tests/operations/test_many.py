"""A collection may be matched to 2,000 portions at once: the number of statements stays the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

MANY = 2000


async def test_matching_and_unmatching_many_portions_takes_few_statements(trading: Any) -> None:
    declarations = [
        await trading.released(*(trading.portion("10.00") for _ in range(MANY // 2))),
        await trading.released(*(trading.portion("10.00", owner_id=trading.second) for _ in range(MANY // 2))),
    ]
    portions = [portion for _, found in declarations for portion in found]
    collection = await trading.booked(f"{MANY * 10}.00", bank_charges="7.00")
    with trading.door.statements() as said:
        collection = await trading.matched(collection, *((portion, "10.00") for portion in portions))
    assert len(said) < 60, said
    assert [trading.room(each)[3] for each, _ in declarations] == [MANY * 5] * 2
    assert trading.ask("SELECT sum(charges), sum(value_usd) FROM matches") == [(7, MANY * 10)]
    trading.check_books()
    match_ids = [match["match_id"] for match in collection["collection"]["matches"]]
    with trading.door.statements() as said:
        answer = await trading.act(collection, "unmatchings", {"match_ids": match_ids})
    assert answer.status_code == 200, answer.text
    assert len(said) < 60, said
    assert [trading.room(each)[3] for each, _ in declarations] == [0, 0]
    trading.check_books()


async def test_a_release_and_a_hold_of_many_portions_take_few_statements(trading: Any) -> None:
    event_heard = trading.declaration(*(trading.portion("10.00") for _ in range(MANY)))
    with trading.door.statements() as said:
        await trading.hear(event_heard)
    # A batch of rows counts as one statement here, however many protocol messages it takes.
    assert len(said) < 40, said
    declaration_id, portions = event_heard.declaration.declaration_id, event_heard.declaration.portions
    lines = [{"portion_id": str(portion.portion_id), "value": "10.00"} for portion in portions]
    body = {"declaration_id": str(declaration_id), "collector_id": str(trading.agent), "lines": lines}
    with trading.door.statements() as said:
        hold = await trading.door.done("POST", "/v1/holds", body, **trading.as_bank())
    assert len(said) < 60, said
    assert trading.room(declaration_id)[2:4] == (MANY * 10, 0)
    with trading.door.statements() as said:
        reason = {"reason": "no money came"}
        await trading.door.done("POST", f"/v1/holds/{hold['id']}/voids", reason, version=1, **trading.as_bank())
    assert len(said) < 60, said
    assert trading.room(declaration_id)[2:4] == (0, 0)
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


async def test_two_matches_of_one_portion_count_its_usd_value_once(trading: Any) -> None:
    _, (portion,) = await trading.released(trading.portion("10.00"))
    collection = await trading.booked("10.00")
    await trading.matched(collection, (portion, "3.33"), (portion, "6.67"))
    assert trading.ask("SELECT matched, matched_usd FROM portion_rooms") == [(10, 10)]
    trading.check_books()
