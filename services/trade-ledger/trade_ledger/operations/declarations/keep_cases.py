"""Open and close a declaration's conflict cases as its facts disagree or agree again (R-DECL-7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.trade_ledger import ConflictClosed, ConflictOpened
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.recognition import recognise
from trade_ledger.domain.receipts import INACTIVE, Receipt, cases_of_arrival
from trade_ledger.domain.receipts import Conflict as Case
from trade_ledger.publishers.declarations import announce_declaration
from trade_ledger.publishers.trades import verdict_of
from trade_ledger.store.declarations import conflicts_of, declaration_for_update, receipts_known
from trade_ledger.store.facts import entries_in_force
from trade_ledger.store.packing import load_for_update
from trade_ledger.store.tables.declarations import ConflictRow, DeclarationRow, PortionRow
from trade_ledger.store.trades import lines_by_id

# Only a person closes these: what they name can't be read off the receipts again.
_FOR_PEOPLE = frozenset({"customs_number_taken", "receipt_id_reused"})
_FACTS = "receipts"


async def keep_cases(session: AsyncSession, row: DeclarationRow, cases: Iterable[Case], act: Act) -> list[ConflictRow]:
    """Open what is new; close what later facts explained, so that the open cases don't depend on the order."""
    found = {(each.code, each.receipt_id): each for each in cases}
    for known in await conflicts_of(session, row.id):
        still = found.pop((known.code, known.receipt_id), None)
        if still is None and known.closed_at is None and known.code not in _FOR_PEOPLE:
            known.closed_at, known.closed_by, known.closing_reason = act.now, _FACTS, "the receipts agree now"
        elif still is not None and known.closed_by == _FACTS:
            known.closed_at, known.closed_by, known.closing_reason = None, None, None
    opened = [case_row(row, case, act) for case in found.values()]
    session.add_all(opened)
    return opened


def case_row(row: DeclarationRow, case: Case, act: Act) -> ConflictRow:
    """A case as it opens."""
    return ConflictRow(
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


_MOST_NAMED = 10


async def code_cases(
    session: AsyncSession, row: DeclarationRow, portions: Sequence[PortionRow], receipts: Sequence[Receipt], act: Act
) -> list[Case]:
    """Goods that customs amended to another code than their slip has; their verdict is the new code's (V8)."""
    amended = [each for each in receipts if each.codes]
    if row.status in INACTIVE or not amended:
        return []
    lines = await lines_by_id(session, {each.line_id for each in portions})
    entries = await entries_in_force(session, row.pilot, legal_date(act.now))
    differing = []
    told = {portion for each in amended for portion in each.codes}
    for portion in (each for each in portions if str(each.id) in told):
        name, code = portion.content.goods_name, portion.content.hs_code
        registered = lines[portion.line_id].content.hs_code
        verdict = verdict_of(recognise(name, code, entries).verdict)
        portion.content = portion.content.model_copy(update={"verdict": verdict})
        if code != registered:
            differing.append(f"{name}: {code} ({verdict.decision}), the slip has {registered}")
    last = max(amended, key=lambda each: (each.issued_at, each.receipt_id)).receipt_id
    return [Case("code_changed", last, "; ".join(differing[:_MOST_NAMED]), "consignor")] if differing else []


async def arrival_cases(session: AsyncSession, row: DeclarationRow, receipts: Sequence[Receipt]) -> list[Case]:
    """Whether customs inspected or released goods that their site had not reported; the loads stay locked."""
    if row.status in INACTIVE or not any(each.kind in ("inspected", "released", "departed") for each in receipts):
        return []
    load_ids = row.content.assessed.load_ids if row.content.assessed else ()
    loads = [await load_for_update(session, each) for each in sorted(load_ids)]
    return cases_of_arrival(receipts, {load.number: load.arrived_at for load in loads if load is not None})


async def review_arrival(session: AsyncSession, declaration_ids: Iterable[UUID], act: Act) -> None:
    """Close the case of an arrival that was reported after customs had decided already."""
    for declaration_id in sorted(declaration_ids):
        row = await declaration_for_update(session, declaration_id)
        if row is None or row.attempt == 0:
            continue
        cases = await arrival_cases(session, row, await receipts_known(session, row.id, row.attempt))
        still = {(each.code, each.receipt_id) for each in cases}
        for known in await conflicts_of(session, row.id):
            named = (known.code, known.receipt_id)
            if known.code == "released_before_arrival" and known.closed_at is None and named not in still:
                known.closed_at, known.closed_by, known.closing_reason = act.now, _FACTS, "the arrival was reported"
                await announce_declaration(session, row, ConflictClosed, act=act, reason=known.code)


async def tell_opened(
    session: AsyncSession, row: DeclarationRow, opened: Iterable[ConflictRow], receipt_id: str, act: Act
) -> None:
    """One event per case, with the receipt that brought it up."""
    for case in opened:
        await announce_declaration(session, row, ConflictOpened, act=act, receipt_id=receipt_id, reason=case.code)
