"""Each lock by name: two who need it line up, and the second goes by what the first has written (F22)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shared.workshop.testing.lining_up import lined_up

ROOMS = "SELECT FROM entitlements FOR NO KEY UPDATE"
COLLECTIONS = "SELECT FROM collections FOR NO KEY UPDATE"
CLOSING = {"reason": "looked into", "evidence_hash": "sha256:9f86"}


def matching(portion: Any, amount: str, **rate: str) -> dict[str, Any]:
    return {"matches": [{"portion_id": str(portion.portion_id), "amount": amount, **rate}]}


def shrunk(portion: Any, value: str) -> Any:
    return portion.model_copy(update={"released_value": Decimal(value), "released_fob": Decimal(value)})


def holding(trading: Any, declaration_id: Any, portion: Any, value: str) -> Any:
    lines = [{"portion_id": str(portion.portion_id), "value": value}]
    body = {"declaration_id": str(declaration_id), "collector_id": str(trading.agent), "lines": lines}
    return trading.door.call("POST", "/v1/holds", body, **trading.as_bank())


async def test_a_hold_and_a_declaration_that_shrinks_meanwhile_leave_room_that_adds_up(trading: Any) -> None:
    """`entitlements_for_update`: also for `renew_tolerance` and `shrink_room`, which lock nothing themselves."""
    for first in ("hold", "event"):
        declaration_id, (portion,) = await trading.released()
        less = shrunk(portion, "500.00")
        calls = [holding(trading, declaration_id, portion, "900.00"), trading.changed(declaration_id, less)]
        answers = await lined_up(trading.dsn, ROOMS, *(calls if first == "hold" else calls[::-1]))
        (answer,) = (each for each in answers if each is not None)
        assert answer.status_code == (201 if first == "hold" else 409), answer.text
        assert trading.room(declaration_id) == (500, 25, 0, 0, False)
        trading.check_books()


async def test_a_hold_voided_while_its_declaration_shrinks_ends_once(trading: Any) -> None:
    """`entitlements_for_update`: who ends a hold has its declaration's lock, so `hold_as_it_is` needs none (V38)."""
    for first in ("void", "event"):
        declaration_id, (portion,) = await trading.released()
        hold = (await holding(trading, declaration_id, portion, "900.00")).json()
        less = shrunk(portion, "500.00")
        path = f"/v1/holds/{hold['id']}/voids"
        void = trading.door.call("POST", path, {"reason": "a reason"}, version=1, **trading.as_bank())
        calls = [void, trading.changed(declaration_id, less)]
        answers = await lined_up(trading.dsn, ROOMS, *(calls if first == "void" else calls[::-1]))
        assert {each.status_code for each in answers if each is not None} == {200}
        assert trading.ask(f"SELECT version, status FROM holds WHERE id = '{hold['id']}'") == [(2, "void")]
        assert trading.room(declaration_id) == (500, 25, 0, 0, False)
        trading.check_books()


async def test_money_matched_elsewhere_while_a_declaration_shrinks_is_counted_whole(trading: Any) -> None:
    """`collection_for_update`: the match that is undone and the new one change one sum."""
    declaration_id, (portion,) = await trading.released()
    _, (other,) = await trading.released()
    collection = await trading.matched(await trading.booked("1000.00"), (portion, "600.00"))
    less = shrunk(portion, "100.00")
    acts = (trading.act(collection, "matches", matching(other, "300.00")), trading.changed(declaration_id, less))
    answer, _ = await lined_up(trading.dsn, COLLECTIONS, *acts)
    assert answer.status_code == 200, answer.text
    assert trading.ask("SELECT matched FROM collections") == [(405,)]
    trading.check_books()


