"""Money at the bank is booked even where it may not be used: blocked, with a case to be closed (R-DECL-7)."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

CLOSED = {"reason": "registered on 10 May", "evidence_hash": "sha256:9f86"}


async def blocked(trading: Any, **changed: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A booking that is blocked, and its open case."""
    collection = await trading.booked(**changed)
    (case,) = (await trading.door.done("GET", "/v1/conflicts?is_open=true", role="safe"))["items"]
    assert case["collection_id"] == collection["id"]
    trading.check_books()
    return collection, case


async def close(trading: Any, case: dict[str, Any], **who: Any) -> Any:
    path = f"/v1/conflicts/{case['id']}"
    read = await trading.door.call("GET", path, **who)
    version = int(read.headers["etag"].strip('"'))
    return await trading.door.call("POST", f"{path}/closings", CLOSED, version=version, **who)


@pytest.mark.parametrize(
    ("change", "codes", "must_act"),
    [
        ({"payer_relation": "unstated"}, ["payer_not_stated"], "bank"),
        ({"buyer_id": None}, ["payer_evidence_missing"], "bank"),
        ({"payer_relation": "parent"}, ["payer_evidence_missing"], "bank"),
        ({"account_kind": "personal"}, ["personal_account_of_enterprise"], "bank"),
        ({"collector_id": "unlisted"}, ["not_in_fx_directory"], "bank"),
        ({"collector_id": "person"}, ["personal_account_missing"], "bank"),
        ({"collector_id": "limited"}, ["fx_class_limited"], "safe"),
        ({"collector_id": "limited", "payer_relation": "unstated"}, ["fx_class_limited", "payer_not_stated"], "safe"),
    ],
)
async def test_what_forbids_the_use_of_money_blocks_its_booking(
    trading: Any, change: dict[str, Any], codes: list[str], must_act: str
) -> None:
    if "collector_id" in change:
        change = change | {"collector_id": str(getattr(trading, change["collector_id"]))}
    collection, case = await blocked(trading, **change)
    assert collection["collection"]["blocked_by"] == codes
    assert (case["code"], case["must_act"]) == ("collection_blocked", must_act)
    assert trading.ask("SELECT account, amount FROM journal WHERE amount > 0") == [
        (f"blocked:{collection['collection']['collector_id']}:{trading.bank}", 1000)
    ]
    assert trading.ask("SELECT count(*) FROM personal_balances WHERE balance > 0") == [(0,)]


async def test_blocked_money_is_used_for_nothing(trading: Any) -> None:
    declaration_id, (portion,) = await trading.released()
    trade = trading.trade()
    await trading.hear(trade)
    collection, _ = await blocked(trading, payer_relation="unstated")
    matches = {"matches": [{"portion_id": str(portion.portion_id), "amount": "1.00"}]}
    advance = {"trade_id": str(trade.trade.trade_id), "amount": "1.00"}
    hold = {
        "declaration_id": str(declaration_id), "collector_id": str(trading.agent),
        "lines": [{"portion_id": str(portion.portion_id), "value": "1.00"}],
    }  # fmt: skip
    held = await trading.door.done("POST", "/v1/holds", hold, **trading.as_bank())
    commit = {"collection_id": collection["id"], **matches}
    answers = [
        await trading.act(collection, "matches", matches),
        await trading.act(collection, "advances", advance),
        await trading.door.call(
            "POST", f"/v1/holds/{held['id']}/commits", commit, version=held["version"], **trading.as_bank()
        ),
    ]
    assert [answer.json().get("code") for answer in answers] == ["collection_blocked"] * 3
    assert {each["code"] for answer in answers for each in answer.json()["errors"]} >= {"payer_not_stated"}
    trading.check_books()


async def test_blocked_money_of_a_person_is_neither_held_nor_converted(trading: Any) -> None:
    await blocked(trading, collector_id=str(trading.person), account_kind="personal", payer_relation="unstated")
    body = {
        "holder_id": str(trading.person), "currency": "USD", "amount": "1.00", "rate": "6.95",
        "quota_statement": {"reference": "Q", "remaining": "2.00"}, "converted_on": "2026-05-13", "bank_reference": "C",
    }  # fmt: skip
    answer = await trading.door.call("POST", "/v1/conversions", body, **trading.as_bank())
    assert answer.json()["code"] == "conversion_over_balance"


async def test_a_stated_payer_unblocks_the_money_and_closes_its_case(trading: Any) -> None:
    _, (portion,) = await trading.released()
    collection, case = await blocked(trading, payer_relation="unstated", bank_charges="10.00")
    stated = {"payer_relation": "payment_agent", "payer_evidence_hash": "sha256:00"}
    answer = await trading.act(collection, "payer-statements", {**stated, "payer_evidence_hash": ""})
    assert answer.json()["code"] == "payer_evidence_missing"
    rival = await trading.act(collection, "payer-statements", stated, **trading.as_bank(trading.rival_bank))
    assert rival.status_code == 404
    unblocked = (await trading.act(collection, "payer-statements", stated)).json()
    assert unblocked["collection"]["blocked_by"] == []
    closed = await trading.door.done("GET", f"/v1/conflicts/{case['id']}", role="safe")
    assert (closed["closed_by"] is not None, closed["closing_evidence_hash"]) == (True, "sha256:00")
    trading.check_books()
    matched = await trading.matched(unblocked, (portion, "1000.00"))
    again = await trading.act(matched, "payer-statements", stated)
    assert again.json()["code"] == "payer_relied_upon"
    assert trading.said("collections") == ["collection_booked", "payer_stated", "collection_matched"]
    trading.check_books()


