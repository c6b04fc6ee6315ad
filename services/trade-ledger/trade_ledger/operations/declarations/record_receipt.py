"""Record a message of customs: a fact, whatever our own rules think of it (R-DECL-3, R-DECL-4, R-DECL-7)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.trade_ledger import (
    ConflictOpened,
    DeclarationAccepted,
    DeclarationDeleted,
    DeclarationDeparted,
    DeclarationEvent,
    DeclarationInspected,
    DeclarationRejected,
    DeclarationReleased,
    GoodsReturned,
    GoodsShutOut,
    LoadClosed,
)
from shared.policy import policy_of
from shared.vocabulary.errors import Conflict, NotFound
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.money import currency_digits, round_half_up
from trade_ledger.domain.receipts import Conflict as Case
from trade_ledger.domain.receipts import Outcome, PortionState, Receipt, outcome_of
from trade_ledger.domain.route import RouteFacts, route_of
from trade_ledger.operations.declarations.submit_declaration import free_declared
from trade_ledger.publishers.declarations import announce_declaration
from trade_ledger.publishers.packing import announce_load
from trade_ledger.store.declarations import (
    conflicts_of,
    customs_number_holder,
    declaration_for_update,
    portions_of,
    receipts_of,
)
from trade_ledger.store.facts import grade_of
from trade_ledger.store.movements import Move, move
from trade_ledger.store.packing import load_for_update
from trade_ledger.store.tables.declarations import ConflictRow, DeclarationRow, PortionRow, ReceiptRow
from trade_ledger.store.tables.row import policy

_EVENTS: dict[str, type[DeclarationEvent]] = {
    "accepted": DeclarationAccepted,
    "rejected": DeclarationRejected,
    "inspected": DeclarationInspected,
    "released": DeclarationReleased,
    "departed": DeclarationDeparted,
    "shut_out": GoodsShutOut,
    "returned": GoodsReturned,
    "deleted": DeclarationDeleted,
}


async def record_receipt(
    session: AsyncSession,
    declaration_id: UUID,
    *,
    receipt_id: str,
    kind: str,
    issued_at: datetime,
    content: dict[str, Any],
    act: Act,
) -> DeclarationRow:
    """The declaration after the receipt; a repeated one changes nothing, one out of order changes what it can."""
    row = await declaration_for_update(session, declaration_id)
    if row is None or row.pilot != act.pilot:
        raise NotFound(f"no declaration {declaration_id}")
    if row.attempt == 0:
        raise Conflict("declaration_not_submitted", "customs can't know a draft")
    taking = insert(ReceiptRow).values(
        declaration_id=declaration_id,
        pilot=row.pilot,
        receipt_id=receipt_id,
        kind=kind,
        attempt=row.attempt,
        issued_at=issued_at,
        content=content,
        recorded_at=act.now,
        recorded_by=act.actor,
    )
    taken = await session.execute(taking.on_conflict_do_nothing().returning(ReceiptRow.id))
    if taken.first() is None:
        return row
    await _settle(session, row, kind, receipt_id, act)
    return row


async def _settle(session: AsyncSession, row: DeclarationRow, kind: str, receipt_id: str, act: Act) -> None:
    portions = await portions_of(session, row.id)
    receipts = [_receipt(each) for each in await receipts_of(session, row.id, row.attempt)]
    outcome = outcome_of(receipts, {str(each.id): each.quantity for each in portions})
    before = row.status
    row.status = outcome.status
    row.export_date = outcome.export_date
    cases = list(outcome.conflicts)
    if outcome.customs_number and outcome.customs_number != row.customs_number:
        holder = await customs_number_holder(session, outcome.customs_number, row.id)
        if holder is not None:
            detail = f"declaration {holder.number} has the same number"
            cases.append(Case("customs_number_taken", receipt_id, detail, "customs"))
        row.customs_number = outcome.customs_number
    await _move_portions(session, row, portions, outcome, act)
    if outcome.status == "rejected" and before != "rejected":
        await free_declared(session, row, act)
    opened = await _open_conflicts(session, row, cases, act)
    times = {"accepted_at": outcome.accepted_at, "released_at": outcome.released_at}
    row.content = {
        **row.content,
        **{name: value.isoformat() if value else None for name, value in times.items()},
        "route": row.content["route"] or await _route(session, row, outcome, act),
    }
    await announce_declaration(session, row, _EVENTS[kind], act=act, receipt_id=receipt_id)
    for case in opened:
        await announce_declaration(session, row, ConflictOpened, act=act, receipt_id=receipt_id, reason=case.code)
    if row.status == "departed" and before != "departed":
        await _close_loads(session, row, act)


def _receipt(row: ReceiptRow) -> Receipt:
    content = row.content
    return Receipt(
        receipt_id=row.receipt_id,
        kind=row.kind,
        issued_at=row.issued_at,
        customs_number=content.get("customs_number"),
        export_date=date.fromisoformat(content["export_date"]) if content.get("export_date") else None,
        quantities={each["portion_id"]: Decimal(each["quantity"]) for each in content.get("portions") or ()},
    )


def _part(value: Decimal, quantity: Decimal, whole: Decimal, currency: str) -> Decimal:
    return round_half_up(value * quantity / whole, currency_digits(currency))


async def _move_portions(
    session: AsyncSession, row: DeclarationRow, portions: list[PortionRow], outcome: Outcome, act: Act
) -> None:
    """Write the new cumulative figures and book the differences: falling counters from the outside in."""
    falling: list[Move] = []
    rising: list[Move] = []
    for portion in portions:
        new = outcome.portions[str(portion.id)]
        old_shut_out = Decimal(portion.content["shut_out_quantity"])
        changes = {
            "returned": new.returned - portion.returned_quantity,
            "departed": new.departed - portion.departed_quantity,
            "released": new.released - portion.released_quantity,
            "declared": old_shut_out - new.shut_out,
            "packed": old_shut_out - new.shut_out,
        }
        if outcome.status == "deleted" and row.content.get("deleted") is None:
            changes["declared"] -= portion.quantity - old_shut_out
        moves = [Move(portion.line_id, kind, by) for kind, by in changes.items() if by]
        falling += [each for each in moves if each.quantity < 0]
        rising += reversed([each for each in moves if each.quantity > 0])
        _rewrite(portion, new)
    if outcome.status == "deleted":
        row.content = {**row.content, "deleted": True}
    for moves in (falling, rising):
        if unfit := await move(session, moves, reference=row.number, act=act):
            raise RuntimeError(f"counters disagree with receipts for {[str(each.line_id) for each in unfit]}")


def _rewrite(portion: PortionRow, new: PortionState) -> None:
    stages = {
        "released": new.released, "departed": new.departed, "shut_out": new.shut_out, "returned": new.returned,
    }  # fmt: skip
    currency = portion.content["declared_currency"]
    content = dict(portion.content)
    for stage, quantity in stages.items():
        content[f"{stage}_quantity"] = f"{quantity:f}"
        content[f"{stage}_value"] = f"{_part(portion.declared_value, quantity, portion.quantity, currency):f}"
        content[f"{stage}_fob"] = f"{_part(portion.fob_value, quantity, portion.quantity, currency):f}"
    portion.content = content
    portion.released_quantity, portion.departed_quantity = new.released, new.departed
    portion.returned_quantity = new.returned
    portion.released_fob_usd = _part(portion.fob_usd, new.released, portion.quantity, "USD")


async def _open_conflicts(session: AsyncSession, row: DeclarationRow, cases: list[Case], act: Act) -> list[ConflictRow]:
    known = {(each.code, each.receipt_id) for each in await conflicts_of(session, row.id)}
    opened = []
    for case in cases:
        if (case.code, case.receipt_id) in known:
            continue
        opened.append(
            ConflictRow(
                id=uuid7(),
                declaration_id=row.id,
                pilot=row.pilot,
                code=case.code,
                receipt_id=case.receipt_id,
                detail=case.detail,
                must_act=case.must_act,
                opened_at=act.now,
                closed_at=None,
                closed_by=None,
                closing_reason=None,
            )
        )
    session.add_all(opened)
    return opened


async def _route(session: AsyncSession, row: DeclarationRow, outcome: Outcome, act: Act) -> dict[str, Any] | None:
    if outcome.accepted_at is None:
        return None
    grade = await grade_of(session, row.consignor_id, "customs")
    parameter = (await policy_of(session, policy, row.pilot)).on("sampling_every", legal_date(act.now))
    decision, reasons = route_of(
        RouteFacts(
            grade=None if grade is None else grade.grade,
            grade_allows_automatic_release=grade is not None and grade.automatic_release,
            review_depth="normal" if grade is None else grade.review_depth,
            open_conflicts=len(outcome.conflicts),
            sampled=row.id.int % int(parameter.value) == 0,
        )
    )
    return {"decision": decision, "reasons": list(reasons), "policy_version": parameter.version}


async def _close_loads(session: AsyncSession, row: DeclarationRow, act: Act) -> None:
    """Goods that departed free their container for the next load."""
    for load_id in row.content["load_ids"]:
        load = await load_for_update(session, UUID(load_id))
        if load is not None and load.status != "closed":
            load.status = "closed"
            await announce_load(session, load, LoadClosed, act=act)
