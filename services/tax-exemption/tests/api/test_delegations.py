"""Acts for another party: the header names it, the delegation on file gives the right (V65)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from shared.events.trade_ledger import DeclarationDeparted
from shared.workshop.testing.declaration_events import declaration_event
from shared.workshop.testing.registry_events import delegation, subject
from shared.workshop.tokens import ISSUER

Filing = Any
CLERK = {"role": "stall_holder", "actor": "clerk-7"}
FORBIDDEN, BARRED = (403, "forbidden"), (403, "delegate_not_in_force")


@pytest.fixture
async def office(filing: Filing) -> Filing:
    """The holder, its operator and another operator are filed; goods of USD 1000.00 have left in May."""
    await filing.hear(
        subject("stall_holder", subject_id=filing.holder, stall="A-1"),
        subject("operator", subject_id=filing.operator),
        declaration_event(DeclarationDeparted, filing.own()),
    )
    return filing


def clerk_of(filing: Filing) -> str:
    opaque: str = filing.door.app.state.runtime.actors.opaque(ISSUER, CLERK["actor"])
    return opaque


async def told(filing: Filing, **changed: Any) -> str:
    """A delegation of the holder to its clerk, unless changed; its id."""
    terms = {"account": clerk_of(filing), "acts": ("read_tax", "file_returns"), "limit_usd": "1000.00", **changed}
    said = delegation(filing.holder, **terms)
    await filing.hear(said)
    return str(said.delegation.delegation_id)


async def status(filing: Filing, method: str, path: str, body: Any = None, **how: Any) -> tuple[int, str]:
    grantor = how.pop("grantor", filing.holder)
    answer = await filing.door.call(method, path, body, headers={"on-behalf-of": str(grantor)}, **{**CLERK, **how})
    return answer.status_code, answer.json().get("code", "")


def rows(filing: Filing, question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(filing.dsn) as connection:
        return connection.execute(question).fetchall()  # type: ignore[call-overload,no-any-return]  # SQL of the test


async def test_a_clerk_files_the_return_up_to_the_limit_and_both_sides_see_it(office: Filing) -> None:
    """RMB 7000.00 at 7.00: at USD 1000.00 it is filed, just under it nothing is."""
    too_little = await told(office, limit_usd="999.99")
    assert await status(office, "POST", "/v1/returns", office.body()) == (409, "delegation_value_used_up")
    assert rows(office, "SELECT FROM exemption_returns") == rows(office, "SELECT FROM delegation_uses") == []
    enough = await told(office)
    body, on_behalf = office.body(), {"on-behalf-of": str(office.holder)}
    filed = await office.door.done("POST", "/v1/returns", body, headers=on_behalf, key="once", **CLERK)
    again = await office.door.done("POST", "/v1/returns", body, headers=on_behalf, key="once", **CLERK)
    assert filed == again
    assert filed["exemption_return"]["filer_id"] == str(office.holder)
    assert rows(office, "SELECT delegation_id::text, used_usd FROM delegation_uses") == [(enough, Decimal(1000))]
    path = f"/v1/delegated-acts?delegation_id={enough}"
    for who in (office.as_holder(), CLERK, {"role": "security"}):
        (act,) = (await office.door.done("GET", path, **who))["items"]
        assert (act["operation"], act["target"], act["value_usd"]) == ("file_return", filed["id"], "1000.00")
        assert act["actor"] == CLERK["actor"]
    assert (await office.door.done("GET", path, **office.as_operator()))["items"] == []
    assert (await office.door.done("GET", f"/v1/delegated-acts?delegation_id={too_little}", **CLERK))["items"] == []
    assert rows(office, "SELECT DISTINCT delegation_id::text FROM outbox") == [(enough,)]
    stamped = "SELECT actor, subject_id, target FROM audit WHERE operation = 'act_under_delegation'"
    assert rows(office, stamped) == [(CLERK["actor"], str(office.holder), enough)]
    # The second return of the same delegation has nothing left.
    await office.hear(declaration_event(DeclarationDeparted, office.own("0.01")))
    assert await status(office, "POST", "/v1/returns", office.body()) == (409, "delegation_value_used_up")


async def test_without_the_rate_of_its_month_a_return_is_not_filed_for_another(office: Filing) -> None:
    await told(office)
    with psycopg.connect(office.dsn) as owner:
        owner.execute("DELETE FROM middle_rates WHERE day = '2026-05-01'")
    by_day_of_sale = office.body(rate_choice="sale_day")
    assert await status(office, "POST", "/v1/returns", by_day_of_sale) == (409, "delegation_value_unknown")
    assert (await office.door.call("POST", "/v1/returns", by_day_of_sale, **office.as_holder())).status_code == 201


async def test_only_the_acts_that_are_named_are_done(office: Filing) -> None:
    released = {"declaration_id": str(uuid4()), "principal_id": str(uuid4())}
    calls = {
        "read_tax": ("GET", "/v1/returns", None),
        "file_returns": ("POST", "/v1/returns", office.body()),
        "apply_for_certificates": ("POST", "/v1/certificates", released),
        "read": ("GET", "/v1/items", None),
    }  # fmt: skip
    operator = {"grantor": office.operator, "role": "operator"}
    for given in calls:
        limit = "1000.00" if given == "file_returns" else None
        await told(office, acts=(given,), limit_usd=limit)
        terms = {"account": clerk_of(office), "acts": (given,), "limit_usd": limit, "role": "operator"}
        as_operator = delegation(office.operator, **terms)
        await office.hear(as_operator)
        done = {act for act, call in calls.items() if await status(office, *call, **operator) != FORBIDDEN}
        assert done == ({"read_tax", "read"} if given == "read_tax" else set() if given == "read" else {given})
        await office.hear(as_operator.model_copy(
            update={"delegation": as_operator.delegation.model_copy(update={"status": "ended"})}
        ))  # fmt: skip
        assert {await status(office, *call, **operator) for call in calls.values()} == {FORBIDDEN}


@pytest.mark.parametrize(
    ("instant", "answered"),
    [
        (datetime(2026, 6, 4, 15, 59, 59, tzinfo=UTC), FORBIDDEN),
        (datetime(2026, 6, 4, 16, 0, tzinfo=UTC), (200, "")),
        (datetime(2026, 6, 8, 15, 59, 59, tzinfo=UTC), (200, "")),
        (datetime(2026, 6, 8, 16, 0, tzinfo=UTC), FORBIDDEN),
    ],
)
async def test_a_delegation_counts_on_its_days_in_beijing(office: Filing, instant: datetime, answered: Any) -> None:
    await told(office, valid_from=date(2026, 6, 5), valid_to=date(2026, 6, 8))
    office.door.at(instant)
    assert await status(office, "GET", "/v1/returns") == answered


async def test_a_delegate_that_is_not_in_force_does_nothing_for_another(office: Filing) -> None:
    await told(office, account=None, delegate_id=office.operator)
    who = office.as_operator()
    assert await status(office, "GET", "/v1/returns", **who) == (200, "")
    await office.hear(subject("operator", subject_id=office.operator, status="suspended"))
    for call in (("GET", "/v1/returns"), ("POST", "/v1/returns", office.body())):
        assert await status(office, *call, **who) == BARRED
    await office.hear(subject("operator", subject_id=office.operator))
    assert await status(office, "POST", "/v1/returns", office.body(), **who) == (201, "")
