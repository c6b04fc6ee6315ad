"""The tax officer accepts or queries a return, or decides on what was not declared in time (R-TAX-7)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.tax_exemption import ItemDecided, ReturnAccepted, ReturnQueried, ReturnState
from shared.messaging.outbox import announce
from shared.policy import policy_of
from shared.rows import lock_name, row_to_change
from shared.vocabulary.errors import Conflict, NotFound, Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.rules import Breach
from tax_exemption.operations.find_period import periods_of, window_for
from tax_exemption.publishers.returns import announce_return
from tax_exemption.store.calendar import calendar
from tax_exemption.store.items import decisions_on, open_items
from tax_exemption.store.tables import ExemptionItem, ItemDecisionRow, ReturnRow, policy


async def _return(session: AsyncSession, return_id: UUID, version: int, act: Act) -> ReturnRow:
    row = await row_to_change(session, ReturnRow, return_id, pilot=act.pilot, version=version, what="return")
    if row.status == "accepted":
        raise Conflict("return_accepted_already", "the return is accepted")
    if row.filed_by == act.actor:
        raise Refused((Breach("own_return_decided", "V6"),))
    return row


async def accept_return(session: AsyncSession, return_id: UUID, *, version: int, act: Act) -> ReturnState:
    """The accepted return; from now on it is never edited, only adjusted."""
    row = await _return(session, return_id, version, act)
    row.status, row.accepted_at = "accepted", act.now
    return await announce_return(session, row, ReturnAccepted, act=act)


async def query_return(session: AsyncSession, return_id: UUID, *, version: int, reason: str, act: Act) -> ReturnState:
    """The return with the officer's question."""
    row = await _return(session, return_id, version, act)
    row.status = "queried"
    return await announce_return(session, row, ReturnQueried, act=act, reason=reason)


async def decide_item(
    session: AsyncSession, portion_id: UUID, *, outcome: str, reason: str, act: Act
) -> ItemDecisionRow:
    """The officer's outcome for what is still open of an item after its window; some let the filer declare late."""
    item = await session.get(ExemptionItem, portion_id)
    if item is None or item.pilot != act.pilot or item.stall_holder_id is None:
        raise NotFound(f"no item {portion_id}")
    await lock_name(session, str(item.stall_holder_id))
    await session.refresh(item)
    still_open = await open_items(session, ExemptionItem.portion_id == portion_id)
    today = legal_date(act.now)
    last = await _last_day(session, item, today, act)
    breaches = []
    if not still_open:
        breaches.append(Breach("nothing_to_declare", "R-TAX-7", "/portion_id"))
    if today <= last:
        breaches.append(Breach("window_still_open", "R-TAX-7", "/portion_id", {"last": last.isoformat()}))
    if breaches:
        raise Refused(tuple(breaches))
    row = ItemDecisionRow(
        portion_id=portion_id,
        decision_no=await decisions_on(session, portion_id) + 1,
        pilot=act.pilot,
        outcome=outcome,
        fob_value=still_open[0].open_fob,
        reason=reason,
        decided_by=act.actor,
        decided_at=act.now,
    )
    session.add(row)
    said = ItemDecided.model_validate(
        {
            "item_id": portion_id,
            "portion_id": portion_id,
            "declaration_id": item.declaration_id,
            "stall_holder_id": item.stall_holder_id,
            "pilot": act.pilot,
            "outcome": outcome,
            "reason": reason,
        }
    )
    await announce(session, said, key=portion_id, sequence=row.decision_no, act=act)
    return row


async def _last_day(session: AsyncSession, item: ExemptionItem, today: date, act: Act) -> date:
    rules = await policy_of(session, policy, act.pilot)
    periods = await periods_of(session, item.stall_holder_id, rules, today)
    return window_for(periods.of(item.export_date), rules, await calendar(session), today).last
