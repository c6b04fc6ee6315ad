"""Middle rates: doubted when typed, corrected by two persons, each pilot's its own (R-FX-10, V6)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from shared.events.trade_ledger import DeclarationDeparted
from shared.workshop.testing.declaration_events import declaration_event

PATH = "/v1/middle-rates"
RATE = {"day": "2026-05-14", "currency": "USD", "cny_per_unit": "6.90", "source": "sample"}
OTHER = {"role": "tax", "pilot": "second"}


async def imported(filing: Any, role: str = "tax", **changed: Any) -> Any:
    filing.door.at(datetime(2026, 5, 14, 1, tzinfo=UTC))
    return await filing.door.call("POST", PATH, {**RATE, **changed}, role=role)


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"cny_per_unit": "69.0"}, ["rate_implausible"]),
        ({"cny_per_unit": "8.28"}, []),
        ({"cny_per_unit": "8.28000001"}, ["rate_implausible"]),
        ({"day": "2026-05-15"}, ["date_in_the_future"]),
        ({"day": "2026-05-15", "cny_per_unit": "69.0"}, ["date_in_the_future", "rate_implausible"]),
        ({"currency": "EUR", "cny_per_unit": "80.2"}, []),
        ({"day": "2026-05-01"}, ["rate_imported_already"]),
        ({"currency": "CNY", "cny_per_unit": "1"}, ["rate_is_one"]),
    ],
)
async def test_a_rate_is_held_against_the_entry_before_and_its_day(
    filing: Any, changed: dict[str, str], codes: list[str]
) -> None:
    """R-FX-10: 13 May's USD is 6.90; the first rate of a currency has none before it."""
    answer = await imported(filing, **changed)
    assert answer.status_code == (409 if codes else 201)
    assert [each["code"] for each in answer.json().get("errors", [])] == codes


async def test_a_rate_that_one_person_typed_converts_nothing(filing: Any) -> None:
    """V6: until a second person confirms the rate of 14 May, 13 May's 6.90 serves."""
    rate = await filing.door.done("POST", PATH, {**RATE, "cny_per_unit": "6.95"}, role="tax", actor="tax:1")
    confirm = f"{PATH}/{rate['id']}/confirmations"
    own = await filing.door.call("POST", confirm, {}, role="tax", actor="tax:1")
    assert (rate["version"], rate["confirmed_by"], own.json()["code"]) == (1, None, "second_person_needed")
    totals = []
    for confirmed in (False, True):
        if confirmed:
            await filing.door.done("POST", confirm, {}, role="tax", actor="tax:2")
        await filing.hear(declaration_event(DeclarationDeparted, filing.own("100.00", sale_date="2026-05-14")))
        body = filing.body(rate_choice="sale_day")
        filed = await filing.door.done("POST", "/v1/returns", body, **filing.as_holder())
        totals.append(filed["exemption_return"]["total_rmb"])
    assert totals == ["690.00", "695.00"]


async def test_only_tax_writes_rates_and_corrections(filing: Any) -> None:
    for role in ("system", "commerce", "customs", "safe", "operator", "bank"):
        assert (await imported(filing, role)).status_code == 403
        body = {"cny_per_unit": "6.91", "source": "x", "reason": "x"}
        path = f"{PATH}/middle:longshui:2026-05-13:USD"
        assert (await filing.door.call("POST", f"{path}/corrections", body, role=role)).status_code == 403
        assert (await filing.door.call("POST", f"{path}:2/confirmations", {}, role=role)).status_code == 403


async def test_a_rate_typed_wrong_is_corrected_by_two_persons_and_what_was_declared_stands(filing: Any) -> None:
    """R-TAX-6: the first of May was 7.10, typed as 7.00."""
    await filing.hear(declaration_event(DeclarationDeparted, filing.own()))
    filed = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    path = f"{PATH}/middle:longshui:2026-05-01:USD"
    body = {"cny_per_unit": "7.10", "source": "published", "reason": "typed as 7.00"}
    proposed = await filing.door.done("POST", f"{path}/corrections", body, role="tax", actor="tax:1")
    assert (proposed["corrects"], proposed["version"]) == ("middle:longshui:2026-05-01:USD", 2)
    assert (proposed["id"], proposed["confirmed_by"]) == ("middle:longshui:2026-05-01:USD:2", None)
    again = f"{PATH}/{proposed['id']}/confirmations"
    own = await filing.door.call("POST", again, {}, role="tax", actor="tax:1")
    assert (own.status_code, own.json()["code"]) == (409, "second_person_needed")
    preview = (await filing.door.done("GET", f"{path}/decisions", role="tax"))["items"]
    assert [(each["number"], each["value_now_rmb"]) for each in preview] == [(filed["number"], "7000.00")]
    await filing.hear(declaration_event(DeclarationDeparted, filing.own("10.00")))
    before = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert before["exemption_return"]["total_rmb"] == "70.00"
    confirmed = await filing.door.done("POST", again, {}, role="tax", actor="tax:2")
    assert confirmed["confirmed_by"] == "tax:2"
    twice = await filing.door.call("POST", again, {}, role="tax", actor="tax:3")
    assert twice.json()["code"] == "rate_confirmed_already"
    decided = (await filing.door.done("GET", f"{path}/decisions", role="tax"))["items"]
    assert [(each["value_then_rmb"], each["value_now_rmb"]) for each in decided] == [
        ("7000.00", "7100.00"),
        ("70.00", "71.00"),
    ]
    assert await filing.door.paged(f"{path}/decisions", role="tax") == decided
    rates = (await filing.door.done("GET", f"{PATH}?month=2026-05", role="tax"))["items"]
    assert len(rates) > 2
    assert await filing.door.paged(f"{PATH}?month=2026-05", role="tax") == rates
    assert await filing.door.paged(f"{PATH}?month=2026-05&currency=GBP", role="tax") == [
        each for each in rates if each["currency"] == "GBP"
    ]
    stands = await filing.door.done("GET", f"/v1/returns/{filed['id']}", **filing.as_holder())
    assert stands["exemption_return"]["total_rmb"] == "7000.00"
    await filing.hear(declaration_event(DeclarationDeparted, filing.own("100.00")))
    later = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    (line,) = later["exemption_return"]["lines"]
    assert (line["exempt_rmb"], line["rate_id"]) == ("710.00", "middle:longshui:2026-05-01:USD:2")


