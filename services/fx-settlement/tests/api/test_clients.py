"""A bank's client is who has an account there that it confirmed itself; no word of a bank makes one (R-FX-2, V65)."""

from __future__ import annotations

from typing import Any

import pytest

READS = ("/v1/entitlements", "/v1/payables", "/v1/balances")


async def _seen(trading: Any) -> list[int]:
    """How many rooms, payables and balances the rival bank sees."""
    rival = trading.as_bank(trading.rival_bank)
    return [len((await trading.door.done("GET", path, **rival))["items"]) for path in READS]


@pytest.fixture
async def held(trading: Any) -> Any:
    """Money of an agent and of a person at their bank; the agent owes a part of it to its principal."""
    _, (portion,) = await trading.released()
    await trading.matched(await trading.booked(), (portion, "1000.00"))
    await trading.booked("13000.00", collector_id=str(trading.person), account_kind="personal")
    return trading


async def test_a_bank_that_books_a_cent_for_a_stranger_reads_and_converts_nothing_of_it(held: Any) -> None:
    rival = held.as_bank(held.rival_bank)
    for collector, kind in ((held.person, "personal"), (held.agent, "trade")):
        cent = held.receipt("0.01", collector_id=str(collector), account_kind=kind)
        await held.door.done("POST", "/v1/collections", cent, **rival)
    assert await _seen(held) == [0, 0, 0]
    body = {
        "holder_id": str(held.person), "currency": "USD", "amount": "13000.00", "rate": "6.95",
        "quota_statement": {"reference": "Q", "remaining": "50000.00"},
        "converted_on": "2026-05-13", "bank_reference": "C",
    }  # fmt: skip
    assert (await held.door.call("POST", "/v1/conversions", body, **rival)).status_code == 404
    assert held.ask("SELECT count(*) FROM conversions") == [(0,)]


async def test_no_room_is_held_for_a_stranger_and_nothing_of_it_is_told(held: Any) -> None:
    declaration_id, (portion,) = await held.released(held.portion(), declaration_id=None)
    line = {"portion_id": str(portion.portion_id), "value": "1.00"}
    body = {"declaration_id": str(declaration_id), "collector_id": str(held.agent), "lines": [line]}
    answer = await held.door.call("POST", "/v1/holds", body, **held.as_bank(held.rival_bank))
    assert [each["code"] for each in answer.json()["errors"]] == ["account_not_at_bank"]
    assert held.room(declaration_id)[2] == 0


@pytest.mark.parametrize(
    ("account", "seen"),
    [
        pytest.param({}, 1, id="confirmed"),
        pytest.param({"confirmed": False}, 0, id="recorded by somebody else"),
        pytest.param({"valid_from": "2026-05-13"}, 1, id="from today"),
        pytest.param({"valid_from": "2026-05-14"}, 0, id="from tomorrow"),
        pytest.param({"valid_to": "2026-05-13"}, 1, id="until today"),
        pytest.param({"valid_to": "2026-05-12"}, 0, id="until yesterday"),
        pytest.param({"kind": "fx_directory", "value": "A"}, 0, id="no account"),
    ],
)
async def test_an_account_makes_a_client_once_its_owner_confirms_it_and_on_its_days(
    held: Any, account: dict[str, Any], seen: int
) -> None:
    opened = held.account(held.rival_bank).model_dump(mode="json") | account
    await held.opened(held.agent, held.account(), type(held.account()).model_validate(opened))
    assert (await _seen(held))[0] == seen


def _conversion(trading: Any, amount: str, reference: str) -> dict[str, Any]:
    return {
        "holder_id": str(trading.person), "currency": "USD", "amount": amount, "rate": "6.95",
        "quota_statement": {"reference": "Q", "remaining": "50000.00"},
        "converted_on": "2026-05-13", "bank_reference": reference,
    }  # fmt: skip


async def test_what_a_bank_books_for_a_stranger_is_recorded_and_blocked(held: Any) -> None:
    """R-DECL-7: the money is at the bank; nothing is done with it until the account is filed there."""
    rival = held.as_bank(held.rival_bank)
    booked = await held.door.done("POST", "/v1/collections", held.receipt("10.00"), **rival)
    assert booked["collection"]["blocked_by"] == ["account_not_at_bank"]
    (case,) = (await held.door.done("GET", f"/v1/conflicts?collection_id={booked['id']}", **rival))["items"]
    closing = {"reason": "the account is filed", "evidence_hash": "sha256:" + "a" * 64}
    path = f"/v1/conflicts/{case['id']}/closings"
    refused = await held.door.call("POST", path, closing, version=booked["version"], **rival)
    assert "account_not_at_bank" in refused.text
    await held.opened(held.agent, held.account(), held.account(held.rival_bank))
    await held.door.done("POST", path, closing, version=booked["version"], **rival)
    freed = await held.door.done("GET", f"/v1/collections/{booked['id']}", **rival)
    assert freed["collection"]["blocked_by"] == []
    held.check_books()


