"""Holds, refunds, advances: room and money are taken once and given back once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.workshop.testing.registry_events import subject


def hold_of(trading: Any, declaration_id: UUID, portion: Any, value: str = "600.00") -> dict[str, Any]:
    return {
        "declaration_id": str(declaration_id),
        "collector_id": str(trading.agent),
        "lines": [{"portion_id": str(portion.portion_id), "value": value}],
    }


async def test_a_hold_takes_room_and_a_commit_uses_it_once(trading: Any) -> None:
    declaration_id, (portion,) = await trading.released()
    body = hold_of(trading, declaration_id, portion)
    hold = await trading.door.done("POST", "/v1/holds", body, **trading.as_bank())
    assert trading.room(declaration_id)[2:4] == (600, 0)
    await trading.opened(trading.agent, trading.account(), trading.account(trading.rival_bank))
    second = await trading.door.call("POST", "/v1/holds", body, **trading.as_bank(trading.rival_bank))
    assert second.json()["code"] == "collection_over_entitlement"
    collection = await trading.booked("600.00")
    commit = {
        "collection_id": collection["id"],
        "matches": [{"portion_id": str(portion.portion_id), "amount": "600.00"}],
    }
    path = f"/v1/holds/{hold['id']}/commits"
    done = await trading.door.done("POST", path, commit, version=1, **trading.as_bank())
    again = await trading.door.done("POST", path, commit, version=1, **trading.as_bank())
    assert done == again
    assert done["status"] == "committed"
    assert trading.room(declaration_id)[2:4] == (0, 600)
    void = await trading.door.call(
        "POST", f"/v1/holds/{hold['id']}/voids", {"reason": "late"}, version=2, **trading.as_bank()
    )
    assert (void.status_code, void.json()["code"]) == (409, "hold_ended")
    trading.check_books()


async def test_no_room_is_held_for_a_collector_who_was_never_filed(trading: Any) -> None:
    """R-FX-2."""
    draft = subject("operator", status="submitted", effective_from=None)
    await trading.hear(draft)
    collector = draft.subject.subject_id
    declaration_id, (portion,) = await trading.released(trading.portion(collector_id=collector))
    body = {**hold_of(trading, declaration_id, portion), "collector_id": str(collector)}
    answer = await trading.door.call("POST", "/v1/holds", body, **trading.as_bank())
    assert (answer.status_code, answer.json()["code"]) == (409, "account_not_at_bank")
    assert trading.room(declaration_id)[2] == 0


async def test_a_commit_stays_within_what_was_held(trading: Any) -> None:
    declaration_id, (portion, other) = await trading.released(trading.portion(), trading.portion())
    hold = await trading.door.done("POST", "/v1/holds", hold_of(trading, declaration_id, portion), **trading.as_bank())
    collection = await trading.booked("2000.00")
    codes = []
    for asked, amount in ((portion, "600.01"), (other, "1.00"), (portion, "599.99")):
        commit = {
            "collection_id": collection["id"],
            "matches": [{"portion_id": str(asked.portion_id), "amount": amount}],
        }
        path = f"/v1/holds/{hold['id']}/commits"
        answer = await trading.door.call("POST", path, commit, version=1, **trading.as_bank())
        codes.append(answer.json().get("code"))
    assert codes == ["commit_over_hold", "portion_not_held", None]
    assert trading.room(declaration_id)[2:4] == (0, trading.ask("SELECT 599.99")[0][0])
    trading.check_books()


async def test_a_void_gives_the_room_back_once_and_a_foreign_hold_is_hidden(trading: Any) -> None:
    declaration_id, (portion,) = await trading.released()
    hold = await trading.door.done("POST", "/v1/holds", hold_of(trading, declaration_id, portion), **trading.as_bank())
    path, reason = f"/v1/holds/{hold['id']}/voids", {"reason": "the buyer did not pay"}
    foreign = await trading.door.call("POST", path, reason, version=1, **trading.as_bank(trading.rival_bank))
    assert foreign.status_code == 404
    for _ in range(2):
        voided = await trading.door.done("POST", path, reason, version=1, **trading.as_bank())
        assert (voided["status"], voided["version"]) == ("void", 2)
    assert trading.room(declaration_id)[2] == 0
    assert trading.said("entitlements") == ["entitlement_changed", "room_reserved", "room_freed"]
    trading.check_books()


async def test_of_two_holds_at_the_same_time_one_gets_the_last_room(trading: Any) -> None:
    declaration_id, (portion,) = await trading.released()
    await trading.opened(trading.agent, trading.account(), trading.account(trading.rival_bank))
    body = hold_of(trading, declaration_id, portion)
    answers = await asyncio.gather(
        *(
            trading.door.call("POST", "/v1/holds", body, **trading.as_bank(bank))
            for bank in (trading.bank, trading.rival_bank)
        )
    )
    assert sorted(each.status_code for each in answers) == [201, 409]
    trading.check_books()


async def test_a_refund_undoes_the_newest_matches_first(trading: Any) -> None:
    declaration_id, (portion, other) = await trading.released(trading.portion(), trading.portion())
    collection = await trading.booked("1500.00")
    collection = await trading.matched(collection, (portion, "700.00"), (other, "700.00"))
    answer = await trading.act(collection, "refunds", {"amount": "300.00", "refunded_on": "2026-05-13"})
    state = answer.json()["collection"]
    live = [each["amount"] for each in state["matches"] if each["unmatched_at"] is None]
    assert (state["refunded"], state["matched"], state["unmatched"]) == ("300.00", "1200.00", "0.00")
    assert live == ["700.00", "500.00"]
    (refund,) = state["refunds"]
    assert (refund["amount"], refund["refunded_on"], refund["to_payer"]) == ("300.00", "2026-05-13", True)
    assert trading.room(declaration_id)[3] == 1200
    assert trading.said("collections")[-2:] == ["collection_unmatched", "collection_refunded"]
    trading.check_books()


async def test_a_refund_of_money_passed_on_opens_a_claim_that_later_money_settles(trading: Any) -> None:
    _, (portion,) = await trading.released(trading.portion("2000.00"))
    collection = await trading.matched(await trading.booked("1000.00"), (portion, "1000.00"))
    await trading.door.done("POST", "/v1/pass-ons", trading.transfer("900.00"), **trading.as_bank())
    answer = await trading.act(collection, "refunds", {"amount": "1000.00", "refunded_on": "2026-05-13"})
    assert answer.status_code == 200, answer.text
    (claim,) = trading.ask("SELECT amount, settled, debtor_id, creditor_id FROM claims")
    assert claim == (900, 0, trading.principal, trading.agent)
    assert trading.ask("SELECT collected, passed_on, claims FROM payables") == [(0, 900, 900)]
    trading.check_books()
    await trading.matched(await trading.booked("1200.00"), (portion, "1200.00"))
    assert trading.ask("SELECT settled FROM claims") == [(900,)]
    (payable,) = (await trading.door.done("GET", "/v1/payables", role="safe"))["items"]
    assert (payable["claims"], payable["owed"]) == ("0.00", "300.00")
    trading.check_books()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"refunded_on": "2026-11-09"}, None),
        ({"refunded_on": "2026-11-10"}, "refund_evidence_missing"),
        ({"refunded_on": "2026-11-10", "evidence_hash": "sha256:00"}, None),
        ({"to_payer": False}, "refund_evidence_missing"),
        ({"amount": "1000.01"}, "refund_over_collection"),
        ({"refunded_on": "2026-12-13"}, "date_in_the_future"),
        ({"refunded_on": "2026-05-12"}, "date_in_the_future"),
    ],
)
async def test_a_late_refund_or_one_to_another_needs_evidence(trading: Any, change: Any, code: str | None) -> None:

    collection = await trading.booked("1000.00")
    trading.door.at(datetime(2026, 12, 1, tzinfo=UTC))
    answer = await trading.act(collection, "refunds", {"amount": "10.00", "refunded_on": "2026-05-13", **change})
    assert answer.json().get("code") == code


async def test_a_match_is_undone_unless_its_money_was_passed_on(trading: Any) -> None:
    declaration_id, (portion,) = await trading.released()
    collection = await trading.matched(await trading.booked("1000.00"), (portion, "1000.00"))
    await trading.door.done("POST", "/v1/pass-ons", trading.transfer("1.00"), **trading.as_bank())
    ids = {"match_ids": [each["match_id"] for each in collection["collection"]["matches"]]}
    answer = await trading.act(collection, "unmatchings", ids)
    assert answer.json()["code"] == "passed_on_already"
    own = trading.portion(collector_id=trading.principal)
    second, (portion,) = await trading.released(own)
    collection = await trading.booked("1000.00", collector_id=str(trading.principal))
    collection = await trading.matched(collection, (portion, "1000.00"))
    ids = {"match_ids": [each["match_id"] for each in collection["collection"]["matches"]]}
    assert (await trading.act(collection, "unmatchings", ids)).status_code == 200
    assert (trading.room(declaration_id)[3], trading.room(second)[3]) == (1000, 0)
    trading.check_books()


async def test_an_advance_is_kept_for_its_trade_up_to_its_value_until_release(trading: Any) -> None:
    trade = trading.trade("500.00")
    await trading.hear(trade)
    trade_id = str(trade.trade.trade_id)
    collection = await trading.booked("1000.00")
    over = await trading.act(collection, "advances", {"trade_id": trade_id, "amount": "500.01"})
    assert (over.status_code, over.json()["code"]) == (409, "advance_over_trade")
    linked = (await trading.act(collection, "advances", {"trade_id": trade_id, "amount": "500.00"})).json()
    assert linked["collection"]["linked"] == "500.00"
    _, (portion, other) = await trading.released(
        trading.portion("500.00", trade_id=trade_id), trading.portion("600.00")
    )
    asked = {"matches": [{"portion_id": str(other.portion_id), "amount": "500.01"}]}
    assert (await trading.act(linked, "matches", asked)).json()["code"] == "collection_used_up"
    matched = await trading.matched(linked, (portion, "400.00"), (other, "500.00"))
    assert matched["collection"]["linked"] == "100.00"
    assert trading.ask("SELECT linked FROM trade_rooms") == [(100,)]
    trading.check_books()


async def test_samples_take_no_advance_and_an_advance_is_more_than_zero(trading: Any) -> None:
    sample, goods = trading.trade(kind="sample"), trading.trade()
    await trading.hear(sample, goods)
    collection = await trading.booked("10.00", currency="EUR")
    codes = []
    for trade, rate in ((sample, "1.08"), (goods, "0.0001")):
        body = {"trade_id": str(trade.trade.trade_id), "amount": "1.00", "rate": rate, "rate_source": "BOC"}
        codes.append((await trading.act(collection, "advances", body)).json()["code"])
    assert codes == ["advance_over_trade", "amount_not_positive"]


async def test_advances_of_unknown_or_foreign_trades_are_refused(trading: Any) -> None:
    trade = trading.trade(collector_id=trading.second, settlement_method="cash")
    await trading.hear(trade)
    collection = await trading.booked("10.00")
    unknown = await trading.act(collection, "advances", {"trade_id": collection["id"], "amount": "1.00"})
    foreign = await trading.act(collection, "advances", {"trade_id": str(trade.trade.trade_id), "amount": "11.00"})
    assert unknown.json()["code"] == "trade_not_registered"
    codes = [each["code"] for each in foreign.json()["errors"]]
    assert codes == ["not_the_collector", "cash_not_collectable", "collection_used_up"]
