"""Somebody else's id or number in a body is answered like one that nobody has, in every field (V65)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

from shared.events.trade_ledger import DeclarationDeparted
from shared.workshop.testing.declaration_events import declaration_event, portion
from shared.workshop.testing.named_ids import THIS, Naming, id_fields, told_apart
from shared.workshop.testing.registry_events import subject

# The tax office numbers its certificates itself.
NUMBERED = {("issue_certificate", "/issued_number")}


async def namings(filing: Any) -> AsyncIterator[Naming]:
    other, their_holder = uuid4(), uuid4()
    await filing.hear(subject("operator", subject_id=other), subject("stall_holder", subject_id=their_holder))
    goods = [filing.own(), filing.own()]
    own, second = (declaration_event(DeclarationDeparted, each) for each in goods)
    theirs = declaration_event(DeclarationDeparted, portion(their_holder, other, their_holder, "1000.00"))
    foreign = theirs.model_copy(
        update={"declaration": theirs.declaration.model_copy(update={"customs_number": "801220260000000777"})}
    )
    numbered = second.model_copy(
        update={"declaration": second.declaration.model_copy(update={"customs_number": "801220260000000666"})}
    )
    await filing.hear(own, numbered, foreign)
    ids = [str(each.declaration.declaration_id) for each in (own, foreign)]
    holder, path = str(filing.holder), "/v1/certificates"
    applying = ("apply_for_certificate", path)
    strangers = [str(their_holder), str(other)]
    who: dict[str, Any] = filing.as_operator()
    body = {"declaration_id": THIS, "principal_id": holder}
    yield Naming(*applying, body, None, ids[1:], who)
    theirs_named = {"declaration_id": THIS, "principal_id": str(their_holder)}
    yield Naming(*applying, theirs_named, None, ids[1:], who)
    yield Naming(*applying, body, ids[0], ids[1:], who)
    yield Naming(*applying, {"declaration_id": ids[1], "principal_id": THIS}, None, strangers, who)
    numbers = [each.declaration.customs_number for each in (numbered, foreign)]
    named = {"customs_number": THIS, "principal_id": str(their_holder)}
    yield Naming(*applying, named, None, numbers[1:], who, unknown="801220260000009999")
    named = {"customs_number": THIS, "principal_id": holder}
    yield Naming(*applying, named, numbers[0], numbers[1:], who, unknown="801220260000009999")
    filed = ("file_return", "/v1/returns")
    for each in (filing.as_operator(), filing.as_holder()):
        right = holder if each["subject_id"] == filing.holder else None
        yield Naming(*filed, filing.body() | {"stall_holder_id": THIS}, right, strangers, each)


async def test_anothers_id_in_a_body_is_answered_like_an_unknown_one(filing: Any) -> None:
    asked, apart = await told_apart(filing.door, namings(filing))
    assert apart == []
    assert asked | NUMBERED == id_fields(filing.door.app.openapi())
    assert asked.isdisjoint(NUMBERED)
