"""How events of declarations and trades change the room: opened, grown, shrunk, frozen; repeated or out of order."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from fx_settlement.consumers.subscriptions import subscriptions
from fx_settlement.store.tables import metadata
from shared.events.base import Received
from shared.events.registry import GradeChanged
from shared.events.trade_ledger import (
    ConflictCase,
    DeclarationDeleted,
    DeclarationDeparted,
    GoodsReturned,
    TradeCorrected,
    TradeVoided,
)
from shared.messaging.applying import hand_over
from shared.messaging.rebuild import consumer_tables
from shared.workshop.testing.registry_events import FILED_AT, PILOT
from shared.workshop.testing.servers import truncate


def returned(portion: Any, value: str) -> Any:
    return portion.model_copy(update={"returned_value": Decimal(value), "returned_quantity": Decimal(1)})


async def test_a_release_heard_twice_opens_one_room_and_announces_one_event(trading: Any) -> None:
    event = trading.declaration(trading.portion())
    await trading.hear(event)
    await trading.hear(event)
    assert trading.said() == ["entitlement_changed"]
    assert trading.ask("SELECT count(*) FROM room_moves") == [(1,)]


async def test_a_departure_heard_first_opens_what_the_release_would(trading: Any) -> None:
    declaration_id, _ = await trading.released(kind=DeclarationDeparted)
    assert trading.room(declaration_id)[0] == 1000


async def test_the_usd_value_of_a_partial_release_is_rounded_half_up(trading: Any) -> None:
    part = {"released_quantity": "50", "released_value": "5.03", "released_fob": "5.03"}
    await trading.released(trading.portion("10.05", **part))
    assert trading.ask("SELECT released_fob_usd FROM entitlement_portions") == [(Decimal("5.03"),)]


async def test_what_was_paid_at_home_needs_a_collection_until_safe_says_otherwise(trading: Any) -> None:
    """R-TRADE-6: by the parameter in force on the day of acceptance, also where it is heard later."""
    before, _ = await trading.released(trading.portion(domestic_share_percent="25"))
    assert trading.room(before)[0] == 1000
    said = {"name": "domestic_leg_collection", "value": "不需要", "effective_from": "2020-01-02", "citation": "sample"}
    await trading.door.set_parameter(said, role="safe")
    after, _ = await trading.released(trading.portion(domestic_share_percent="25"))
    assert trading.room(after)[0] == 750


async def test_samples_gifts_and_cash_open_no_room(trading: Any) -> None:
    kinds = [trading.portion(trade_kind="sample"), trading.portion(trade_kind="gift")]
    declaration_id, portions = await trading.released(*kinds, trading.portion(settlement_method="cash"))
    assert trading.room(declaration_id)[:2] == (0, 0)
    collection = await trading.booked()
    asked = {"matches": [{"portion_id": str(portions[0].portion_id), "amount": "0.01"}]}
    assert (await trading.act(collection, "matches", asked)).json()["code"] == "collection_over_entitlement"


async def test_the_smaller_of_share_and_fixed_amount_is_tolerated_by_grade(trading: Any) -> None:
    tolerances = []
    for grade, value in (("A", "9999.80"), ("A", "20000.00"), ("C", "1000.00"), ("D", "1000.00")):
        said = GradeChanged(
            subject_id=trading.agent, pilot=PILOT, authority="safe", grade=grade, effective_from="2026-01-01",
            reason="test", automatic_release=True, inspection_rate_percent="5", review_depth="normal",
        )  # fmt: skip
        await trading.hear(said)
        declaration_id, _ = await trading.released(trading.portion(value))
        tolerances.append(trading.room(declaration_id)[1])
    assert tolerances == [Decimal("499.99"), 500, 10, 0]


async def test_a_grade_counts_from_its_date_on(trading: Any) -> None:
    tolerances = []
    for grade, effective_from in (("C", "2026-01-01"), ("D", "2027-01-01"), ("A", "2025-01-01")):
        said = GradeChanged(
            subject_id=trading.agent, pilot=PILOT, authority="safe", grade=grade, effective_from=effective_from,
            reason="test", automatic_release=True, inspection_rate_percent="5", review_depth="normal",
        )  # fmt: skip
        await trading.hear(said)
        declaration_id, _ = await trading.released(trading.portion("1000.00"))
        tolerances.append(trading.room(declaration_id)[1])
    assert tolerances == [10, 10, 10]


async def test_room_has_the_tolerance_of_the_day(trading: Any) -> None:
    declaration_id, (portion, other) = await trading.released(trading.portion(), trading.portion())
    collection = await trading.matched(await trading.booked("3000.00"), (portion, "1050.00"))
    for grade, from_day in (("D", "2026-05-13"), ("A", "2026-05-14")):
        said = GradeChanged(
            subject_id=trading.agent, pilot=PILOT, authority="safe", grade=grade, effective_from=from_day,
            reason="test", automatic_release=True, inspection_rate_percent="5", review_depth="normal",
        )  # fmt: skip
        await trading.hear(said)
    body = {"matches": [{"portion_id": str(other.portion_id), "amount": "950.01"}]}
    refused = await trading.act(collection, "matches", body)
    assert refused.json()["code"] == "collection_over_entitlement"
    collection = await trading.matched(collection, (other, "950.00"))
    assert trading.room(declaration_id) == (2000, 0, 0, 2000, False)
    trading.door.at(datetime(2026, 5, 14, 1, tzinfo=UTC))
    await trading.matched(collection, (other, "100.00"))
    assert trading.room(declaration_id) == (2000, 100, 0, 2100, False)
    trading.check_books()


async def test_goods_that_come_back_unmatch_the_excess_where_the_money_is_held(trading: Any) -> None:
    declaration_id, (portion,) = await trading.released()
    collection = await trading.matched(await trading.booked("1000.00"), (portion, "1000.00"))
    await trading.changed(declaration_id, returned(portion, "400.00"), kind=GoodsReturned)
    assert trading.room(declaration_id) == (600, 30, 0, 630, False)
    assert trading.said("collections")[-1] == "collection_unmatched"
    shown = await trading.door.done("GET", f"/v1/collections/{collection['id']}", **trading.as_bank())
    assert (shown["collection"]["unmatched"], shown["version"]) == ("370.00", 3)
    assert trading.ask("SELECT collected FROM payables") == [(630,)]
    assert trading.ask("SELECT count(*) FROM conflicts") == [(0,)]
    trading.check_books()


async def test_money_passed_on_stays_matched_and_the_room_is_frozen_with_one_case(trading: Any) -> None:
    declaration_id, (portion,) = await trading.released()
    collection = await trading.matched(await trading.booked("1000.00"), (portion, "1000.00"))
    await trading.door.done("POST", "/v1/pass-ons", trading.transfer("900.00"), **trading.as_bank())
    await trading.changed(declaration_id, returned(portion, "400.00"), kind=GoodsReturned)
    assert trading.room(declaration_id) == (600, 30, 0, 900, True)
    shown = await trading.door.done("GET", f"/v1/entitlements/{declaration_id}", role="safe")
    assert [case["must_act"] for case in shown["open_conflicts"]] == ["bank"]
    asked = {"matches": [{"portion_id": str(portion.portion_id), "amount": "1.00"}]}
    collection = await trading.door.done("GET", f"/v1/collections/{collection['id']}", **trading.as_bank())
    assert (await trading.act(collection, "matches", asked)).json()["code"] == "entitlement_frozen"
    refund = await trading.act(collection, "refunds", {"amount": "1000.00", "refunded_on": "2026-05-13"})
    assert refund.status_code == 200
    assert trading.room(declaration_id) == (600, 30, 0, 0, False)
    assert trading.ask("SELECT count(*) FROM conflicts WHERE closed_at IS NULL") == [(0,)]
    trading.check_books()


async def test_an_excess_that_the_bank_explains_opens_no_new_case_unless_it_grows(trading: Any) -> None:
    """R-DECL-7: the room stays frozen, the case is closed with reason and evidence."""
    declaration_id, (portion,) = await trading.released()
    await trading.matched(await trading.booked("1000.00"), (portion, "1000.00"))
    await trading.door.done("POST", "/v1/pass-ons", trading.transfer("1000.00"), **trading.as_bank())
    await trading.changed(declaration_id, returned(portion, "400.00"), kind=GoodsReturned)
    (case,) = (await trading.door.done("GET", "/v1/conflicts", **trading.as_bank()))["items"]
    path = f"/v1/conflicts/{case['id']}"
    version = int((await trading.door.call("GET", path, **trading.as_bank())).headers["etag"].strip('"'))
    closing = {"reason": "reported to SAFE", "evidence_hash": "sha256:9f86"}
    safe = await trading.door.call("POST", f"{path}/closings", closing, role="safe", version=version)
    assert safe.json()["code"] == "somebody_else_must_act"
    await trading.door.done("POST", f"{path}/closings", closing, version=version, **trading.as_bank())
    assert trading.room(declaration_id)[4] is True
    await trading.changed(declaration_id, returned(portion, "350.00"), kind=GoodsReturned)
    opened = "SELECT count(*) FROM conflicts WHERE closed_at IS NULL"
    assert trading.ask(opened) == [(0,)]
    trading.check_books()
    await trading.changed(declaration_id, returned(portion, "400.01"), kind=GoodsReturned)
    assert trading.ask(opened) == [(1,)]


@pytest.mark.parametrize("named", [True, False])
async def test_a_case_of_customs_freezes_the_room_until_it_is_closed(trading: Any, named: bool) -> None:
    """R-DECL-7: what no longer agrees at customs is neither held nor matched; the rest of the declaration goes on."""
    first, second = trading.portion(), trading.portion("500.00")
    declaration_id, (held, free) = await trading.released(first, second)
    collection = await trading.booked("100.00")
    case = ConflictCase(
        conflict_id=uuid4(), code="accepted_over_limit", opened_at=datetime(2026, 5, 13, tzinfo=UTC), detail="",
        must_act="customs", freezes=("room",), portion_ids=(held.portion_id,) if named else (),
    )  # fmt: skip
    frozen = trading.declaration(held, free, declaration_id=declaration_id, open_conflicts=[case])
    await trading.hear(frozen, sequence=2)
    await trading.hear(frozen, sequence=2)
    assert trading.said("entitlements") == ["entitlement_changed"] * 2
    codes = {}
    for name, portion in (("held", held), ("free", free)):
        body = {"matches": [{"portion_id": str(portion.portion_id), "amount": "1.00"}]}
        lines = [{"portion_id": str(portion.portion_id), "value": "1.00"}]
        hold = {"declaration_id": str(declaration_id), "collector_id": str(trading.agent), "lines": lines}
        answers = [
            await trading.act(collection, "matches", body),
            await trading.door.call("POST", "/v1/holds", hold, **trading.as_bank()),
        ]
        codes[name] = [answer.json().get("code") for answer in answers]
    stopped = ["entitlement_frozen"] * 2
    assert codes == {"held": stopped, "free": [None, None] if named else stopped}
    trading.check_books()
    await trading.hear(trading.declaration(held, free, declaration_id=declaration_id), sequence=3)
    collection = await trading.door.done("GET", f"/v1/collections/{collection['id']}", **trading.as_bank())
    await trading.matched(collection, (held, "50.00"))
    assert trading.room(declaration_id)[4] is False
    trading.check_books()


async def test_a_deleted_declaration_frees_everything_and_a_larger_one_grows(trading: Any) -> None:
    declaration_id, (portion,) = await trading.released()
    await trading.matched(await trading.booked("1000.00"), (portion, "1000.00"))
    gone = portion.model_copy(update={"released_value": Decimal(0), "released_quantity": Decimal(0)})
    await trading.changed(declaration_id, gone, kind=DeclarationDeleted)
    assert trading.room(declaration_id) == (0, 0, 0, 0, False)
    more = portion.model_copy(update={"released_value": Decimal(1200)})
    await trading.changed(declaration_id, more)
    assert trading.room(declaration_id)[:2] == (1200, 60)
    trading.check_books()


async def test_a_shrunken_declaration_gives_up_holds_before_matches(trading: Any) -> None:
    declaration_id, (portion,) = await trading.released()
    await trading.matched(await trading.booked("500.00"), (portion, "500.00"))
    body = {
        "declaration_id": str(declaration_id),
        "collector_id": str(trading.agent),
        "lines": [{"portion_id": str(portion.portion_id), "value": "500.00"}],
    }
    hold = await trading.door.done("POST", "/v1/holds", body, **trading.as_bank())
    await trading.changed(declaration_id, returned(portion, "450.00"), kind=GoodsReturned)
    assert trading.room(declaration_id)[2:] == (0, 500, False)
    shown = await trading.door.done("GET", f"/v1/holds/{hold['id']}", **trading.as_bank())
    assert (shown["status"], shown["reason"]) == ("void", "the declaration shrank")
    trading.check_books()


async def test_a_corrected_or_void_trade_unlinks_what_it_no_longer_carries(trading: Any) -> None:
    trade = trading.trade("1000.00")
    await trading.hear(trade)
    trade_id = str(trade.trade.trade_id)
    linked = []
    collection = await trading.booked("1000.00")
    answer = await trading.act(collection, "advances", {"trade_id": trade_id, "amount": "800.00"})
    assert answer.status_code == 200, answer.text
    for event, total, status in ((TradeCorrected, "800.00", "registered"), (TradeVoided, "800.00", "void")):
        state = trade.trade.model_copy(update={"total": Decimal(total), "status": status})
        await trading.hear(event(trade=state))
        linked += trading.ask("SELECT linked FROM collections")
    assert linked == [(800,), (0,)]
    assert trading.said("collections")[-2:] == ["advance_linked", "advance_unlinked"]
    trading.check_books()


async def test_copies_and_entitlements_are_equal_in_any_order_across_topics(trading: Any) -> None:
    trade, declaration = trading.trade(), trading.declaration(trading.portion())
    await trading.hear(declaration, trade)
    first = trading.ask("SELECT * FROM entitlement_portions") + trading.ask("SELECT * FROM trade_copies")
    rooms = trading.ask("SELECT count(*) FROM entitlements")
    await trading.hear(trade, declaration)
    assert trading.ask("SELECT * FROM entitlement_portions") + trading.ask("SELECT * FROM trade_copies") == first
    assert rooms == trading.ask("SELECT count(*) FROM entitlements") == [(1,)]


async def test_tables_that_only_consumers_write_are_rebuilt_equal_by_projections(trading: Any) -> None:
    trade, declaration = trading.trade(), trading.declaration(trading.portion(), trading.portion("5.00"))
    state = declaration.declaration
    shrunk = [returned(each, "1.00") for each in state.portions]
    newer = GoodsReturned(declaration=state.model_copy(update={"portions": tuple(shrunk)}))
    said = [*trading.events(), declaration, trade]
    await trading.hear(declaration, trade)
    await trading.hear(newer, sequence=2)
    tables = consumer_tables(metadata)
    lived = {table: trading.ask(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables}
    decided = trading.ask("SELECT t::text FROM portion_rooms t ORDER BY 1")
    truncate(trading.dsn, tables)
    async with trading.door.as_worker() as session:
        for sequence, events in ((1, said), (2, [newer])):
            for event in events:
                await hand_over(session, subscriptions, [heard(event, sequence)], live=False)
    assert {table: trading.ask(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables} == lived
    assert trading.ask("SELECT t::text FROM portion_rooms t ORDER BY 1") == decided
    filled = {"subject_copies", "pilot_copies", "bank_copies", "trade_copies", "entitlement_portions"}
    assert {table for table in tables if lived[table]} == filled


def heard(event: Any, sequence: int) -> Received[Any]:
    return Received(event, uuid4(), event.TYPE, "test", "key", sequence, FILED_AT, "test", PILOT, None)
