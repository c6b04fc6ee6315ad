"""Days, places, rates and verdicts at submission, each at its limit."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.events.registry import CommodityEntryPublished, CommodityListPublished, PortDesignated

NEW_LIST = UUID(int=0x19C << 116 | 1)


async def drafted(
    yard: Any, make_packed: Any, *lines: Any, trade: Any = None, arrived: bool = True, **fields: Any
) -> Any:
    registered = await yard.trade(*lines, **(trade or {}))
    packing_list = await yard.sealed(*(make_packed(each) for each in registered["trade"]["lines"]), arrived=arrived)
    return await yard.draft(packing_list["id"], **fields)


async def submitted(yard: Any, draft: dict[str, Any], parties: Any) -> tuple[list[str], dict[str, Any]]:
    """Submit; the codes of all breaches, and the response."""
    path, who = f"/v1/declarations/{draft['id']}/submissions", {"role": "operator", "subject_id": parties["operator"]}
    answer = (await yard.door.call("POST", path, {}, version=draft["version"], **who)).json()
    return [each["code"] for each in answer.get("errors", [])], answer


@pytest.mark.parametrize(
    ("expected", "codes"),
    [
        (None, ["arrival_not_expected"]),
        ("2026-05-12", ["arrival_not_expected"]),
        ("2026-05-13", []),
        ("2026-05-16", []),
        ("2026-05-17", ["submission_too_early"]),
    ],
)
async def test_before_arrival_a_day_is_named_and_near(
    yard: Any, make_packed: Any, parties: Any, expected: str | None, codes: list[str]
) -> None:
    draft = await drafted(yard, make_packed, arrived=False, expected_arrival=expected)
    assert (await submitted(yard, draft, parties))[0] == codes


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "codes"),
    [
        (date(2026, 5, 13), date(2026, 5, 13), []),
        (date(2026, 5, 14), None, ["port_not_designated"]),
        (date(2026, 1, 1), date(2026, 5, 12), ["port_not_designated"]),
    ],
)
async def test_a_port_is_designated_from_day_to_day(
    yard: Any, make_packed: Any, parties: Any, valid_from: date, valid_to: date | None, codes: list[str]
) -> None:
    """V29."""
    draft = await drafted(yard, make_packed)
    port = {"port_code": "8011", "pilot": "longshui", "name": "Port", "valid_from": valid_from, "valid_to": valid_to}
    await yard.hear(PortDesignated(**port))
    assert (await submitted(yard, draft, parties))[0] == codes


async def test_goods_that_waited_for_a_person_still_do_once_a_list_allows_them(
    yard: Any, make_packed: Any, make_decision: Any, parties: Any
) -> None:
    draft = await drafted(yard, make_packed, {"goods_name": "未知货品", "hs_code": "9405420000"})
    since = {"list_id": NEW_LIST, "version": 2, "effective_from": date(2026, 1, 1)}
    reasons = {"verdict": "eligible", "reason": "lamps", "reason_zh": "灯具"}
    await yard.hear(
        CommodityListPublished(pilot="longshui", kind="positive", entry_count=1, source="sample", **since),
        CommodityEntryPublished(entry_no=1, hs_prefix="94", **reasons, **since),
    )
    assert (await submitted(yard, draft, parties))[0] == ["commodity_undecided"]
    await yard.hear(make_decision("未知货品", "9405420000", "eligible"))
    assert (await submitted(yard, draft, parties))[0] == []


async def test_a_missing_rate_hides_no_other_breach(yard: Any, make_packed: Any, parties: Any) -> None:
    draft = await drafted(yard, make_packed, currency="JPY", port="9999", trade={"buyer_id": None})
    codes = ["port_not_designated", "customs_rate_missing", "buyer_not_completed"]
    assert (await submitted(yard, draft, parties))[0] == codes
    preflight = await yard.as_operator("GET", f"/v1/declarations/{draft['id']}/preflight")
    assert [each["code"] for each in preflight["breaches"]] == codes


async def test_what_passed_at_mays_rate_is_over_the_limit_at_junes(yard: Any, make_packed: Any, parties: Any) -> None:
    yard.door.at(datetime(2026, 5, 20, 1, tzinfo=UTC))
    for currency, rate in (("USD", "6.98"), ("EUR", "7.62")):
        body = {"month": "2026-06-01", "currency": currency, "cny_per_unit": rate, "source": "sample"}
        await yard.door.publish("/v1/customs-rates", body, role="customs")
    # 137582.13 EUR are USD 150,000.00 at 7.61 and 150,197.10 at 7.62.
    line = {"quantity": "1", "unit_price": "137582.13", "amount": "137582.13"}
    draft = await drafted(yard, make_packed, line, trade={"currency": "EUR"}, currency="EUR")
    yard.door.at(datetime(2026, 5, 31, 15, 59, tzinfo=UTC))
    preflight = await yard.as_operator("GET", f"/v1/declarations/{draft['id']}/preflight")
    assert preflight["breaches"] == []
    yard.door.at(datetime(2026, 5, 31, 16, 0, tzinfo=UTC))
    codes, answer = await submitted(yard, draft, parties)
    assert codes == ["declaration_value_over_limit"]
    assert "150,197" in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("charge", "status", "code"),
    [("-5.00", 422, "field_pattern"), ("5.001", 422, "amount_too_fine"), ("5.00", 201, None)],
)
async def test_a_charge_is_no_discount_and_no_finer_than_its_currency(
    yard: Any, make_packed: Any, parties: Any, charge: str, status: int, code: str | None
) -> None:
    packing_list = await yard.sealed(make_packed((await yard.trade())["trade"]["lines"][0]))
    body = {
        "packing_list_ids": [packing_list["id"]], "customs_office": "8012", "port": "8011", "price_term": "C&F",
        "currency": "USD", "freight": charge,
    }  # fmt: skip
    answer = await yard.door.call("POST", "/v1/declarations", body, role="operator", subject_id=parties["operator"])
    assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_kilograms_are_the_net_weight_and_the_domestic_leg_counts_in_one_currency(
    yard: Any, make_packed: Any, parties: Any
) -> None:
    leg = {"amount": "698.00", "paid_on": "2026-05-13", "payer": "甲", "payee": "乙", "reference": "D1"}
    trade = await yard.trade({}, {"goods_name": "钢丝钳"}, domestic_leg=leg)
    weighed = [make_packed(each) | {"net_weight_kg": "48.5"} for each in trade["trade"]["lines"]]
    draft = await yard.draft((await yard.sealed(*weighed))["id"])
    state = (await submitted(yard, draft, parties))[1]["declaration"]
    assert [each["statutory_quantity"] for each in state["portions"]] == ["48.5", "48.5"]
    assert {each["domestic_share_percent"] for each in state["portions"]} == {"16.6667"}


async def test_a_portion_has_its_part_of_each_statutory_quantity(
    yard: Any, make_packed: Any, parties: Any, make_decision: Any
) -> None:
    valve = {"goods_name": "阀门", "hs_code": "8481801000", "unit": "套", "statutory_unit": "套"}
    both = {"statutory_quantity": "100", "second_statutory_unit": "千克", "second_statutory_quantity": "50"}
    await yard.hear(make_decision("阀门", "8481801000", "eligible"))
    trade = await yard.trade({**valve, **both})
    draft = await yard.draft((await yard.sealed(make_packed(trade["trade"]["lines"][0], "30")))["id"])
    (portion,) = (await submitted(yard, draft, parties))[1]["declaration"]["portions"]
    names = ("statutory_quantity", "statutory_unit", "second_statutory_quantity", "second_statutory_unit")
    assert [portion[name] for name in names] == ["30", "套", "15", "千克"]


async def test_no_rate_is_imported_for_the_renminbi(yard: Any) -> None:
    body = {"month": "2026-06-01", "currency": "CNY", "cny_per_unit": "2", "source": "x"}
    answer = await yard.door.call("POST", "/v1/customs-rates", body, role="customs")
    assert (answer.status_code, answer.json()["code"]) == (409, "rate_is_one")
