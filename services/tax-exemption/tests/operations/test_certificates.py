from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg

from shared.events.trade_ledger import (
    ConflictCase,
    DeclarationAmended,
    DeclarationDeparted,
    DeclarationReleased,
)
from shared.workshop.testing.declaration_events import declaration_event, portion

Filing = Any


async def test_a_certificate_is_issued_once_per_declaration_and_principal(filing: Filing) -> None:
    event = declaration_event(DeclarationDeparted, filing.own(), filing.own("250.50"))
    await filing.hear(event)
    body = {"declaration_id": str(event.declaration.declaration_id), "principal_id": str(filing.holder)}
    applied = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
    assert applied["value"] == "1250.50"
    twice = await filing.door.call("POST", "/v1/certificates", body, **filing.as_operator())
    assert (twice.status_code, twice.json()["code"]) == (409, "certificate_applied_already")
    path = f"/v1/certificates/{applied['id']}"
    issued = await filing.door.done("POST", f"{path}/issues", {"issued_number": "DL1"}, role="tax", version=1)
    await filing.door.done("POST", f"{path}/voidings", {"reason": "amended"}, role="tax", version=issued["version"])
    anew = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
    reused = await filing.door.call(
        "POST", f"/v1/certificates/{anew['id']}/issues", {"issued_number": "DL1"}, role="tax", version=1
    )
    assert reused.json()["code"] == "issued_number_used"


async def test_a_certificate_is_applied_for_by_customs_number(filing: Filing) -> None:
    event = declaration_event(DeclarationDeparted, filing.own())
    await filing.hear(event)
    number, declaration_id = event.declaration.customs_number, str(event.declaration.declaration_id)
    body = {"customs_number": number, "principal_id": str(filing.holder)}
    applied = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
    assert applied["declaration_id"] == declaration_id
    unknown = await filing.door.call(
        "POST", "/v1/certificates", {**body, "customs_number": "9"}, **filing.as_operator()
    )
    assert unknown.status_code == 404
    for changed, code in (
        ({"customs_number": None}, "one_of_fields_missing"),
        ({"declaration_id": declaration_id}, "fields_exclusive"),
    ):
        answer = await filing.door.call("POST", "/v1/certificates", {**body, **changed}, **filing.as_operator())
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


async def test_a_certificate_is_applied_for_from_release_on(filing: Filing) -> None:
    waiting = filing.own(departed_quantity="0", departed_value="0", departed_fob="0")
    event = declaration_event(DeclarationReleased, waiting, status="released", export_date=None)
    await filing.hear(event)
    body = {"declaration_id": str(event.declaration.declaration_id), "principal_id": str(filing.holder)}
    applied = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
    assert applied["export_date"] is None
    left = declaration_event(
        DeclarationDeparted, filing.own(), declaration_id=event.declaration.declaration_id, customs_number="1" * 18
    )
    await filing.hear(left, sequence=2)
    path = f"/v1/certificates/{applied['id']}/issues"
    issued = await filing.door.done("POST", path, {"issued_number": " DL1 "}, role="tax", version=1)
    assert (issued["issued_number"], issued["export_date"]) == ("DL1", "2026-05-13")


async def test_a_case_of_customs_holds_certificates_back_until_it_is_closed(filing: Filing) -> None:
    """R-DECL-7."""
    goods = filing.own()
    case = ConflictCase(
        conflict_id=uuid4(), code="code_changed", opened_at=datetime(2026, 5, 14, tzinfo=UTC), detail="",
        must_act="customs", freezes=("certificate",),
    )  # fmt: skip
    event = declaration_event(DeclarationDeparted, goods)
    declaration_id = event.declaration.declaration_id
    frozen = declaration_event(DeclarationDeparted, goods, declaration_id=declaration_id, open_conflicts=[case])
    body = {"declaration_id": str(declaration_id), "principal_id": str(filing.holder)}
    await filing.hear(frozen)
    early = await filing.door.call("POST", "/v1/certificates", body, **filing.as_operator())
    assert (early.status_code, early.json()["code"]) == (409, "export_frozen")
    await filing.hear(event, sequence=2)
    applied = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
    await filing.hear(frozen, sequence=3)
    path, number = f"/v1/certificates/{applied['id']}/issues", {"issued_number": "DL1"}
    held = await filing.door.call("POST", path, number, role="tax", version=1)
    assert held.json()["code"] == "export_frozen"
    await filing.hear(event, sequence=4)
    await filing.door.done("POST", path, number, role="tax", version=1)


