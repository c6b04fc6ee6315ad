"""Record a message of customs: a fact, whatever our own rules think of it (R-DECL-3, R-DECL-4, R-DECL-7)."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import (
    ConflictOpened,
    DeclarationAccepted,
    DeclarationAmended,
    DeclarationDeleted,
    DeclarationDeparted,
    DeclarationEvent,
    DeclarationInspected,
    DeclarationRejected,
    DeclarationReleased,
    GoodsReturned,
    GoodsShutOut,
    LoadClosed,
    Route,
)
from shared.policy import policy_of
from shared.rows import lock_name
from shared.vocabulary.errors import Conflict, Malformed, NotFound
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.money import rounded
from trade_ledger.domain.receipts import INACTIVE, Outcome, breaches_of_portions, outcome_of
from trade_ledger.domain.receipts import Conflict as Case
from trade_ledger.domain.route import RouteFacts, route_of
from trade_ledger.domain.valuation import breaches_of_digits
from trade_ledger.operations.declarations.book_outcome import book_outcome
from trade_ledger.operations.declarations.keep_cases import arrival_cases, case_row, code_cases, keep_cases, tell_opened
from trade_ledger.publishers.declarations import announce_declaration
from trade_ledger.publishers.packing import announce_load
from trade_ledger.store.declarations import (
    conflicts_of,
    customs_number_holder,
    declaration_for_update,
    portions_of,
    rates_of_month,
    receipt_by_id,
    receipts_known,
)
from trade_ledger.store.documents import ByCustoms, ReceiptMessage
from trade_ledger.store.facts import grade_of
from trade_ledger.store.packing import load_for_update
from trade_ledger.store.parameters import DeclarationCountsAsMade, DeclarationLimitUsd, SamplingEvery
from trade_ledger.store.tables.declarations import DeclarationRow, PortionRow, ReceiptRow
from trade_ledger.store.tables.row import policy

_EVENTS: dict[str, type[DeclarationEvent]] = {
    "accepted": DeclarationAccepted,
    "rejected": DeclarationRejected,
    "inspected": DeclarationInspected,
    "released": DeclarationReleased,
    "departed": DeclarationDeparted,
    "amended": DeclarationAmended,
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
    message: ReceiptMessage,
    act: Act,
) -> DeclarationRow:
    """The declaration after the receipt; a repeated one changes nothing, one out of order changes what it can."""
    row = await declaration_for_update(session, declaration_id)
    if row is None or row.pilot != act.pilot:
        raise NotFound(f"no declaration {declaration_id}")
    if row.attempt == 0:
        raise Conflict("declaration_not_submitted", "customs can't know a draft")
    values = {f"/portions/{at}/declared_value": each.declared_value for at, each in enumerate(message.portions)}
    breaches = breaches_of_digits({at: value for at, value in values.items() if value is not None}, row.currency)
    if breaches := breaches + breaches_of_portions([str(each.portion_id) for each in message.portions]):
        raise Malformed(breaches)
    taking = insert(ReceiptRow).values(
        declaration_id=declaration_id,
        pilot=row.pilot,
        receipt_id=receipt_id,
        kind=kind,
        attempt=row.attempt,
        issued_at=issued_at,
        content=message,
        recorded_at=act.now,
        recorded_by=act.actor,
    )
    taken = await session.execute(taking.on_conflict_do_nothing().returning(ReceiptRow.id))
    if taken.first() is None:
        return await _repeated(session, row, kind, receipt_id, message, act)
    await _settle(session, row, kind, receipt_id, act)
    return row


async def _repeated(
    session: AsyncSession, row: DeclarationRow, kind: str, receipt_id: str, message: ReceiptMessage, act: Act
) -> DeclarationRow:
    """The declaration as it was; another message under a used id is kept as a case, not lost (R-DECL-7)."""
    first = await receipt_by_id(session, row.id, receipt_id)
    if (first.kind, first.content) == (kind, message):
        return row
    known = {(each.code, each.receipt_id) for each in await conflicts_of(session, row.id)}
    if ("receipt_id_reused", receipt_id) not in known:
        told = json.dumps(message.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
        detail = f"first {first.kind}, then {kind}: {told}"
        session.add(case_row(row, Case("receipt_id_reused", receipt_id, detail, "customs"), act))
        await announce_declaration(
            session, row, ConflictOpened, act=act, receipt_id=receipt_id, reason="receipt_id_reused"
        )
    return row


async def _settle(session: AsyncSession, row: DeclarationRow, kind: str, receipt_id: str, act: Act) -> None:
    portions = await portions_of(session, row.id)
    receipts = await receipts_known(session, row.id, row.attempt)
    outcome = outcome_of(receipts, {str(each.id): each.content.submitted.quantity for each in portions})
    before = row.status
    withdrawn = row.content.withdrawn_attempt == row.attempt
    row.status = "withdrawn" if withdrawn and outcome.status in ("submitted", "rejected") else outcome.status
    row.export_date = outcome.export_date
    cases = list(outcome.conflicts)
    if withdrawn and outcome.proof is not None:
        cases.append(Case("accepted_after_withdrawal", outcome.proof, "both facts stand", "consignor"))
    cases += await _number_case(session, row, outcome, receipt_id)
    if stuck := await book_outcome(session, row, portions, outcome, before=before, act=act):
        proof = outcome.proof or receipt_id
        cases.append(Case("quantity_elsewhere", proof, f"lines: {', '.join(stuck)}", "consignor"))
    cases += await _limit_case(session, row, portions, outcome, act)
    cases += await arrival_cases(session, row, receipts)
    cases += await code_cases(session, row, portions, receipts, act)
    opened = await keep_cases(session, row, cases, act)
    route = row.content.customs.route or await _route(session, row, outcome, len(cases), act)
    customs = ByCustoms(accepted_at=outcome.accepted_at, released_at=outcome.released_at, route=route)
    row.content = row.content.model_copy(update={"customs": customs})
    await announce_declaration(session, row, _EVENTS[kind], act=act, receipt_id=receipt_id)
    await tell_opened(session, row, opened, receipt_id, act)
    if row.status == "departed" and before != "departed":
        await _close_loads(session, row, act)


async def _number_case(session: AsyncSession, row: DeclarationRow, outcome: Outcome, receipt_id: str) -> list[Case]:
    """V34: the second declaration with a customs number is a conflict, never a refusal."""
    if outcome.customs_number is None or outcome.customs_number == row.customs_number:
        return []
    row.customs_number = outcome.customs_number
    # Two declarations may hear the same number at the same moment: the later one must see the earlier.
    await lock_name(session, f"customs number {row.pilot} {outcome.customs_number}")
    holder = await customs_number_holder(session, row.pilot, outcome.customs_number, but_not=row.id)
    if holder is None:
        return []
    return [Case("customs_number_taken", receipt_id, f"declaration {holder.number} has the same number", "customs")]


async def _limit_case(
    session: AsyncSession, row: DeclarationRow, portions: list[PortionRow], outcome: Outcome, act: Act
) -> list[Case]:
    """V27: the limit again, at the rate of the month in which the declaration counts as made."""
    if outcome.proof is None or outcome.accepted_at is None or row.status in INACTIVE:
        return []
    made_at, day, assessed = outcome.accepted_at, legal_date(outcome.accepted_at), row.content.assessed
    rules = await policy_of(session, policy, row.pilot)
    if rules.on(DeclarationCountsAsMade, day).value == "completion" and assessed is not None:
        made_at = assessed.submitted_at
    rates = await rates_of_month(session, legal_date(made_at).replace(day=1))
    if not {row.currency, "USD"} <= set(rates):
        return []
    total = sum((each.declared_value for each in portions), Decimal(0))
    usd = rounded(total * rates[row.currency][1] / rates["USD"][1], "USD")
    limit = rules.on(DeclarationLimitUsd, day).value
    if usd <= limit:
        return []
    return [Case("value_over_limit", outcome.proof, f"USD {usd:,.2f} is more than {limit:,.2f}", "consignor")]


async def _route(
    session: AsyncSession, row: DeclarationRow, outcome: Outcome, open_cases: int, act: Act
) -> Route | None:
    if outcome.accepted_at is None:
        return None
    today = legal_date(act.now)
    grade = await grade_of(session, row.consignor_id, "customs", today)
    parameter = (await policy_of(session, policy, row.pilot)).on(SamplingEvery, today)
    decision, reasons = route_of(
        RouteFacts(
            grade=None if grade is None else grade.grade,
            grade_allows_automatic_release=grade is not None and grade.automatic_release,
            review_depth="normal" if grade is None else grade.review_depth,
            open_conflicts=open_cases,
            sampled=row.id.int % parameter.value == 0,
        )
    )
    return Route(decision=decision, reasons=reasons, policy_version=parameter.version)


async def _close_loads(session: AsyncSession, row: DeclarationRow, act: Act) -> None:
    """Goods that departed free their container for the next load."""
    for load_id in row.content.assessed.load_ids if row.content.assessed else ():
        load = await load_for_update(session, load_id)
        if load is not None and load.status != "closed":
            load.status = "closed"
            await announce_load(session, load, LoadClosed, act=act)
