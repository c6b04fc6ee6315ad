"""Many calls at the same time: as many succeed as fit, the others are refused with the reason (V37, V38, V42, F22)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any


async def test_of_fifty_matches_of_one_declaration_exactly_what_fits_wins(trading: Any) -> None:
    declaration_id, portions = await trading.released(*(trading.portion("100.00") for _ in range(10)))
    collections = [await trading.booked("60.00") for _ in range(50)]
    answers = await asyncio.gather(
        *(
            trading.act(
                collection,
                "matches",
                {"matches": [{"portion_id": str(portions[number % 10].portion_id), "amount": "60.00"}]},
            )
            for number, collection in enumerate(collections)
        )
    )
    counted = Counter((each.status_code, each.json().get("code")) for each in answers)
    # 60 fits once in each portion's 100 + 50; ten of them are 600 of 1050.
    won = counted.pop((200, None))
    assert counted == {(409, "collection_over_entitlement"): 50 - won}
    assert trading.room(declaration_id)[3] == 60 * won
    assert won == 17
    trading.check_books()


async def test_of_fifty_matches_of_the_last_money_of_a_portion_one_wins(trading: Any) -> None:
    declaration_id, (portion,) = await trading.released()
    collections = [await trading.booked("600.00") for _ in range(50)]
    body = {"matches": [{"portion_id": str(portion.portion_id), "amount": "600.00"}]}
    answers = await asyncio.gather(*(trading.act(each, "matches", body) for each in collections))
    assert Counter(each.status_code for each in answers) == {200: 1, 409: 49}
    assert {each.json().get("code") for each in answers} == {None, "collection_over_entitlement"}
    assert trading.room(declaration_id)[3] == 600
    trading.check_books()


async def test_of_ten_matches_by_one_number_at_once_as_many_succeed_as_are_open(trading: Any) -> None:
    """Each is spread over what those before it left open, and never over a portion's open amount (R-FX-1)."""
    declaration_id, portions = await trading.released(*(trading.portion("250.00", item_no=n) for n in range(1, 5)))
    collections = [await trading.booked("300.00") for _ in range(10)]
    body = {"matches": [{"customs_number": "801220260000000001", "amount": "300.00"}]}
    answers = await asyncio.gather(*(trading.act(each, "matches", body) for each in collections))
    assert Counter((each.status_code, each.json().get("code")) for each in answers) == {
        (200, None): 3,
        (409, "amount_over_open"): 7,
    }
    assert trading.room(declaration_id)[3] == 900
    used = trading.ask("SELECT portion_id, sum(amount)::int FROM matches GROUP BY 1")
    assert dict(used) == dict(zip((each.portion_id for each in portions), (250, 250, 250, 150), strict=True))
    trading.check_books()


async def test_matches_that_lock_declarations_in_opposite_order_all_end(trading: Any) -> None:
    rooms = [(await trading.released(trading.portion("10000.00")))[1][0] for _ in range(4)]
    collections = [await trading.booked("400.00") for _ in range(20)]
    answers = await asyncio.gather(
        *(
            trading.act(
                collection,
                "matches",
                {
                    "matches": [
                        {"portion_id": str(room.portion_id), "amount": "100.00"}
                        for room in (rooms if number % 2 else reversed(rooms))
                    ]
                },
            )
            for number, collection in enumerate(collections)
        )
    )
    assert {each.status_code for each in answers} == {200}
    trading.check_books()


async def test_of_fifty_pass_ons_exactly_what_is_owed_is_passed_on(trading: Any) -> None:
    _, (portion,) = await trading.released()
    collection = await trading.booked("1000.00", bank_charges="20.00")
    await trading.matched(collection, (portion, "1000.00"))
    answers = await asyncio.gather(
        *(trading.door.call("POST", "/v1/pass-ons", trading.transfer("300.00"), **trading.as_bank()) for _ in range(50))
    )
    assert Counter(each.status_code for each in answers) == {201: 3, 409: 47}
    assert trading.ask("SELECT passed_on, charges FROM payables") == [(900, 20)]
    trading.check_books()


async def test_one_bank_reference_at_once_books_one_collection(trading: Any) -> None:
    """`number_under` takes the reference."""
    body = trading.receipt(bank_reference="TT-1")
    answers = await asyncio.gather(
        *(trading.door.call("POST", "/v1/collections", body, **trading.as_bank()) for _ in range(10))
    )
    assert Counter(each.status_code for each in answers) == {201: 1, 409: 9}
    assert {each.json().get("code") for each in answers} <= {None, "bank_reference_used"}