async def test_a_bank_passes_on_only_what_it_holds_itself(held: Any) -> None:
    rival = held.as_bank(held.rival_bank)
    await held.opened(held.agent, held.account(), held.account(held.rival_bank))

    async def passed(amount: str, **who: Any) -> str | None:
        answer = await held.door.call("POST", "/v1/pass-ons", held.transfer(amount), **who)
        code: str | None = answer.json().get("code")
        return code

    # It learns nothing of a principal for whom nothing came in here.
    assert await passed("0.01", **rival) == "principal_not_filed"
    _, (portion,) = await held.released()
    more = await held.door.done("POST", "/v1/collections", held.receipt("100.00"), **rival)
    match = {"matches": [{"portion_id": str(portion.portion_id), "amount": "100.00"}]}
    await held.door.done("POST", f"/v1/collections/{more['id']}/matches", match, version=more["version"], **rival)
    assert await passed("100.01", **rival) == "pass_on_over_payable"
    assert await passed("1000.01", **held.as_bank()) == "pass_on_over_payable"
    assert await passed("1000.00", **held.as_bank()) is None
    assert await passed("100.00", **rival) is None
    held.check_books()


async def test_a_bank_converts_and_refunds_only_what_it_holds_itself(held: Any) -> None:
    rival = held.as_bank(held.rival_bank)
    kept = [held.account(each, natural=True) for each in (held.bank, held.rival_bank)]
    await held.opened(held.person, *kept, natural=True)
    receipt = held.receipt("50.00", collector_id=str(held.person), account_kind="personal", bank_charges="5.00")
    booked = await held.door.done("POST", "/v1/collections", receipt, **rival)

    async def converted(amount: str, reference: str, **who: Any) -> str | None:
        answer = await held.door.call("POST", "/v1/conversions", _conversion(held, amount, reference), **who)
        code: str | None = answer.json().get("code")
        return code

    assert await converted("45.01", "C1", **rival) == "conversion_over_balance"
    assert await converted("40.00", "C2", **rival) is None
    assert await converted("13000.01", "C3", **held.as_bank()) == "conversion_over_balance"
    refund = {"amount": "50.00", "refunded_on": "2026-05-13"}
    await held.door.done("POST", f"/v1/collections/{booked['id']}/refunds", refund, version=booked["version"], **rival)
    assert held.ask("SELECT amount FROM claims") == [(45,)]
    assert await converted("0.01", "C4", **rival) == "conversion_over_balance"
    assert await converted("13000.00", "C5", **held.as_bank()) is None
    held.check_books()


async def _told(trading: Any, path: str, what: str, **who: Any) -> list[str]:
    return [each[what] for each in (await trading.door.done("GET", path, **who))["items"]]


async def _taken_in(trading: Any, amount: str, **who: Any) -> dict[str, Any]:
    """A receipt of the bank that is matched whole to a new portion of the principal."""
    _, (portion,) = await trading.released(trading.portion(), declaration_id=None)
    booked = await trading.door.done("POST", "/v1/collections", trading.receipt(amount), **who)
    match = {"matches": [{"portion_id": str(portion.portion_id), "amount": amount}]}
    path = f"/v1/collections/{booked['id']}/matches"
    taken: dict[str, Any] = await trading.door.done("POST", path, match, version=booked["version"], **who)
    return taken


async def test_a_bank_reads_what_lies_there_and_no_more(held: Any) -> None:
    """R-FX-4: the agent and the person keep an account at both banks."""
    own, rival = held.as_bank(), held.as_bank(held.rival_bank)
    await held.opened(held.agent, held.account(), held.account(held.rival_bank))
    kept = [held.account(each, natural=True) for each in (held.bank, held.rival_bank)]
    await held.opened(held.person, *kept, natural=True)
    assert await _told(held, "/v1/payables", "owed", **rival) == []
    assert await _told(held, "/v1/balances", "balance", **rival) == []
    await _taken_in(held, "100.00", **rival)
    receipt = held.receipt("50.00", collector_id=str(held.person), account_kind="personal", bank_charges="5.00")
    await held.door.done("POST", "/v1/collections", receipt, **rival)
    await held.door.done("POST", "/v1/pass-ons", held.transfer("30.00"), **rival)
    await held.door.done("POST", "/v1/conversions", _conversion(held, "10.00", "C"), **rival)
    told = (await held.door.done("GET", "/v1/payables", **rival))["items"]
    sums = {name: told[0][name] for name in ("collected", "charges", "claims", "passed_on", "owed")}
    assert sums == {"collected": "100.00", "charges": "0.00", "claims": "0.00", "passed_on": "30.00", "owed": "70.00"}
    for who, owed, balance in (
        (rival, "70.00", "35.00"),
        (own, "1000.00", "13000.00"),
        ({"role": "safe"}, "1070.00", "13035.00"),
    ):
        assert await _told(held, "/v1/payables", "owed", **who) == [owed]
        assert await _told(held, "/v1/balances", "balance", **who) == [balance]
    mine = {"role": "operator", "subject_id": held.agent}
    assert await _told(held, "/v1/payables", "owed", **mine) == ["1070.00"]
    held.check_books()