async def test_own_exports_have_no_certificate(filing: Filing) -> None:
    event = declaration_event(DeclarationDeparted, filing.own(export_mode="own"))
    await filing.hear(event)
    body = {"declaration_id": str(event.declaration.declaration_id), "principal_id": str(filing.holder)}
    assert (await filing.door.call("POST", "/v1/certificates", body, **filing.as_operator())).status_code == 404


async def test_an_amended_value_voids_the_certificate_and_another_is_applied_for(filing: Filing) -> None:
    goods, other = filing.own(), portion(uuid4(), filing.operator, filing.operator)
    departed = declaration_event(DeclarationDeparted, goods, other)
    await filing.hear(departed)
    declaration_id = departed.declaration.declaration_id
    ids = []
    for principal in (goods.owner_id, other.owner_id):
        body = {"declaration_id": str(declaration_id), "principal_id": str(principal)}
        applied = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
        ids.append(applied["id"])
    path = f"/v1/certificates/{ids[0]}"
    await filing.door.done("POST", f"{path}/issues", {"issued_number": "DL1"}, role="tax", version=1)
    less = goods.model_copy(update={"released_fob": Decimal(800), "departed_fob": Decimal(800)})
    for sequence in (2, 3):
        said = declaration_event(DeclarationAmended, less, other, declaration_id=declaration_id)
        await filing.hear(said, sequence=sequence)
    assert (await filing.door.done("GET", path, **filing.as_operator()))["status"] == "void"
    assert (await filing.door.done("GET", f"/v1/certificates/{ids[1]}", role="tax"))["status"] == "applied"
    body = {"declaration_id": str(declaration_id), "principal_id": str(filing.holder)}
    anew = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
    assert anew["value"] == "800.00"
    with psycopg.connect(filing.dsn) as connection:
        said_types = Counter(row[0] for row in connection.execute("SELECT type FROM outbox"))
    assert said_types["tax_exemption.certificate_voided.v1"] == 1


async def test_of_ten_applications_at_once_one_wins(filing: Filing) -> None:
    event = declaration_event(DeclarationDeparted, filing.own())
    await filing.hear(event)
    body = {"declaration_id": str(event.declaration.declaration_id), "principal_id": str(filing.holder)}
    answers = await asyncio.gather(
        *(filing.door.call("POST", "/v1/certificates", body, **filing.as_operator()) for _ in range(10))
    )
    assert Counter((each.status_code, each.json().get("code")) for each in answers) == {
        (201, None): 1,
        (409, "certificate_applied_already"): 9,
    }


async def test_a_certificates_number_begins_with_what_registry_said_last(filing: Filing) -> None:
    event = declaration_event(DeclarationDeparted, filing.own())
    await filing.hear(event)
    body = {"declaration_id": str(event.declaration.declaration_id), "principal_id": str(filing.holder)}
    with psycopg.connect(filing.dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM pilot_copies")
    unheard = filing.gate(None).model_copy(update={"number_prefix": None})
    await filing.hear(unheard)
    refused = await filing.door.call("POST", "/v1/certificates", body, **filing.as_operator())
    assert (refused.status_code, refused.json()["code"]) == (409, "pilot_not_heard")
    await filing.hear(unheard.model_copy(update={"number_prefix": "XY"}))
    await filing.hear(unheard)
    applied = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
    assert applied["number"].startswith("XY-CE-")
