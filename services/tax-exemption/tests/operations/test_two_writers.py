"""Several writers with the same ETag at once, by aggregate: one changes it, the others are told that it changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

from shared.events.trade_ledger import DeclarationDeparted
from shared.workshop.testing.declaration_events import declaration_event, portion
from shared.workshop.testing.registry_events import subject

AT_ONCE = 8
ROUNDS = 3


async def one_wins(filing: Any, path: str, version: int, *acts: tuple[str, dict[str, Any] | None]) -> None:
    sent = (acts[n % len(acts)] for n in range(AT_ONCE))
    answers = await asyncio.gather(
        *(filing.door.call("POST", f"{path}/{verb}", body, role="tax", version=version) for verb, body in sent)
    )
    counted = Counter(each.status_code for each in answers)
    assert counted == {200: 1, 412: AT_ONCE - 1}, [each.text for each in answers]


async def test_of_writers_of_one_return_one_wins(filing: Any) -> None:
    for _ in range(ROUNDS):
        filing.holder = uuid4()
        goods = portion(filing.holder, filing.operator, filing.holder, "1000.00")
        await filing.hear(
            subject("stall_holder", subject_id=filing.holder), declaration_event(DeclarationDeparted, goods)
        )
        filed = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
        acts = (("acceptances", None), ("queries", {"reason": "a reason"}))
        await one_wins(filing, f"/v1/returns/{filed['id']}", filed["version"], *acts)


async def test_of_writers_of_one_certificate_one_wins(filing: Any) -> None:
    for n in range(ROUNDS):
        goods = portion(filing.holder, filing.operator, filing.holder, "1000.00")
        event = declaration_event(DeclarationDeparted, goods)
        await filing.hear(event)
        body = {"declaration_id": str(event.declaration.declaration_id), "principal_id": str(filing.holder)}
        applied = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
        acts = (("issues", {"issued_number": f"DL{n}"}), ("voidings", {"reason": "amended"}))
        await one_wins(filing, f"/v1/certificates/{applied['id']}", 1, *acts)
