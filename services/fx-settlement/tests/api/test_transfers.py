"""Pass-ons and conversions: never more than is owed or held, the national quota left to the bank."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

DAY = "2026-05-13"


async def owing(trading: Any, amount: str = "1000.00", **changed: Any) -> None:
    """Let the agent have collected an amount for its principal."""
    _, (portion,) = await trading.released(trading.portion(amount))
    await trading.matched(await trading.booked(amount, **changed), (portion, amount))


def conversion(trading: Any, amount: str, **changed: Any) -> dict[str, Any]:
    return {
        "holder_id": str(trading.person),
        "currency": "USD",
        "amount": amount,
        "rate": "6.95",
        "converted_on": DAY,
        "bank_reference": f"CV{next(trading.references)}",
        **changed,
    }


async def test_what_is_owed_net_of_charges_can_be_passed_on_and_not_a_cent_more(trading: Any) -> None:
    await owing(trading, bank_charges="20.00")
    for amount, status in (("980.01", 409), ("980.00", 201), ("0.01", 409)):
        answer = await trading.door.call("POST", "/v1/pass-ons", trading.transfer(amount), **trading.as_bank())
        assert answer.status_code == status, answer.text
    assert trading.refusals() == [("R-FX-4", "pass_on_over_payable")] * 2
    assert trading.said("collections")[-1] == "passed_on"
    trading.check_books()


async def test_only_the_principal_of_the_trade_is_paid(trading: Any) -> None:
    await owing(trading)
    for other in (trading.second, trading.agent, uuid4()):
        body = trading.transfer("1.00", principal_id=str(other))
        answer = await trading.door.call("POST", "/v1/pass-ons", body, **trading.as_bank())
        assert answer.json()["errors"][-1]["code"] == "pass_on_over_payable"


async def test_a_pass_on_as_rmb_names_its_rate_and_carries_date_and_reference(trading: Any) -> None:
    await owing(trading)
    missing = await trading.door.call(
        "POST", "/v1/pass-ons", trading.transfer("100.00", paid_as="rmb"), **trading.as_bank()
    )
    assert missing.json()["code"] == "rate_missing"
    body = trading.transfer("100.01", paid_as="rmb", rate="6.9555")
    passed = await trading.door.done("POST", "/v1/pass-ons", body, **trading.as_bank())
    assert passed["rmb_amount"] == "695.62"
    ((rate_id, quote, rate),) = trading.ask("SELECT id, quote, rate FROM rates")
    assert (str(rate_id), quote, f"{rate.normalize():f}") == (passed["rate_id"], "CNY", "6.9555")
    trading.check_books()


async def test_a_bank_reference_passes_on_once(trading: Any) -> None:
    await owing(trading)
    body = trading.transfer("1.00")
    await trading.door.done("POST", "/v1/pass-ons", body, **trading.as_bank())
    again = await trading.door.call("POST", "/v1/pass-ons", body, **trading.as_bank())
    assert again.json()["code"] == "bank_reference_used"


async def test_currency_passed_on_to_a_person_lies_in_its_personal_account(trading: Any) -> None:
    _, (portion,) = await trading.released(trading.portion("100.00", owner_id=trading.person))
    await trading.matched(await trading.booked("100.00"), (portion, "100.00"))
    body = trading.transfer("100.00", principal_id=str(trading.person))
    await trading.door.done("POST", "/v1/pass-ons", body, **trading.as_bank())
    proven = conversion(trading, "100.00", proof_portion_ids=[str(portion.portion_id)])
    await trading.door.done("POST", "/v1/conversions", proven, **trading.as_bank())
    trading.check_books()


async def test_proof_keeps_a_conversion_outside_the_quota_and_is_used_up_by_it(trading: Any) -> None:
    own = trading.portion("100.00", owner_id=trading.person, collector_id=trading.person)
    _, (portion,) = await trading.released(own)
    booked = await trading.booked("200.00", collector_id=str(trading.person), account_kind="personal")
    await trading.matched(booked, (portion, "100.00"))
    proof = {"proof_portion_ids": [str(portion.portion_id)]}
    done = await trading.door.done(
        "POST", "/v1/conversions", conversion(trading, "60.00", **proof), **trading.as_bank()
    )
    assert (done["uses_quota"], done["rmb_amount"]) == (False, "417.00")
    over = await trading.door.call(
        "POST", "/v1/conversions", conversion(trading, "40.01", **proof), **trading.as_bank()
    )
    assert over.json()["code"] == "conversion_over_proof"
    await trading.door.done("POST", "/v1/conversions", conversion(trading, "40.00", **proof), **trading.as_bank())
    trading.check_books()


async def test_a_document_proves_up_to_its_own_total(trading: Any) -> None:
    await trading.booked("200.00", collector_id=str(trading.person), account_kind="personal")
    document = {"proof_document": {"hash": "a" * 64, "total": "100.00"}}
    codes = []
    for amount in ("100.01", "70.00", "30.01", "30.00"):
        body = conversion(trading, amount, **document)
        answer = await trading.door.call("POST", "/v1/conversions", body, **trading.as_bank())
        codes.append(answer.json().get("code"))
    assert codes == ["conversion_over_proof", None, "conversion_over_proof", None]


@pytest.mark.parametrize(
    ("amount", "more", "code"),
    [
        ("50.00", {"quota_statement": {"reference": "Q-1", "remaining": "50.00"}}, None),
        ("50.01", {"quota_statement": {"reference": "Q-1", "remaining": "50.00"}}, "conversion_over_stated_quota"),
        ("50.00", {}, "proof_or_quota_missing"),
        ("200.01", {"quota_statement": {"reference": "Q-1", "remaining": "900.00"}}, "conversion_over_balance"),
    ],
)
async def test_without_proof_the_bank_states_what_may_be_converted(
    trading: Any, amount: str, more: dict[str, Any], code: str | None
) -> None:
    await trading.booked("200.00", collector_id=str(trading.person), account_kind="personal")
    answer = await trading.door.call(
        "POST", "/v1/conversions", conversion(trading, amount, **more), **trading.as_bank()
    )
    assert answer.json().get("code") == code
    assert trading.ask("SELECT count(*) FROM conversions") == [(int(code is None),)]
    trading.check_books()


async def test_a_quota_statement_is_used_up_by_what_is_converted_under_it(trading: Any) -> None:
    await trading.booked("200.00", collector_id=str(trading.person), account_kind="personal")
    codes = []
    for amount, reference in (("40.00", "Q-1"), ("10.01", " Q-1"), ("10.00", "Q-1"), ("0.01", "Q-1"), ("50.00", "Q-2")):
        stated = {"quota_statement": {"reference": reference, "remaining": "50.00"}}
        body = conversion(trading, amount, **stated)
        answer = await trading.door.call("POST", "/v1/conversions", body, **trading.as_bank())
        codes.append(answer.json().get("code"))
    assert codes == [None, "conversion_over_stated_quota", None, "conversion_over_stated_quota", None]
    trading.check_books()


async def test_a_document_is_used_once_whoever_shows_it(trading: Any) -> None:
    """`lock_proof`."""
    second = uuid4()
    await trading.hear(trading.with_personal_account(second))
    document = {"proof_document": {"hash": "a" * 64, "total": "100.00"}}
    answers = []
    for holder in (trading.person, second):
        await trading.booked("200.00", collector_id=str(holder), account_kind="personal")
    for holder in (trading.person, second):
        body = conversion(trading, "60.00", holder_id=str(holder), **document)
        answers.append(trading.door.call("POST", "/v1/conversions", body, **trading.as_bank()))
    assert sorted(each.status_code for each in await asyncio.gather(*answers)) == [201, 409]
    trading.check_books()


async def test_a_bank_converts_for_its_clients_only(trading: Any) -> None:
    await trading.booked("200.00", collector_id=str(trading.person), account_kind="personal")
    statement = {"quota_statement": {"reference": "Q-1", "remaining": "900.00"}}
    answers = []
    for holder in (trading.person, uuid4()):
        body = conversion(trading, "1.00", holder_id=str(holder), **statement)
        answers.append(await trading.door.call("POST", "/v1/conversions", body, **trading.as_bank(trading.rival_bank)))
    foreign, unknown = (each.json() for each in answers)
    same = {"title", "status", "code", "detail"}
    assert {k: foreign[k] for k in same} == {k: unknown[k] for k in same}
    assert foreign["status"] == 404
    assert trading.refusals() == [("V65", "not_yours")]


async def test_a_bank_reference_is_used_once_whatever_it_stands_for(trading: Any) -> None:
    await owing(trading, bank_reference="TT-1")
    await trading.booked("200.00", collector_id=str(trading.person), account_kind="personal")
    passed = trading.transfer("1.00", bank_reference="TT-1 ")
    statement = {"quota_statement": {"reference": "Q-1", "remaining": "50.00"}}
    converted = conversion(trading, "1.00", bank_reference="TT-1", **statement)
    for path, body in (("pass-ons", passed), ("conversions", converted)):
        answer = await trading.door.call("POST", f"/v1/{path}", body, **trading.as_bank())
        assert (answer.status_code, answer.json()["code"]) == (409, "bank_reference_used")
    other = {**passed, "bank_reference": "TT-2"}
    await trading.door.done("POST", "/v1/pass-ons", other, **trading.as_bank())


@pytest.mark.parametrize("path", ["collections", "pass-ons", "conversions"])
async def test_a_currency_not_in_use_is_refused_wherever_money_is_booked(trading: Any, path: str) -> None:
    await trading.booked("200.00", collector_id=str(trading.person), account_kind="personal")
    statement = {"quota_statement": {"reference": "Q-1", "remaining": "50.00"}}
    body = {
        "collections": trading.receipt(currency="ZZZ"),
        "pass-ons": trading.transfer("1.00", currency="ZZZ"),
        "conversions": conversion(trading, "1.00", currency="ZZZ", **statement),
    }[path]
    answer = await trading.door.call("POST", f"/v1/{path}", body, **trading.as_bank())
    first = answer.json()["errors"][0]
    assert (answer.status_code, first["code"], first["pointer"]) == (409, "currency_unknown", "/currency")


async def test_enterprises_convert_nothing_here(trading: Any) -> None:
    await trading.booked(collector_id=str(trading.principal))
    body = conversion(trading, "1.00", holder_id=str(trading.principal))
    answer = await trading.door.call("POST", "/v1/conversions", body, **trading.as_bank())
    assert answer.json()["code"] == "not_an_individual"
    assert trading.said() == ["collection_booked"]
