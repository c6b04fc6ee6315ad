"""Several writers with the same ETag at once, by aggregate: one changes it, the others are told that it changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

AT_ONCE = 8
ROUNDS = 3
REASON = {"reason": "a reason"}
Made = tuple[str, int, list[tuple[str, dict[str, Any]]]]


async def one_wins(yard: Any, parties: Any, make: Callable[[], Awaitable[Made]], **who: Any) -> None:
    """`make` gives the aggregate's path, its version, and the acts that its writers mix."""
    how = {"role": "operator", "subject_id": parties["operator"], **who}
    for _ in range(ROUNDS):
        path, version, acts = await make()
        sent = (acts[n % len(acts)] for n in range(AT_ONCE))
        answers = await asyncio.gather(
            *(yard.door.call("POST", f"{path}/{verb}", body, version=version, **how) for verb, body in sent)
        )
        counted = Counter(each.status_code for each in answers)
        assert counted == {200: 1, 412: AT_ONCE - 1}, [each.text for each in answers]


async def test_of_writers_of_one_trade_one_wins(yard: Any, parties: Any) -> None:
    async def make() -> Made:
        trade = await yard.trade(handed_over=False)
        return f"/v1/trades/{trade['id']}", 1, [("voidings", REASON)]

    await one_wins(yard, parties, make)


async def test_of_writers_of_one_load_one_wins(yard: Any, parties: Any, make_packed: Any) -> None:
    async def make() -> Made:
        load = await yard.as_operator("POST", "/v1/loads", {"vehicle": "渝A12345"})
        lines = (await yard.trade())["trade"]["lines"]
        packing_list = await yard.packing_list(load_id=load["id"])
        path = f"/v1/packing-lists/{packing_list['id']}"
        await yard.as_operator("POST", f"{path}/lines", {"lines": [make_packed(lines[0])]}, version=1)
        await yard.as_operator("POST", f"{path}/seals", {}, version=2)
        load = await yard.as_operator("GET", f"/v1/loads/{load['id']}")
        return f"/v1/loads/{load['id']}", load["version"], [("seals", {"seal_number": "S1"})]

    await one_wins(yard, parties, make)


async def test_of_reports_of_one_loads_arrival_one_wins(yard: Any, parties: Any, make_packed: Any) -> None:
    async def make() -> Made:
        lines = (await yard.trade())["trade"]["lines"]
        packing_list = await yard.sealed(make_packed(lines[0]), arrived=False)
        load = await yard.as_operator("GET", f"/v1/loads/{packing_list['packing_list']['load_id']}")
        arrived = {"arrived_at": "2026-05-13T08:30:00+08:00"}
        return f"/v1/loads/{load['id']}", load["version"], [("arrivals", arrived)]

    await one_wins(yard, parties, make, role="site_operator", subject_id=None, site_id=parties["site"])


async def test_of_writers_of_one_packing_list_one_wins(yard: Any, parties: Any, make_packed: Any) -> None:
    async def make() -> Made:
        trades = [await yard.trade() for _ in range(2)]
        lines = [make_packed(each["trade"]["lines"][0]) for each in trades]
        packing_list = await yard.packing_list()
        path = f"/v1/packing-lists/{packing_list['id']}"
        await yard.as_operator("POST", f"{path}/lines", {"lines": [lines[0]]}, version=1)
        return path, 2, [("lines", {"lines": [lines[1]]}), ("seals", {}), ("voidings", REASON)]

    await one_wins(yard, parties, make)


async def test_of_writers_of_one_declaration_one_wins(yard: Any, parties: Any, make_packed: Any) -> None:
    async def make() -> Made:
        lines = (await yard.trade())["trade"]["lines"]
        packing_list = await yard.sealed(make_packed(lines[0]))
        draft = await yard.draft(packing_list["id"])
        return f"/v1/declarations/{draft['id']}", draft["version"], [("submissions", {})]

    await one_wins(yard, parties, make)


async def test_goods_handed_over_by_many_at_once_are_handed_over_once(yard: Any, parties: Any) -> None:
    """Without an ETag: the trades' own locks decide."""
    for _ in range(ROUNDS):
        body = {"trade_ids": [(await yard.trade(handed_over=False))["id"]]}
        how = {"role": "operator", "subject_id": parties["operator"]}
        answers = await asyncio.gather(*(yard.door.call("POST", "/v1/handovers", body, **how) for _ in range(AT_ONCE)))
        counted = Counter(each.status_code for each in answers)
        assert counted == {201: 1, 409: AT_ONCE - 1}, [each.text for each in answers]
