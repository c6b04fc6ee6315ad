"""Record a message of customs: a fact, accepted even where our rules disagree (R-DECL-3, R-DECL-4, R-DECL-7, V70)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import (
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
    Route,
)
from shared.policy import policy_of
from shared.rows import lock_name, row_to_change
from shared.vocabulary.errors import Conflict, Malformed
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.recognition import recognise
from trade_ledger.domain.cases import (
    CodeNow,
    asks_for_arrival,
    case_of_number,
    case_of_reuse,
    case_of_room,
    cases_of_codes,
    cases_of_limit,
    standing,
)
from trade_ledger.domain.dates import (
    Bounds,
    LoadTimes,
    cases_of_arrival_dates,
    cases_of_dates,
    possible,
    standing_receipts,
)
from trade_ledger.domain.receipts import INACTIVE, Outcome, Receipt, breaches_of_portions, cases_of_arrival, outcome_of
from trade_ledger.domain.receipts import Conflict as Case
from trade_ledger.domain.route import RouteFacts, draw_of, is_sampled, route_of
from trade_ledger.domain.valuation import breaches_of_digits, in_usd
from trade_ledger.operations.declarations.book_outcome import book_outcome
from trade_ledger.operations.declarations.close_emptied_loads import close_emptied_loads
from trade_ledger.publishers.declarations import announce_cases, announce_declaration
from trade_ledger.publishers.trades import verdict_of
from trade_ledger.store.conflicts import conflicts_of, keep_cases, open_case
from trade_ledger.store.customs_rates import rates_of_month
from trade_ledger.store.declarations import customs_number_holder, portions_of, times_of_loads
from trade_ledger.store.documents import ByCustoms, ReceiptMessage
from trade_ledger.store.facts import entries_in_force, grade_of
from trade_ledger.store.parameters import DeclarationCountsAsMade, DeclarationLimitUsd, SamplingEvery
from trade_ledger.store.receipts import receipt_by_id, receipts_known, take_receipt
from trade_ledger.store.tables.declarations import DeclarationRow, PortionRow
from trade_ledger.store.tables.row import policy
from trade_ledger.store.trades import lines_by_id

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
    row = await row_to_change(
        session, DeclarationRow, declaration_id, pilot=act.pilot, version=None, what="declaration"
    )
    if row.attempt == 0:
        raise Conflict("declaration_not_submitted", "customs can't know a draft")
    values = {f"/portions/{at}/declared_value": each.declared_value for at, each in enumerate(message.portions)}
    breaches = breaches_of_digits({at: value for at, value in values.items() if value is not None}, row.currency)
    if breaches := breaches + breaches_of_portions([str(each.portion_id) for each in message.portions]):
        raise Malformed(breaches)
    told = {"receipt_id": receipt_id, "kind": kind}
    if await take_receipt(session, row, **told, issued_at=issued_at, message=message, act=act):
        await _settle(session, row, **told, act=act)
    else:
        await _repeat(session, row, **told, message=message, act=act)
    return row


async def _repeat(
    session: AsyncSession, row: DeclarationRow, *, receipt_id: str, kind: str, message: ReceiptMessage, act: Act
) -> None:
    """A duplicate changes nothing; a different message under a used id becomes a conflict case (R-DECL-7)."""
    first = await receipt_by_id(session, row.id, receipt_id)
    if (first.kind, first.content) == (kind, message):
        return
    told = json.dumps(message.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
    case = case_of_reuse(receipt_id, first.kind, kind, told)
    if (case.code, receipt_id) not in {(each.code, each.receipt_id) for each in await conflicts_of(session, row.id)}:
        opened = open_case(session, row, case, act)
        await announce_cases(session, row, [opened], receipt_id=receipt_id, act=act)


async def _settle(session: AsyncSession, row: DeclarationRow, *, receipt_id: str, kind: str, act: Act) -> None:
    portions = await portions_of(session, row.id)
    loads = await times_of_loads(session, row, locked=False)
    told = standing_receipts(await receipts_known(session, row.id, row.attempt))
    bounds = _bounds(portions, loads)
    receipts = [possible(each, bounds) for each in told]
    outcome = outcome_of(receipts, {str(each.id): each.content.submitted.quantity for each in portions})
    before = row.status
    row.status, cases = standing(outcome, withdrawn=row.content.withdrawn_attempt == row.attempt)
    row.export_date = outcome.export_date
    cases += await _number_case(session, row, outcome, receipt_id)
    booked = await book_outcome(session, row, portions, outcome, receipts, before=before, act=act)
    if booked.stuck:
        cases.append(case_of_room(booked.stuck, outcome.proof or receipt_id))
    cases += await _limit_case(session, row, outcome, receipts)
    if row.status not in INACTIVE:
        cases += cases_of_arrival_dates(loads, bounds.traded.values())
    if asks_for_arrival(row.status, receipts):
        loads = await times_of_loads(session, row, locked=True)
        cases += cases_of_arrival(receipts, {each.number: each.arrived_at for each in loads})
    cases += cases_of_dates(told, bounds) + await _code_case(session, row, portions, receipts, act)
    opened = (await keep_cases(session, row, cases, act)).opened
    route = row.content.customs.route or await _route(session, row, outcome, len(cases), act)
    customs = ByCustoms(accepted_at=outcome.accepted_at, released_at=outcome.released_at, route=route)
    row.content = row.content.model_copy(update={"customs": customs})
    judged = {portion for each in receipts for portion in each.codes}
    changed = booked.changed | {each.id for each in portions if str(each.id) in judged}
    event = _EVENTS[kind]
    await announce_declaration(session, row, event, act=act, receipt_id=receipt_id, portions=portions, changed=changed)
    await announce_cases(session, row, opened, receipt_id=receipt_id, act=act)
    if row.status in ("departed", "shut_out") and before != row.status:
        await close_emptied_loads(session, row, act=act)


def _bounds(portions: Sequence[PortionRow], loads: Sequence[LoadTimes]) -> Bounds:
    sealed = [legal_date(each.sealed_at) for each in loads if each.sealed_at is not None]
    return Bounds({str(each.id): each.content.sale_date for each in portions}, max(sealed, default=None))


async def _number_case(session: AsyncSession, row: DeclarationRow, outcome: Outcome, receipt_id: str) -> list[Case]:
    if outcome.customs_number is None or outcome.customs_number == row.customs_number:
        return []
    row.customs_number = outcome.customs_number
    # Two declarations may receive the same number at the same moment: the later one must see the earlier.
    await lock_name(session, f"customs number {row.pilot} {outcome.customs_number}")
    holder = await customs_number_holder(session, row.pilot, outcome.customs_number, but_not=row.id)
    return [] if holder is None else [case_of_number(holder.number, receipt_id)]


async def _limit_case(
    session: AsyncSession, row: DeclarationRow, outcome: Outcome, receipts: Sequence[Receipt]
) -> list[Case]:
    """A case for the newest value: what was closed for an earlier one is no answer to it."""
    assessed, total = row.content.assessed, row.total_value
    if outcome.proof is None or outcome.accepted_at is None or row.status in INACTIVE or not assessed or total is None:
        return []
    day = legal_date(outcome.accepted_at)
    rules = await policy_of(session, policy, row.pilot)
    at_completion = rules.on(DeclarationCountsAsMade, day).value == "completion"
    made_at = assessed.submitted_at if at_completion else outcome.accepted_at
    rates = await rates_of_month(session, row.pilot, legal_date(made_at).replace(day=1))
    if not {row.currency, "USD"} <= set(rates):
        return []
    usd = in_usd(total, row.currency, {currency: rate for currency, (_, rate) in rates.items()})
    valued = [each for each in receipts if each.values]
    newest = max(valued, key=lambda each: (each.issued_at, each.receipt_id)).receipt_id if valued else outcome.proof
    return cases_of_limit(usd, rules.on(DeclarationLimitUsd, day).value, newest)


async def _code_case(
    session: AsyncSession, row: DeclarationRow, portions: Sequence[PortionRow], receipts: Sequence[Receipt], act: Act
) -> list[Case]:
    """Portions that customs amended to another code have the new code's verdict (V8)."""
    amended = [each for each in receipts if each.codes]
    if row.status in INACTIVE or not amended:
        return []
    lines = await lines_by_id(session, {each.line_id for each in portions})
    entries = await entries_in_force(session, row.pilot, legal_date(act.now))
    told = {portion for each in amended for portion in each.codes}
    goods = []
    for portion in (each for each in portions if str(each.id) in told):
        name, code = portion.content.goods_name, portion.content.hs_code
        verdict = verdict_of(recognise(name, code, entries).verdict)
        portion.content = portion.content.model_copy(update={"verdict": verdict})
        goods.append(CodeNow(str(portion.id), name, code, verdict.decision, lines[portion.line_id].content.hs_code))
    return cases_of_codes(goods, amended)


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
            sampled=is_sampled(str(row.id), outcome.proof or "", parameter.value),
            inspection_rate_percent=None if grade is None else grade.inspection_rate_percent,
            draw=draw_of(str(row.id), outcome.proof or ""),
        )
    )
    return Route(decision=decision, reasons=reasons, policy_version=parameter.version)
