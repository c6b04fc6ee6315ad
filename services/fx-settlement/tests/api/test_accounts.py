"""Two accounts of one party at one bank are kept apart: money stays on the account that it came to (R-FX-2, R-FX-4)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.vocabulary.identifiers import first_account

QUOTA = {"reference": "Q", "remaining": "50000.00"}


@pytest.fixture
async def two(trading: Any) -> Any:
    """The agent and the person have two accounts at the bank each; 0.1.0 told no id of the first ones."""
    await trading.opened(trading.agent, trading.account(), trading.account(account_id=trading.further))
    kept = [trading.account(natural=True), trading.account(natural=True, account_id=trading.savings)]
    await trading.opened(trading.person, *kept, natural=True)
    return trading


def _first(trading: Any, party: UUID) -> str:
    return str(first_account(party, trading.bank))


async def _taken_in(trading: Any, amount: str, account: Any) -> dict[str, Any]:
    """A receipt on the account that is matched whole to a new portion of the principal."""
    _, (portion,) = await trading.released(trading.portion(), declaration_id=None)
    booked = await trading.booked(amount, account_id=str(account))
    matched: dict[str, Any] = await trading.matched(booked, (portion, amount))
    return matched


async def _refused(trading: Any, path: str, body: dict[str, Any], **how: Any) -> list[tuple[str, str]]:
    answer = await trading.door.call("POST", path, body, **{**trading.as_bank(), **how})
    assert answer.status_code == 409, answer.text
    return [(each["code"], each["pointer"]) for each in answer.json()["errors"]]


async def _told(trading: Any, path: str, what: str, **who: Any) -> dict[str, str]:
    (item,) = (await trading.door.done("GET", path, **(who or trading.as_bank())))["items"]
    assert item[what] == f"{sum(float(each[what]) for each in item['accounts']):.2f}"
    return {each["account_id"]: each[what] for each in item["accounts"]}


def _conversion(trading: Any, amount: str, reference: str, **changed: Any) -> dict[str, Any]:
    return {
        "holder_id": str(trading.person), "currency": "USD", "amount": amount, "rate": "6.95",
        "quota_statement": QUOTA, "converted_on": "2026-05-13", "bank_reference": reference, **changed,
    }  # fmt: skip


async def test_postgresql_makes_the_same_first_account(trading: Any) -> None:
    party, bank = uuid4(), uuid4()
    with psycopg.connect(trading.dsn) as connection:
        made = connection.execute("SELECT md5(uuid_send(%s) || uuid_send(%s))::uuid", (party, bank)).fetchone()
    assert made == (first_account(party, bank),)


async def test_who_has_one_account_needs_not_name_it(trading: Any) -> None:
    booked = await trading.booked()
    assert booked["collection"]["account_id"] == _first(trading, trading.agent)


async def test_who_has_several_must_name_one_and_one_of_its_own(two: Any) -> None:
    await two.opened(two.second, two.account(account_id=(foreign := uuid4())))
    elsewhere = uuid4()
    kept = (two.account(), two.account(account_id=two.further), two.account(two.rival_bank, account_id=elsewhere))
    await two.opened(two.agent, *kept, sequence=3)
    for named, code in ((None, "account_not_named"), (foreign, "account_unknown"), (elsewhere, "account_unknown"),
                        (uuid4(), "account_unknown")):  # fmt: skip
        body = two.receipt(account_id=None if named is None else str(named))
        assert await _refused(two, "/v1/collections", body) == [(code, "/account_id")]
    person = two.receipt("5.00", collector_id=str(two.person), account_kind="personal")
    assert await _refused(two, "/v1/collections", person) == [("account_not_named", "/account_id")]
    await two.booked(account_id=str(two.further))
    await two.booked("50.00", collector_id=str(two.person), account_kind="personal", account_id=str(two.savings))
    first = _conversion(two, "1.00", "C1")
    assert await _refused(two, "/v1/conversions", first) == [("account_not_named", "/account_id")]
    stranger = _conversion(two, "1.00", "C2", account_id=str(two.further))
    assert await _refused(two, "/v1/conversions", stranger) == [("account_unknown", "/account_id")]


async def test_what_lies_on_one_account_isnt_passed_on_from_the_other(two: Any) -> None:
    first = _first(two, two.agent)
    await _taken_in(two, "100.00", first)
    await _taken_in(two, "60.00", two.further)
    unnamed = two.transfer("10.00")
    assert await _refused(two, "/v1/pass-ons", unnamed) == [("account_not_named", "/account_id")]
    over = ("pass_on_over_payable", "/amount")
    assert await _refused(two, "/v1/pass-ons", two.transfer("60.01", account_id=str(two.further))) == [over]
    assert await _refused(two, "/v1/pass-ons", two.transfer("100.01", account_id=first)) == [over]
    paid = await two.door.done(
        "POST", "/v1/pass-ons", two.transfer("60.00", account_id=str(two.further)), **two.as_bank()
    )
    assert (paid["account_id"], paid["principal_account_id"]) == (str(two.further), None)
    for who in ({}, {"role": "safe"}, {"role": "operator", "subject_id": two.agent}):
        owed = await _told(two, "/v1/payables", "owed", **who)
        assert owed == {first: "100.00", str(two.further): "0.00"}
    two.check_books()


async def test_what_one_account_passed_on_is_claimed_and_set_off_there(two: Any) -> None:
    """V41: the other account's money pays neither the refund nor the claim."""
    first = _first(two, two.agent)
    taken = await _taken_in(two, "100.00", first)
    await _taken_in(two, "500.00", two.further)
    await two.door.done("POST", "/v1/pass-ons", two.transfer("100.00", account_id=first), **two.as_bank())
    undone = {"match_ids": [taken["collection"]["matches"][0]["match_id"]]}
    answer = await two.act(taken, "unmatchings", undone)
    assert answer.json()["code"] == "passed_on_already", answer.text
    answer = await two.act(taken, "refunds", {"amount": "100.00", "refunded_on": "2026-05-13"})
    assert answer.json()["collection"]["account_id"] == first
    await _taken_in(two, "70.00", two.further)
    assert two.ask("SELECT amount, settled FROM claims") == [(100, 0)]
    assert (await _told(two, "/v1/payables", "owed"))[str(two.further)] == "570.00"
    await _taken_in(two, "120.00", first)
    assert two.ask("SELECT amount, settled FROM claims") == [(100, 100)]
    assert await _told(two, "/v1/payables", "owed") == {first: "20.00", str(two.further): "570.00"}
    two.check_books()


