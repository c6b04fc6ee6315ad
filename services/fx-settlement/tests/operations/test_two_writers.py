"""Several writers with the same ETag at once, by aggregate: one changes it, the others are told that it changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

AT_ONCE = 8
ROUNDS = 3


async def one_wins(trading: Any, path: str, version: int, *acts: tuple[str, dict[str, Any]]) -> None:
    sent = (acts[n % len(acts)] for n in range(AT_ONCE))
    answers = await asyncio.gather(
        *(
            trading.door.call("POST", f"{path}/{verb}", body, version=version, **trading.as_bank())
            for verb, body in sent
        )
    )
    counted = Counter(each.status_code for each in answers)
    assert counted == {200: 1, 412: AT_ONCE - 1}, [each.text for each in answers]
    trading.check_books()


async def test_of_writers_of_one_collection_one_wins(trading: Any) -> None:
    """Each for a declaration of its own, so that only the collection's own lock stands between them."""
    for _ in range(ROUNDS):
        portions = [(await trading.released())[1][0] for _ in range(AT_ONCE)]
        collection = await trading.booked("1000.00")
        matches = [
            ("matches", {"matches": [{"portion_id": str(each.portion_id), "amount": "100.00"}]}) for each in portions
        ]
        await one_wins(trading, f"/v1/collections/{collection['id']}", collection["version"], *matches)


async def test_holds_and_matches_of_one_declaration_leave_its_room_whole(trading: Any) -> None:
    """A room has no ETag: every writer counts, in one order, and none ends as a failure (V38)."""
    for _ in range(ROUNDS):
        declaration_id, portions = await trading.released(*(trading.portion() for _ in range(AT_ONCE)))
        collections = [await trading.booked("100.00") for _ in range(AT_ONCE)]
        held = [
            {
                "declaration_id": str(declaration_id),
                "collector_id": str(trading.agent),
                "lines": [{"portion_id": str(each.portion_id), "value": "200.00"}],
            }
            for each in portions
        ]
        matched = [{"matches": [{"portion_id": str(each.portion_id), "amount": "100.00"}]} for each in portions]
        answers = await asyncio.gather(
            *(trading.door.call("POST", "/v1/holds", body, **trading.as_bank()) for body in held),
            *(trading.act(each, "matches", body) for each, body in zip(collections, matched, strict=True)),
        )
        assert {each.status_code for each in answers} == {200, 201}, [each.text for each in answers]
        assert trading.room(declaration_id)[2:4] == (200 * AT_ONCE, 100 * AT_ONCE)
        trading.check_books()


async def test_a_hold_voided_by_many_at_once_ends_once_and_all_are_told_so(trading: Any) -> None:
    """A repeat of how a hold ended is answered as the first one (V38)."""
    for _ in range(ROUNDS):
        declaration_id, (portion,) = await trading.released()
        body = {
            "declaration_id": str(declaration_id),
            "collector_id": str(trading.agent),
            "lines": [{"portion_id": str(portion.portion_id), "value": "600.00"}],
        }
        hold = await trading.door.done("POST", "/v1/holds", body, **trading.as_bank())
        path, reason = f"/v1/holds/{hold['id']}/voids", {"reason": "a reason"}
        answers = await asyncio.gather(
            *(trading.door.call("POST", path, reason, version=1, **trading.as_bank()) for _ in range(AT_ONCE))
        )
        assert Counter(each.status_code for each in answers) == {200: AT_ONCE}, [each.text for each in answers]
        assert {each.json()["version"] for each in answers} == {2}
        assert trading.room(declaration_id)[2] == 0
        trading.check_books()