async def test_a_persons_money_lies_in_its_account_once_it_is_unblocked(trading: Any) -> None:
    who = {"collector_id": str(trading.person), "account_kind": "personal", "bank_charges": "10.00"}
    collection, _ = await blocked(trading, **who, payer_relation="unstated")
    refunded = (await trading.act(collection, "refunds", {"amount": "100.00", "refunded_on": "2026-05-13"})).json()
    stated = {"payer_relation": "buyer", "buyer_id": str(trading.buyer)}
    await trading.act(refunded, "payer-statements", stated)
    assert trading.ask("SELECT balance FROM personal_balances") == [(890,)]
    trading.check_books()


@pytest.mark.parametrize("charges", ["0.00", "10.00"])
async def test_blocked_money_sent_back_whole_closes_its_case(trading: Any, charges: str) -> None:
    collection, _ = await blocked(trading, payer_relation="unstated", bank_charges=charges)
    answer = await trading.act(collection, "refunds", {"amount": "1000.00", "refunded_on": "2026-05-13"})
    assert answer.json()["collection"]["blocked_by"] == []
    assert trading.ask("SELECT count(*) FROM conflicts WHERE closed_at IS NULL") == [(0,)]
    trading.check_books()


async def test_a_fact_is_not_talked_away_and_unblocks_once_it_is_put_right(trading: Any, filed_with: Any) -> None:
    collection, case = await blocked(trading, collector_id=str(trading.unlisted))
    refused = await close(trading, case, **trading.as_bank())
    assert [each["code"] for each in refused.json()["errors"]] == ["collection_blocked", "not_in_fx_directory"]
    await trading.hear(filed_with(trading.unlisted, fx_directory="A"), sequence=2)
    assert (await close(trading, case, **trading.as_bank())).status_code == 200
    shown = await trading.door.done("GET", f"/v1/collections/{collection['id']}", **trading.as_bank())
    assert shown["collection"]["blocked_by"] == []
    assert trading.said("collections")[-1] == "collection_unblocked"
    again = await close(trading, case, **trading.as_bank())
    assert again.json()["code"] == "conflict_closed_already"
    trading.check_books()


async def test_safe_lets_its_own_limit_pass_and_nobody_else_does(trading: Any) -> None:
    collection, case = await blocked(trading, collector_id=str(trading.limited), payer_relation="unstated")
    assert (await close(trading, case, **trading.as_bank())).json()["errors"][0]["code"] == "somebody_else_must_act"
    early = await close(trading, case, role="safe")
    assert [each["code"] for each in early.json()["errors"]] == ["collection_blocked", "payer_not_stated"]
    stated = {"payer_relation": "buyer", "buyer_id": str(trading.buyer)}
    answer = await trading.act(collection, "payer-statements", stated)
    assert answer.json()["collection"]["blocked_by"] == ["fx_class_limited"]
    assert (await close(trading, case, role="safe")).status_code == 200
    trading.check_books()


async def test_the_class_counts_that_was_held_when_the_money_came(trading: Any, filed_with: Any) -> None:
    """The directory is asked as of the day of receipt, not of today."""
    await trading.hear(filed_with(trading.unlisted, since="2026-05-13", fx_directory="A"), sequence=2)
    await trading.booked(collector_id=str(trading.unlisted))
    early = await trading.booked(collector_id=str(trading.unlisted), received_on="2026-05-12")
    assert early["collection"]["blocked_by"] == ["not_in_fx_directory"]


async def test_cases_are_seen_by_whom_they_concern(trading: Any) -> None:
    _, case = await blocked(trading, payer_relation="unstated")
    collector = {"role": "operator", "subject_id": trading.agent}
    other = {"role": "stall_holder", "subject_id": trading.second}
    seen = [
        (await trading.door.call("GET", f"/v1/conflicts/{case['id']}", **who)).status_code
        for who in (trading.as_bank(), trading.as_bank(trading.rival_bank), collector, other, {"role": "safe"})
    ]
    assert seen == [200, 404, 200, 404, 200]
    listed = [
        len((await trading.door.done("GET", "/v1/conflicts", **who))["items"])
        for who in (trading.as_bank(), trading.as_bank(trading.rival_bank), collector, other)
    ]
    assert listed == [1, 0, 1, 0]
    assert (await close(trading, case, **collector)).status_code == 403
    stale = await trading.door.call(
        "POST", f"/v1/conflicts/{case['id']}/closings", CLOSED, version=99, **trading.as_bank()
    )
    assert stale.status_code == 412


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize(
    ("value", "codes"),
    [("b", []), ("B类", []), ("c", ["fx_class_limited"]), ("C 类", ["fx_class_limited"]), ("特", ["fx_class_limited"])],
)
async def test_a_class_heard_in_another_spelling_is_the_class_and_an_unknown_one_is_limited(
    trading: Any, filed_with: Any, dsn: str, value: str, codes: list[str], stored: bool
) -> None:
    """V44: what registry of an earlier release published was free text."""
    await trading.hear(filed_with(trading.limited, fx_directory="A" if stored else value), sequence=2)
    if stored:
        told = "jsonb_set(qualifications, '{0,value}', %s)"
        old = f"UPDATE subject_copies SET qualifications = {told} WHERE subject_id = %s"
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(old.encode(), (json.dumps(value), trading.limited))
    booked = await trading.door.done(
        "POST", "/v1/collections", trading.receipt(collector_id=str(trading.limited)), **trading.as_bank()
    )
    assert list(booked["collection"]["blocked_by"]) == codes
