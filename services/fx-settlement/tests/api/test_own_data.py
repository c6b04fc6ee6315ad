"""A collector gets in clear who paid it, and nobody else does (R-DATA-1, V66, V65)."""

from __future__ import annotations

from typing import Any

import psycopg


async def test_a_collector_reads_who_paid_it_and_nobody_else_does(trading: Any) -> None:
    for _ in range(3):
        await trading.booked(payer="张小五")
    await trading.booked("5.00", collector_id=str(trading.person), account_kind="personal", payer="李十一")
    own = {"role": "operator", "subject_id": trading.agent}
    path = f"/v1/subjects/{trading.agent}/personal-data-exports"
    first = await trading.door.done("POST", f"{path}?limit=2", **own)
    rest = await trading.door.done("POST", f"{path}?limit=2&cursor={first['next_cursor']}", **own)
    assert [each["payer"] for each in (*first["items"], *rest["items"])] == ["张小五"] * 3
    assert rest["next_cursor"] is None
    assert not [
        body for (body,) in trading.ask("SELECT convert_from(body, 'UTF8') FROM idempotency_keys") if "小五" in body
    ]
    torn = await trading.door.call("POST", f"{path}?cursor=x", **own)
    assert (torn.status_code, torn.json()["code"]) == (422, "malformed_cursor")
    for stranger in (trading.person, trading.principal):
        answer = await trading.door.call("POST", path, role="stall_holder", subject_id=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await trading.door.call("POST", path, **trading.as_bank())).status_code == 403


async def test_of_an_erased_person_the_payer_is_gone(trading: Any) -> None:
    await trading.booked(payer="张小五")
    with psycopg.connect(trading.dsn) as connection:
        connection.execute("UPDATE collections SET data_key = 'erased'")
    own = {"role": "operator", "subject_id": trading.agent}
    page = await trading.door.done("POST", f"/v1/subjects/{trading.agent}/personal-data-exports", **own)
    assert [each["payer"] for each in page["items"]] == [None]