async def test_what_one_bank_passed_on_is_claimed_back_and_set_off_at_that_bank(held: Any) -> None:
    """V41: money at another bank pays no refund, and is passed on whole."""
    own, rival = held.as_bank(), held.as_bank(held.rival_bank)
    await held.opened(held.agent, held.account(), held.account(held.rival_bank))
    first = await _taken_in(held, "100.00", **rival)
    await held.door.done("POST", "/v1/pass-ons", held.transfer("100.00"), **rival)
    path = f"/v1/collections/{first['id']}"
    undone = {"match_ids": [first["collection"]["matches"][0]["match_id"]]}
    unmatched = await held.door.call("POST", f"{path}/unmatchings", undone, version=first["version"], **rival)
    assert unmatched.json()["code"] == "passed_on_already", unmatched.text
    refund = {"amount": "100.00", "refunded_on": "2026-05-13"}
    await held.door.done("POST", f"{path}/refunds", refund, version=first["version"], **rival)
    assert held.ask("SELECT amount, settled FROM claims") == [(100, 0)]
    await _taken_in(held, "200.00", **own)
    assert held.ask("SELECT amount, settled FROM claims") == [(100, 0)]
    assert await _told(held, "/v1/payables", "owed", **own) == ["1200.00"]
    assert await _told(held, "/v1/payables", "owed", **rival) == ["0.00"]
    await _taken_in(held, "150.00", **rival)
    assert held.ask("SELECT amount, settled FROM claims") == [(100, 100)]
    assert await _told(held, "/v1/payables", "owed", **rival) == ["50.00"]
    over = await held.door.call("POST", "/v1/pass-ons", held.transfer("50.01"), **rival)
    assert over.json()["code"] == "pass_on_over_payable"
    for amount, who in (("50.00", rival), ("1200.00", own)):
        await held.door.done("POST", "/v1/pass-ons", held.transfer(amount), **who)
    assert await _told(held, "/v1/payables", "owed", role="safe") == ["0.00"]
    held.check_books()


async def test_no_bank_changes_what_another_took_in(held: Any) -> None:
    """A client of both: the other bank neither matches nor undoes, refunds, links or commits any of it."""
    rival = held.as_bank(held.rival_bank)
    await held.opened(held.agent, held.account(), held.account(held.rival_bank))
    taken = await _taken_in(held, "100.00", **held.as_bank())
    declaration_id, (portion,) = await held.released(held.portion(), declaration_id=None)
    line = {"portion_id": str(portion.portion_id), "value": "1.00"}
    body = {"declaration_id": str(declaration_id), "collector_id": str(held.agent), "lines": [line]}
    hold = await held.door.done("POST", "/v1/holds", body, **held.as_bank())
    ours, theirs = f"/v1/collections/{taken['id']}", f"/v1/holds/{hold['id']}"
    mine = await held.door.done("POST", "/v1/collections", held.receipt("1.00"), **rival)
    part = {"portion_id": str(portion.portion_id), "amount": "1.00"}
    attacks = {
        f"{ours}/matches": {"matches": [part]},
        f"{ours}/unmatchings": {"match_ids": [taken["collection"]["matches"][0]["match_id"]]},
        f"{ours}/refunds": {"amount": "1.00", "refunded_on": "2026-05-13"},
        f"{ours}/advances": {"trade_id": str(declaration_id), "amount": "1.00"},
        f"{ours}/payer-statements": {"payer_relation": "buyer", "buyer_id": str(held.buyer)},
        f"{theirs}/voids": {"reason": "no such money"},
        f"{theirs}/commits": {"collection_id": mine["id"], "matches": [part]},
    }
    for path, attack in attacks.items():
        version = taken["version"] if path.startswith(ours) else hold["version"]
        answer = await held.door.call("POST", path, attack, version=version, **rival)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        assert held.refusals()[-1] == ("V65", "not_yours"), path
    assert len(held.refusals()) == len(attacks)
