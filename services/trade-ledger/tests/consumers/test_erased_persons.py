"""Of an erased person nobody opens who paid whom, in trades that needn't be kept any more (R-DATA-1)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from shared.events.registry import SubjectErased
from shared.workshop.testing.registry_events import subject

LEG = {"amount": "200.00", "paid_on": "2026-05-13", "payer": "成渝公司", "payee": "张小五", "reference": "RMB-1"}


async def erased(market: Any, who: Any, role: str, until: date) -> None:
    state = subject(role, subject_id=who, status="exited").subject
    await market.hear(SubjectErased(subject=state, papers_until=until))


def keys(dsn: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        query = "SELECT CASE WHEN data_key = 'erased' THEN data_key ELSE split_part(data_key, '.', 1) END FROM trades"
        return [row[0] for row in connection.execute(f"{query} ORDER BY id").fetchall()]


@pytest.mark.parametrize("party", ["seller", "buyer"])
async def test_the_key_of_a_trade_up_to_the_day_is_destroyed_and_its_amounts_stay(
    market: Any, dsn: str, party: str
) -> None:
    """R-DATA-1: just over the day it is kept, at the day it goes."""
    trade = await market.registered(domestic_leg=LEG)
    await market.registered()
    assert keys(dsn) == ["k1", None]
    role = "buyer" if party == "buyer" else "stall_holder"
    await erased(market, uuid4(), role, date(2026, 5, 13))
    await erased(market, getattr(market, party), role, date(2026, 5, 12))
    assert keys(dsn) == ["k1", None]
    await erased(market, getattr(market, party), role, date(2026, 5, 13))
    assert keys(dsn) == ["erased", None]
    read = await market.door.done("GET", f"/v1/trades/{trade['id']}", role="auditor")
    assert (read["trade"]["total"], read["trade"]["domestic_leg"]["amount"]) == (trade["trade"]["total"], "200.00")


async def test_a_trade_without_its_parties_isnt_corrected(market: Any) -> None:
    trade = await market.registered(domestic_leg=LEG)
    await erased(market, market.seller, "buyer", date(2026, 5, 13))
    await market.hear(subject("stall_holder", subject_id=market.seller, stall="02-000018"))
    body = {**market.trade(), "domestic_leg": LEG, "reason": "price was wrong"}
    path = f"/v1/trades/{trade['id']}/corrections"
    answer = await market.door.call("POST", path, body, version=1, **market.as_operator())
    assert (answer.status_code, answer.json()["code"]) == (409, "trade_parties_erased")