async def test_a_correction_is_doubted_like_an_import_and_only_the_newest_is_confirmed(filing: Any) -> None:
    path = f"{PATH}/middle:longshui:2026-05-13:USD"
    body = {"cny_per_unit": "69.1", "source": "published", "reason": "typed as 6.90"}
    far = await filing.door.call("POST", f"{path}/corrections", body, role="tax", actor="tax:1")
    assert (far.status_code, far.json()["code"]) == (409, "rate_implausible")
    first, second = [
        await filing.door.done("POST", f"{path}/corrections", {**body, "cny_per_unit": rate}, role="tax", actor="tax:1")
        for rate in ("6.91", "6.92")
    ]
    late = await filing.door.call("POST", f"{PATH}/{first['id']}/confirmations", {}, role="tax", actor="tax:2")
    assert (late.status_code, late.json()["code"]) == (409, "rate_correction_superseded")
    await filing.door.done("POST", f"{PATH}/{second['id']}/confirmations", {}, role="tax", actor="tax:2")
    listed = await filing.door.done("GET", f"{PATH}?month=2026-05", role="tax")
    assert [(each["day"], each["version"], each["cny_per_unit"]) for each in listed["items"]] == [
        ("2026-05-01", 1, "7"),
        ("2026-05-13", 1, "6.9"),
        ("2026-05-13", 2, "6.91"),
        ("2026-05-13", 3, "6.92"),
    ]


async def test_one_pilots_office_writes_nobody_elses_rates(filing: Any) -> None:
    """V69: a second pilot imports its own, and doesn't see or correct the first one's."""
    await filing.door.done("POST", PATH, {**RATE, "day": "2026-05-01"}, **OTHER)
    listed = await filing.door.done("GET", f"{PATH}?month=2026-05", **OTHER)
    assert [(each["pilot"], each["cny_per_unit"]) for each in listed["items"]] == [("second", "6.9")]
    body = {"cny_per_unit": "7.10", "source": "x", "reason": "x"}
    path = f"{PATH}/middle:longshui:2026-05-01:USD"
    assert (await filing.door.call("POST", f"{path}/corrections", body, **OTHER)).status_code == 404
    await filing.hear(declaration_event(DeclarationDeparted, filing.own()))
    filed = await filing.door.done("POST", "/v1/returns", filing.body(), **filing.as_holder())
    assert filed["exemption_return"]["total_rmb"] == "7000.00"


async def test_a_rate_of_before_pilots_had_their_own_is_everybodys_and_corrected_for_one(filing: Any) -> None:
    with psycopg.connect(filing.dsn) as connection:
        connection.execute(
            "INSERT INTO middle_rates (day, currency, cny_per_unit, source, imported_by, imported_at)"
            " VALUES (%s, 'JPY', 0.045, 'sample', 'tax:1', now())",
            [date(2026, 5, 1)],
        )
    path, body = f"{PATH}/middle:2026-05-01:JPY", {"cny_per_unit": "0.046", "source": "published", "reason": "typed"}
    proposed = await filing.door.done("POST", f"{path}/corrections", body, role="tax", actor="tax:1")
    assert (proposed["id"], proposed["corrects"]) == ("middle:longshui:2026-05-01:JPY:2", "middle:2026-05-01:JPY")
    everybodys = await filing.door.call("POST", f"{path}/confirmations", {}, role="tax", actor="tax:2")
    assert everybodys.status_code == 404
    await filing.door.done("POST", f"{PATH}/{proposed['id']}/confirmations", {}, role="tax", actor="tax:2")
    assert [each["pilot"] for each in (await filing.door.done("GET", f"{PATH}?month=2026-05", **OTHER))["items"]] == [
        "*"
    ]


@pytest.mark.parametrize("rate_id", ["x", "middle:2026-02-30:USD", "middle:longshui:2026-05-01:USD:99", "middle:a:b:c"])
async def test_an_id_that_names_no_rate_is_not_found(filing: Any, rate_id: str) -> None:
    body = {"cny_per_unit": "7.10", "source": "x", "reason": "x"}
    answer = await filing.door.call("POST", f"{PATH}/{rate_id}/corrections", body, role="tax")
    assert answer.status_code == 404
    assert (await filing.door.call("POST", f"{PATH}/{rate_id}/confirmations", {}, role="tax")).status_code == 404
    assert (await filing.door.done("GET", f"{PATH}/{rate_id}/decisions", role="tax"))["items"] == []
