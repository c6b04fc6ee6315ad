"""Collections over HTTP: booked by banks, matched within the room, hidden from others."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from shared.workshop.testing.registry_events import subject


async def test_a_release_opens_room_that_a_collection_uses_up_with_events_for_each_step(trading: Any) -> None:
    declaration_id, (portion,) = await trading.released()
    collection = await trading.booked("1000.00")
    collection = await trading.matched(collection, (portion, "1000.00"))
    assert collection["collection"]["unmatched"] == "0.00"
    assert collection["collection"]["payer"] == "V***"
    assert [str(each) for each in trading.room(declaration_id)] == [
        "1000.0000",
        "50.0000",
        "0.0000",
        "1000.0000",
        "False",
    ]
    assert trading.said("entitlements") == ["entitlement_changed", "room_reserved"]
    assert trading.said("collections") == ["collection_booked", "collection_matched"]
    trading.check_books()
    shown = await trading.door.done("GET", f"/v1/entitlements/{declaration_id}", role="safe")
    assert (shown["left"], shown["matched"], shown["tolerance"]) == ("0.00", "1000.00", "50.00")
    (payable,) = (await trading.door.done("GET", "/v1/payables", role="safe"))["items"]
    assert (payable["collected"], payable["owed"]) == ("1000.00", "1000.00")


@pytest.mark.parametrize(
    ("change", "rule", "code"),
    [
        ({"collector_id": str(uuid4())}, "R-FX-2", "collector_not_filed"),
        ({"bank_charges": "1000.00"}, "V37", "charges_wrong"),
        ({"amount": "10.001"}, "R-FX-1", "amount_not_positive"),
        ({"received_on": "2026-05-14"}, "V16", "date_in_the_future"),
        ({"currency": "CNY"}, "R-FX-6", "method_disagrees_with_currency"),
        ({"method": "rmb"}, "R-FX-6", "method_disagrees_with_currency"),
    ],
)
async def test_a_refused_booking_writes_nothing(trading: Any, change: dict[str, str], rule: str, code: str) -> None:
    answer = await trading.door.call("POST", "/v1/collections", trading.receipt(**change), **trading.as_bank())
    assert (answer.status_code, answer.json()["code"], answer.json()["rule"]["id"]) == (409, code, rule)
    assert answer.json()["title_zh"]
    assert trading.ask("SELECT count(*) FROM collections") == [(0,)]
    assert trading.said() == []
    assert trading.refusals() == [(rule, code)]


async def test_a_subject_that_is_not_filed_collects_nothing(trading: Any) -> None:
    draft = subject("operator", status="submitted", effective_from=None)
    await trading.hear(draft)
    body = trading.receipt(collector_id=str(draft.subject.subject_id))
    answer = await trading.door.call("POST", "/v1/collections", body, **trading.as_bank())
    assert answer.json()["errors"][0]["code"] == "collector_not_filed"


@pytest.mark.parametrize("day", ["0001-01-01", "2019-12-31"])
async def test_a_receipt_from_before_the_rules_is_malformed(trading: Any, day: str) -> None:
    body = trading.receipt(received_on=day)
    answer = await trading.door.call("POST", "/v1/collections", body, **trading.as_bank())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/received_on")


async def test_a_person_collects_into_a_personal_account(trading: Any) -> None:
    await trading.booked(collector_id=str(trading.person), account_kind="personal", bank_charges="10.00")
    mine = await trading.door.done("GET", "/v1/balances", role="stall_holder", subject_id=trading.person)
    assert [each["balance"] for each in mine["items"]] == ["990.00"]


@pytest.mark.parametrize("written", ["FA-14\u200b", "\ufeffFA-14", "ＦＡ－１４", "FA\u201114", "FA\u201314", " FA-14 "])
async def test_a_bank_reference_that_looks_the_same_is_the_same(trading: Any, written: str) -> None:
    await trading.booked(bank_reference="FA-14")
    body = trading.receipt(bank_reference=written)
    again = await trading.door.call("POST", "/v1/collections", body, **trading.as_bank())
    assert (again.status_code, again.json()["code"]) == (409, "bank_reference_used")


@pytest.mark.parametrize("written", [1778630400, 0, "2026-05-13T00:00:00+08:00", "2026-5-13", "20260513", True])
async def test_a_day_is_a_day_and_no_count_of_seconds(trading: Any, written: object) -> None:
    body = trading.receipt(received_on=written)
    refused = await trading.door.call("POST", "/v1/collections", body, **trading.as_bank())
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["code"], error["pointer"]) == (422, "field_not_date", "/received_on")


async def test_a_bank_reference_books_once_per_bank(trading: Any) -> None:
    first = await trading.booked(bank_reference="TT-1")
    again = await trading.door.call(
        "POST", "/v1/collections", trading.receipt(bank_reference="TT-1"), **trading.as_bank()
    )
    assert (again.status_code, again.json()["code"]) == (409, "bank_reference_used")
    assert first["collection"]["number"] in again.json()["detail"]
    body = trading.receipt(bank_reference="TT-1")
    other = await trading.door.call("POST", "/v1/collections", body, **trading.as_bank(trading.rival_bank))
    assert other.status_code == 201


async def test_an_unfiled_bank_books_nothing(trading: Any) -> None:
    answer = await trading.door.call("POST", "/v1/collections", trading.receipt(), **trading.as_bank(uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (403, "party_not_filed")


async def test_only_the_collector_of_the_agreement_collects_and_at_most_the_room(trading: Any) -> None:
    """R-FX-2, V36."""
    _, (portion,) = await trading.released()
    wrong = await trading.booked(collector_id=str(trading.second))
    body = {"matches": [{"portion_id": str(portion.portion_id), "amount": "1.00"}]}
    answer = await trading.act(wrong, "matches", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_the_collector")
    right = await trading.booked("2000.00")
    body["matches"][0]["amount"] = "1050.01"
    answer = await trading.act(right, "matches", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "collection_over_entitlement")
    await trading.matched(right, (portion, "1050.00"))
    assert trading.refusals() == [("R-FX-2", "not_the_collector"), ("R-FX-1", "collection_over_entitlement")]
    trading.check_books()


async def test_all_reasons_are_reported_at_once(trading: Any) -> None:
    _, (portion,) = await trading.released(trading.portion(settlement_method="cash", collector_id=trading.second))
    collection = await trading.booked("10.00")
    asked = [
        {"portion_id": str(portion.portion_id), "amount": "11.00"},
        {"portion_id": str(uuid4()), "amount": "1.00"},
    ]
    answer = await trading.act(collection, "matches", {"matches": asked})
    codes = [each["code"] for each in answer.json()["errors"]]
    assert codes == ["not_the_collector", "cash_not_collectable", "portion_not_released", "collection_used_up"]


async def test_money_from_somebody_other_than_the_buyer_needs_relation_and_evidence(trading: Any) -> None:
    """V47."""
    _, (portion,) = await trading.released()
    body = {"matches": [{"portion_id": str(portion.portion_id), "amount": "1.00"}]}
    codes = []
    for stated in (
        {"buyer_id": str(uuid4())},
        {"payer_relation": "parent", "payer_evidence_hash": "sha256:00"},
        {"buyer_id": None, "payer_evidence_hash": "sha256:00"},
        {},
    ):
        answer = await trading.act(await trading.booked(**stated), "matches", body)
        codes.append(answer.json().get("code"))
    assert codes == ["payer_not_the_buyer", None, None, None]


async def test_a_match_in_a_third_currency_names_its_rate_which_is_stored(trading: Any) -> None:
    _, (portion,) = await trading.released()
    collection = await trading.booked("100.00", currency="EUR")
    body = {"matches": [{"portion_id": str(portion.portion_id), "amount": "100.00"}]}
    answer = await trading.act(collection, "matches", body)
    assert answer.json()["code"] == "rate_missing"
    matched = await trading.matched(collection, (portion, "100.00"), rate="1.0857", rate_source="BOC 10:30")
    (match,) = matched["collection"]["matches"]
    assert (match["amount"], match["value"], match["declared_currency"]) == ("100.00", "108.57", "USD")
    ((rate_id, base, quote),) = trading.ask("SELECT id, base, quote FROM rates")
    assert (str(rate_id), base, quote) == (match["rate_id"], "EUR", "USD")
    trading.check_books()


async def test_rmb_is_collected_by_the_same_rules_without_conversion(trading: Any) -> None:
    declaration_id, (portion,) = await trading.released(
        trading.portion("7000.00", currency="CNY", settlement_method="rmb"), currency="CNY"
    )
    collection = await trading.booked("7000.00", currency="CNY", method="rmb")
    await trading.matched(collection, (portion, "7000.00"))
    passed = trading.transfer("7000.00", currency="CNY", paid_as="rmb")
    await trading.door.done("POST", "/v1/pass-ons", passed, **trading.as_bank())
    assert trading.room(declaration_id)[3] == 7000
    assert trading.ask("SELECT count(*) FROM rates") == [(0,)]
    trading.check_books()


async def test_a_bank_changes_its_own_collection_at_the_version_that_it_read(trading: Any) -> None:
    collection = await trading.booked()
    body = {"amount": "1.00", "refunded_on": "2026-05-13"}
    path = f"/v1/collections/{collection['id']}/refunds"
    missing = await trading.door.call("POST", path, body, **trading.as_bank())
    stale = await trading.act(collection, "refunds", body, version=7)
    foreign = await trading.act(collection, "refunds", body, **trading.as_bank(trading.rival_bank))
    party = await trading.act(collection, "refunds", body, role="operator", subject_id=trading.agent)
    assert [each.status_code for each in (missing, stale, foreign, party)] == [428, 412, 404, 403]
    assert trading.refusals() == [("V65", "not_yours")]


async def test_the_same_key_books_once_and_gets_the_same_response(trading: Any) -> None:
    body = trading.receipt()
    first = await trading.door.call("POST", "/v1/collections", body, key="k", **trading.as_bank())
    again = await trading.door.call("POST", "/v1/collections", body, key="k", **trading.as_bank())
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert first.content == again.content
    assert trading.said() == ["collection_booked"]


async def test_malformed_input_names_its_field(trading: Any) -> None:
    answer = await trading.door.call("POST", "/v1/collections", trading.receipt(amount="1e3"), **trading.as_bank())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/amount")


async def test_nothing_is_numbered_until_the_pilot_is_heard(door: Any, dsn: str, make_trading: Any) -> None:
    trading = make_trading(door, dsn)
    pilot, *others = trading.events()
    await trading.hear(*others)
    refused = await door.call("POST", "/v1/collections", trading.receipt(), **trading.as_bank())
    assert (refused.status_code, refused.json()["code"]) == (409, "pilot_not_heard")
    await trading.hear(pilot.model_copy(update={"number_prefix": "XY"}))
    await trading.hear(pilot.model_copy(update={"number_prefix": None}))
    await trading.booked()
    assert [row[0][:6] for row in trading.ask("SELECT number FROM collections")] == ["XY-CO-"]


@pytest.mark.parametrize(("currency", "sent", "told"), [("JPY", "100", "100"), ("KWD", "0.18", "0.180")])
async def test_money_is_told_in_the_digits_of_its_currency(trading: Any, currency: str, sent: str, told: str) -> None:
    body = trading.receipt(currency=currency, amount=sent, bank_charges="0")
    answer = await trading.door.call("POST", "/v1/collections", body, key="once", **trading.as_bank())
    booked = answer.json()
    assert booked["collection"]["amount"] == booked["collection"]["unmatched"] == told
    again = await trading.door.call("POST", "/v1/collections", body, key="once", **trading.as_bank())
    assert again.json() == booked
    read = await trading.door.done("GET", f"/v1/collections/{booked['id']}", **trading.as_bank())
    assert read["collection"]["amount"] == told
    listed = await trading.door.done("GET", "/v1/collections", **trading.as_bank())
    assert listed["items"][0]["amount"] == told