async def test_what_lies_on_one_personal_account_isnt_converted_or_refunded_from_the_other(two: Any) -> None:
    first, personal = _first(two, two.person), {"collector_id": str(two.person), "account_kind": "personal"}
    await two.booked("80.00", **personal, account_id=first)
    booked = await two.booked("50.00", **personal, account_id=str(two.savings))
    over = [("conversion_over_balance", "/amount")]
    for account, amount in ((first, "80.01"), (str(two.savings), "50.01")):
        body = _conversion(two, amount, f"C{amount}", account_id=account)
        assert await _refused(two, "/v1/conversions", body) == over
    body = _conversion(two, "20.00", "C", account_id=str(two.savings))
    made = await two.door.done("POST", "/v1/conversions", body, **two.as_bank())
    assert made["account_id"] == str(two.savings)
    await two.act(booked, "refunds", {"amount": "50.00", "refunded_on": "2026-05-13"})
    assert two.ask("SELECT amount FROM claims") == [(20,)]
    for who in ({}, {"role": "stall_holder", "subject_id": two.person}):
        assert await _told(two, "/v1/balances", "balance", **who) == {first: "80.00", str(two.savings): "0.00"}
    two.check_books()


async def test_currency_reaches_the_named_personal_account_of_the_principal(two: Any) -> None:
    _, (portion,) = await two.released(two.portion(owner_id=two.person))
    first = _first(two, two.agent)
    await two.matched(await two.booked(account_id=first), (portion, "1000.00"))
    to_person = {"principal_id": str(two.person), "account_id": first}
    at = "/principal_account_id"
    assert await _refused(two, "/v1/pass-ons", two.transfer("1.00", **to_person)) == [("account_not_named", at)]
    foreign = two.transfer("1.00", **to_person, principal_account_id=str(two.further))
    assert await _refused(two, "/v1/pass-ons", foreign) == [("account_unknown", at)]
    body = two.transfer("30.00", **to_person, principal_account_id=str(two.savings))
    await two.door.done("POST", "/v1/pass-ons", body, **two.as_bank())
    assert (await _told(two, "/v1/balances", "balance"))[str(two.savings)] == "30.00"
    two.check_books()


async def test_money_on_an_account_that_ended_is_still_passed_on_by_its_name(two: Any) -> None:
    """V2."""
    await _taken_in(two, "60.00", two.further)
    ended = two.account(account_id=two.further, valid_to="2026-05-12")
    await two.opened(two.agent, two.account(), ended, sequence=3)
    assert await _refused(two, "/v1/pass-ons", two.transfer("1.00")) == [("account_not_named", "/account_id")]
    body = two.transfer("60.00", account_id=str(two.further))
    await two.door.done("POST", "/v1/pass-ons", body, **two.as_bank())


async def test_blocked_money_goes_to_the_one_account_that_is_filed_for_its_day(trading: Any) -> None:
    """R-DECL-7: it was booked where the only account had ended."""
    ended = trading.account(valid_to="2026-05-12")
    await trading.opened(trading.agent, ended)
    booked = await trading.booked()
    assert booked["collection"]["blocked_by"] == ["account_not_at_bank"]
    await trading.opened(trading.agent, ended, trading.account(account_id=(newer := uuid4())), sequence=3)
    (case,) = (await trading.door.done("GET", "/v1/conflicts", **trading.as_bank()))["items"]
    closing = {"reason": "the account is filed", "evidence_hash": "sha256:" + "a" * 64}
    path = f"/v1/conflicts/{case['id']}/closings"
    await trading.door.done("POST", path, closing, version=booked["version"], **trading.as_bank())
    freed = await trading.door.done("GET", f"/v1/collections/{booked['id']}", **trading.as_bank())
    assert (freed["collection"]["account_id"], freed["collection"]["blocked_by"]) == (str(newer), [])
    trading.check_books()
