"""What its owner lost with a restored database is nothing to go on by any more (docs/decisions/0009)."""

from __future__ import annotations

from typing import Any

import psycopg

from shared.events.trade_ledger import DeclarationDeparted
from shared.workshop.testing.declaration_events import declaration_event
from shared.workshop.testing.lost_events import ended


async def test_a_lost_declaration_leaves_nothing_to_exempt_and_voids_its_certificates(filing: Any) -> None:
    event = declaration_event(DeclarationDeparted, filing.own())
    await filing.hear(event)
    body = {"declaration_id": str(event.declaration.declaration_id), "principal_id": str(filing.holder)}
    await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
    await filing.hear(*ended(event), sequence=2)
    with psycopg.connect(filing.dsn) as connection:
        assert connection.execute("SELECT departed_fob FROM exemption_items").fetchall() == [(0,)]
        assert connection.execute("SELECT status FROM certificates").fetchall() == [("void",)]
        assert connection.execute("SELECT count(*) FROM principal_releases").fetchone() == (0,)
    refused = await filing.door.call("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_declare")
