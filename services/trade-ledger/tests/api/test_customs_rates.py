"""Customs' monthly rates: doubted when typed, corrected by two persons, each pilot's its own (R-FX-10, V6, V27)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

PATH = "/v1/customs-rates"
RATE = {"month": "2026-06-01", "currency": "EUR", "cny_per_unit": "7.60", "source": "sample"}


async def imported(yard: Any, day: int = 20, role: str = "customs", **changed: Any) -> Any:
    yard.door.at(datetime(2026, 5, day, 1, tzinfo=UTC))
    return await yard.door.call("POST", PATH, {**RATE, **changed}, role=role)


@pytest.mark.parametrize(
    ("rate", "day", "codes"),
    [
        ("76.0", 20, ["rate_implausible"]),
        ("9.132", 20, []),
        ("9.13200001", 20, ["rate_implausible"]),
        ("7.60", 19, ["rate_not_known_yet"]),
        ("76.0", 19, ["rate_not_known_yet", "rate_implausible"]),
    ],
)
async def test_a_rate_is_held_against_the_month_before_and_its_day(
    yard: Any, rate: str, day: int, codes: list[str]
) -> None:
    """R-FX-10: May's EUR is 7.61, and June's is known from 20 May."""
    answer = await imported(yard, day, cny_per_unit=rate)
    assert answer.status_code == (409 if codes else 201)
    assert [each["code"] for each in answer.json().get("errors", [])] == codes


async def test_a_rate_that_one_person_typed_values_nothing(yard: Any, make_packed: Any) -> None:
    """V6: the pounds' only rate of May waits for a second person; a national one is everybody's (R-FX-10)."""
    rate = {"month": "2026-05-01", "currency": "GBP", "cny_per_unit": "9.30", "source": "published"}
    trade = await yard.trade({"quantity": "100"}, currency="GBP")
    draft = await yard.draft((await yard.sealed(make_packed(trade["trade"]["lines"][0])))["id"], currency="GBP")

    async def breaches() -> list[str]:
        preflight = await yard.as_operator("GET", f"/v1/declarations/{draft['id']}/preflight")
        return [each["code"] for each in preflight["breaches"]]

    typed = await yard.door.done("POST", PATH, rate, role="customs", actor="customs:1")
    confirm = f"{PATH}/{typed['id']}/confirmations"
    own = await yard.door.call("POST", confirm, {}, role="customs", actor="customs:1")
    assert (typed["confirmed_by"], own.json()["code"]) == (None, "second_person_needed")
    assert await breaches() == ["customs_rate_missing"]
    yard.door.app.state.runtime.settings.national_pilot = "national"
    national = await yard.door.publish(PATH, rate, role="customs", pilot="national")
    assert (national["id"], national["pilot"]) == ("customs:2026-05:GBP", "*")
    assert await breaches() == []
    foreign = await yard.door.call("POST", f"{PATH}/{national['id']}/confirmations", {}, role="customs", actor="c:3")
    assert foreign.status_code == 404


async def test_rates_are_read_page_by_page_and_by_month_and_currency(yard: Any) -> None:
    for currency in ("EUR", "GBP"):
        rate = {"month": "2026-05-01", "currency": currency, "cny_per_unit": "7.60", "source": "sample"}
        await yard.door.call("POST", PATH, rate, role="customs")
    whole = (await yard.door.done("GET", PATH, role="customs"))["items"]
    assert len(whole) > 2
    assert await yard.door.paged(PATH, role="customs") == whole
    pounds = [each for each in whole if each["currency"] == "GBP"]
    assert await yard.door.paged(f"{PATH}?month=2026-05&currency=GBP", role="customs") == pounds
    assert await yard.door.paged(f"{PATH}?month=2026-07", role="customs") == []


async def test_a_rate_typed_wrong_is_corrected_by_two_persons_and_what_was_decided_stands(yard: Any) -> None:
    """V27: EUR at a tenth of its rate lets a declaration pass that is worth ten times as much."""
    wrong = {"month": "2026-05-01", "currency": "GBP", "cny_per_unit": "0.93", "source": "typed"}
    rate = await yard.door.publish(PATH, wrong, role="customs")
    lines = [{"quantity": "50000", "unit_price": "3.00"}]
    trade = await yard.trade(*lines, currency="GBP")
    from_line = trade["trade"]["lines"][0]
    weight = {"gross_weight_kg": "51", "net_weight_kg": "50", "volume_m3": "1", "packages": 1}
    packing_list = await yard.sealed({"trade_line_id": from_line["line_id"], "quantity": "50000", **weight})
    draft = await yard.draft(packing_list["id"], currency="GBP")
    declared = await yard.as_operator("POST", f"/v1/declarations/{draft['id']}/submissions", {}, version=0)
    path = f"{PATH}/{rate['id']}"
    body = {"cny_per_unit": "9.30", "source": "published", "reason": "typed as 0.93"}
    proposed = await yard.door.done("POST", f"{path}/corrections", body, role="customs", actor="customs:1")
    assert (proposed["corrects"], proposed["version"], proposed["confirmed_by"]) == (rate["id"], 2, None)
    again = f"{PATH}/{proposed['id']}/confirmations"
    own = await yard.door.call("POST", again, {}, role="customs", actor="customs:1")
    assert (own.status_code, own.json()["code"]) == (409, "second_person_needed")
    preview = (await yard.door.done("GET", f"{path}/decisions", role="customs"))["items"]
    assert [(each["over_limit_now"], each["number"]) for each in preview] == [(False, declared["number"])]
    confirmed = await yard.door.done("POST", again, {}, role="customs", actor="customs:2")
    assert confirmed["confirmed_by"] == "customs:2"
    twice = await yard.door.call("POST", again, {}, role="customs", actor="customs:3")
    assert twice.json()["code"] == "rate_confirmed_already"
    (decided,) = (await yard.door.done("GET", f"{path}/decisions", role="customs"))["items"]
    assert (decided["value_then_usd"], decided["value_now_usd"], decided["over_limit_now"]) == (
        "19985.67",
        "199856.73",
        True,
    )
    stands = await yard.as_operator("GET", f"/v1/declarations/{draft['id']}")
    assert stands["declaration"]["total_fob_usd"] == "19985.67"
    second = await yard.trade({"quantity": "50000", "unit_price": "3.00"}, currency="GBP")
    packed = {"trade_line_id": second["trade"]["lines"][0]["line_id"], "quantity": "50000", **weight}
    late = await yard.draft((await yard.sealed(packed))["id"], currency="GBP")
    preflight = await yard.as_operator("GET", f"/v1/declarations/{late['id']}/preflight")
    assert [each["code"] for each in preflight["breaches"]] == ["declaration_value_over_limit"]


async def test_one_pilots_office_writes_nobody_elses_rates(yard: Any) -> None:
    """V69: a second pilot imports its own, and doesn't see or correct the first one's."""
    other = {"role": "customs", "pilot": "second"}
    own = {"month": "2026-05-01", "currency": "USD", "cny_per_unit": "7.00", "source": "sample"}
    assert (await yard.door.done("GET", PATH, **other))["items"] == []
    await yard.door.done("POST", PATH, own, **other)
    assert [each["cny_per_unit"] for each in (await yard.door.done("GET", PATH, **other))["items"]] == ["7"]
    (first,) = [
        each for each in (await yard.door.done("GET", PATH, role="customs"))["items"] if each["currency"] == "USD"
    ]
    assert first["cny_per_unit"] == "6.98"
    body = {"cny_per_unit": "7.00", "source": "x", "reason": "x"}
    foreign = await yard.door.call("POST", f"{PATH}/{first['id']}/corrections", body, **other)
    assert foreign.status_code == 404
