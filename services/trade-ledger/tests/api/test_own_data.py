"""A party gets the names that its own trades state, in clear, and nobody else does (R-DATA-1, V66, V65)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg

from shared.workshop.testing.registry_events import subject

LEG = {"amount": "100.00", "paid_on": "2026-05-12", "payer": "张小五", "payee": "李十一", "reference": "R1"}


async def test_who_states_a_leg_reads_its_names_page_by_page(market: Any, dsn: str) -> None:
    who = market.as_operator()
    for number in range(3):
        await market.registered(external_ref=f"leg {number}", domestic_leg=LEG)
    await market.registered()
    path, pages, cursor = f"/v1/subjects/{who['subject_id']}/personal-data-exports", [], ""
    while True:
        page = await market.door.done("POST", f"{path}?limit=2{cursor}", **who)
        pages.append([(each["payer"], each["payee"]) for each in page["items"]])
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert pages == [[("张小五", "李十一")] * 2, [("张小五", "李十一")]]
    with psycopg.connect(dsn) as connection:
        kept = str(connection.execute("SELECT convert_from(body, 'UTF8') FROM idempotency_keys").fetchall())
    assert LEG["payee"] not in kept


async def test_nobody_elses_names_are_told(market: Any) -> None:
    await market.registered(domestic_leg=LEG)
    own = market.as_operator()
    path = f"/v1/subjects/{own['subject_id']}/personal-data-exports"
    torn = await market.door.call("POST", f"{path}?cursor=x", **own)
    assert (torn.status_code, torn.json()["code"]) == (422, "malformed_cursor")
    strangers = {role: uuid4() for role in ("operator", "stall_holder")}
    await market.hear(*(subject(role, subject_id=each) for role, each in strangers.items()))
    for who in ({"role": role, "subject_id": each} for role, each in strangers.items()):
        answer = await market.door.call("POST", path, **who)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        mine = f"/v1/subjects/{who['subject_id']}/personal-data-exports"
        assert (await market.door.done("POST", mine, **who))["items"] == []
    assert (await market.door.call("POST", path, role="customs")).status_code == 403


async def test_who_has_left_gets_its_own_names(market: Any) -> None:
    """R-DATA-1: a person's right to its data outlasts its filing."""
    await market.registered(domestic_leg=LEG)
    own = market.as_operator()
    await market.hear(subject("operator", subject_id=own["subject_id"], status="exited"))
    page = await market.door.done("POST", f"/v1/subjects/{own['subject_id']}/personal-data-exports", **own)
    assert [(each["payer"], each["payee"]) for each in page["items"]] == [(LEG["payer"], LEG["payee"])]


async def test_of_an_erased_person_the_names_are_gone(market: Any, dsn: str) -> None:
    await market.registered(domestic_leg=LEG)
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE trades SET data_key = 'erased'")
    own = market.as_operator()
    page = await market.door.done("POST", f"/v1/subjects/{own['subject_id']}/personal-data-exports", **own)
    assert [(each["payer"], each["payee"]) for each in page["items"]] == [(None, None)]