async def test_two_matches_for_one_principal_owe_it_both(trading: Any) -> None:
    """`payables_for_update`."""
    _, portions = await trading.released(*(trading.portion() for _ in range(3)))
    parts = [(await trading.released())[1][0] for _ in range(2)]
    await trading.matched(await trading.booked("10.00"), (portions[0], "10.00"))
    both = [await trading.booked("100.00") for _ in range(2)]
    acts = [trading.act(each, "matches", matching(part, "100.00")) for each, part in zip(both, parts, strict=True)]
    answers = await lined_up(trading.dsn, "SELECT FROM payables FOR NO KEY UPDATE", *acts)
    assert {each.status_code for each in answers} == {200}
    assert trading.ask("SELECT collected FROM payables") == [(210,)]
    trading.check_books()


async def test_two_bookings_to_one_personal_account_are_both_in_its_balance(trading: Any) -> None:
    """`personal_balance_for_update`."""
    whose = {"collector_id": str(trading.person), "account_kind": "personal"}
    await trading.booked("10.00", **whose)
    acts = [trading.booked("100.00", **whose) for _ in range(2)]
    await lined_up(trading.dsn, "SELECT FROM personal_balances FOR NO KEY UPDATE", *acts)
    assert trading.ask("SELECT balance FROM personal_balances") == [(210,)]
    trading.check_books()


async def test_two_refunds_of_advances_on_one_trade_free_its_room_of_both(trading: Any) -> None:
    """`trade_rooms_for_update`."""
    trade = trading.trade("500.00")
    await trading.hear(trade)
    advance = {"trade_id": str(trade.trade.trade_id), "amount": "200.00"}
    both = [(await trading.act(await trading.booked("200.00"), "advances", advance)).json() for _ in range(2)]
    refund = {"amount": "200.00", "refunded_on": "2026-05-13", "to_payer": True}
    acts = [trading.act(each, "refunds", refund) for each in both]
    answers = await lined_up(trading.dsn, "SELECT FROM trade_rooms FOR NO KEY UPDATE", *acts)
    assert {each.status_code for each in answers} == {200}, answers[0].text
    assert trading.ask("SELECT linked FROM trade_rooms") == [(0,)]
    trading.check_books()


async def test_of_two_who_close_one_case_one_wins(trading: Any) -> None:
    """`row_to_change`: what a case is about is locked, and so the case."""
    await trading.booked("1000.00", collector_id=str(trading.limited))
    declaration_id, (portion,) = await trading.released()
    await trading.matched(await trading.booked("1000.00"), (portion, "1000.00"))
    await trading.door.done("POST", "/v1/pass-ons", trading.transfer("1000.00"), **trading.as_bank())
    await trading.changed(declaration_id, shrunk(portion, "1.00"))
    cases = (await trading.door.done("GET", "/v1/conflicts?is_open=true", role="safe"))["items"]
    assert len(cases) == 2
    for case in cases:
        path, held = f"/v1/conflicts/{case['id']}", COLLECTIONS if case["collection_id"] else ROOMS
        who = {"role": case["must_act"], **({"bank_id": trading.bank} if case["must_act"] == "bank" else {})}
        version = int((await trading.door.call("GET", path, **who)).headers["etag"].strip('"'))
        acts = [trading.door.call("POST", f"{path}/closings", CLOSING, version=version, **who) for _ in range(2)]
        answers = await lined_up(trading.dsn, held, *acts)
        assert [each.status_code for each in answers] == [200, 412], [each.text for each in answers]
    trading.check_books()


async def test_two_who_state_the_same_rate_at_once_share_it(trading: Any) -> None:
    """`rate_id_of`: its ON CONFLICT."""
    trade = trading.trade("1000.00")
    await trading.hear(trade)
    advance = {"trade_id": str(trade.trade.trade_id), "amount": "10.00", "rate": "1.08", "rate_source": "BOC"}
    both = [await trading.booked("10.00", currency="EUR") for _ in range(2)]
    acts = [trading.act(each, "advances", advance) for each in both]
    answers = await lined_up(trading.dsn, "LOCK TABLE rates IN SHARE MODE", *acts)
    assert {each.status_code for each in answers} == {200}, [each.text for each in answers]
    assert trading.ask("SELECT count(*) FROM rates") == [(1,)]
