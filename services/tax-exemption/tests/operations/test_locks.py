"""Each lock by name: two who need it line up, and the second goes by what the first has written (F22)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg

from shared.events.trade_ledger import DeclarationAmended, DeclarationDeparted
from shared.workshop.testing.declaration_events import declaration_event
from shared.workshop.testing.lining_up import lined_up


def ask(filing: Any, question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(filing.dsn) as connection:
        return connection.execute(question.encode()).fetchall()


async def departed(filing: Any) -> tuple[Any, dict[str, str], Any]:
    """A declaration that has left, what its operator applies with, and the event that takes 200.00 from it."""
    goods = filing.own()
    event = declaration_event(DeclarationDeparted, goods)
    await filing.hear(event)
    declaration_id = event.declaration.declaration_id
    less = goods.model_copy(update={"released_fob": Decimal(800), "departed_fob": Decimal(800)})
    amended = declaration_event(DeclarationAmended, less, declaration_id=declaration_id)
    return event, {"declaration_id": str(declaration_id), "principal_id": str(filing.holder)}, amended


async def test_a_certificate_issued_while_its_declaration_changes_is_voided_after(filing: Any) -> None:
    """`live_certificates` (V52)."""
    _, body, amended = await departed(filing)
    applied = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
    issue = ("POST", f"/v1/certificates/{applied['id']}/issues", {"issued_number": "DL1"})
    issuing, hearing = filing.door.call(*issue, role="tax", version=1), filing.hear(amended, sequence=2)
    answer, _ = await lined_up(filing.dsn, "SELECT FROM certificates FOR NO KEY UPDATE", issuing, hearing)
    assert answer.status_code == 200, answer.text
    assert ask(filing, "SELECT status, version, issued_number FROM certificates") == [("void", 3, "DL1")]


async def test_a_certificate_applied_for_while_its_declaration_changes_is_voided_after(filing: Any) -> None:
    """`release_for_update` (V52): what is heard waits for the application, and then sees it."""
    _, body, amended = await departed(filing)
    applying = filing.door.call("POST", "/v1/certificates", body, **filing.as_operator())
    # Its row can't be written before the event has been waiting for it.
    answer, _ = await lined_up(
        filing.dsn, "LOCK TABLE certificates IN SHARE MODE", applying, filing.hear(amended, sequence=2)
    )
    assert answer.status_code == 201, answer.text
    assert ask(filing, "SELECT status, value FROM certificates") == [("void", Decimal(1000))]


async def test_of_two_certificates_with_one_issued_number_at_once_one_has_it(filing: Any) -> None:
    """`number_issued_as`."""
    paths = []
    for _ in range(2):
        _, body, _ = await departed(filing)
        applied = await filing.door.done("POST", "/v1/certificates", body, **filing.as_operator())
        paths.append(f"/v1/certificates/{applied['id']}/issues")
    calls = [filing.door.call("POST", path, {"issued_number": "DL1"}, role="tax", version=1) for path in paths]
    answers = await lined_up(filing.dsn, "LOCK TABLE certificates IN SHARE MODE", *calls)
    assert Counter((each.status_code, each.json().get("code")) for each in answers) == {
        (200, None): 1,
        (409, "issued_number_used"): 1,
    }


async def test_of_two_who_import_one_days_rate_one_does(filing: Any) -> None:
    """`versions_of_rate`."""
    body = {"day": "2026-05-14", "currency": "USD", "cny_per_unit": "6.95", "source": "sample"}
    calls = [filing.door.call("POST", "/v1/middle-rates", body, role="tax") for _ in range(2)]
    answers = await lined_up(filing.dsn, "LOCK TABLE middle_rates IN SHARE MODE", *calls)
    assert sorted(each.status_code for each in answers) == [201, 409], [each.text for each in answers]


async def test_two_decisions_on_one_item_at_once_are_numbered_one_after_the_other(filing: Any) -> None:
    """`item_to_decide`."""
    event, _, _ = await departed(filing)
    filing.door.at(datetime(2026, 8, 3, 1, tzinfo=UTC))
    path = f"/v1/items/{event.declaration.portions[0].portion_id}/decisions"
    decision = {"outcome": "no_fault", "reason": "customs data came late"}
    calls = [filing.door.call("POST", path, decision, role="tax") for _ in range(2)]
    answers = await lined_up(filing.dsn, "LOCK TABLE item_decisions IN SHARE MODE", *calls)
    assert {each.status_code for each in answers} == {201}, [each.text for each in answers]
    assert ask(filing, "SELECT decision_no FROM item_decisions ORDER BY 1") == [(1,), (2,)]
