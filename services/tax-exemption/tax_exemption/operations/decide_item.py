"""The tax officer decides on items that were not declared in time (R-TAX-7)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.tax_exemption import ItemDecided, ItemOutcome
from shared.messaging.outbox import announce
from shared.policy import policy_of
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from tax_exemption.domain.decision import breaches_of_item_decision
from tax_exemption.domain.dues import dues_of
from tax_exemption.domain.period import breaches_of_frequencies
from tax_exemption.store.calendar import calendar
from tax_exemption.store.items import item_to_decide, open_items
from tax_exemption.store.periods import periods_of, window_for
from tax_exemption.store.returns import decisions_on
from tax_exemption.store.tables import ExemptionItem, ItemDecisionRow, policy


async def decide_item(
    session: AsyncSession, portion_id: UUID, *, outcome: ItemOutcome, reason: str, act: Act
) -> ItemDecisionRow:
    """The officer's outcome for what is still open of an item after its window; some let the filer declare late."""
    item = await item_to_decide(session, portion_id, act.pilot)
    today = legal_date(act.now)
    rules = await policy_of(session, policy, act.pilot)
    periods = await periods_of(session, item.stall_holder_id, rules, today)
    if unknown := breaches_of_frequencies(periods.frequencies):
        raise Refused(unknown)
    own_month, days = periods.of(item.export_date), await calendar(session, act.pilot)
    due = [
        (each.fob, window_for(month or own_month, rules, days, today).last)
        for found in await open_items(session, ExemptionItem.portion_id == portion_id)
        for month, each in dues_of(found.facts, periods.of).items()
    ]
    last_day = min((last for _, last in due), default=window_for(own_month, rules, days, today).last)
    breaches = breaches_of_item_decision(something_open=bool(due), today=today, last_day=last_day)
    if breaches:
        raise Refused(breaches)
    row = ItemDecisionRow(
        portion_id=portion_id,
        decision_no=await decisions_on(session, portion_id) + 1,
        pilot=act.pilot,
        outcome=outcome,
        fob_value=sum((fob for fob, last in due if last < today), Decimal(0)),
        reason=reason,
        decided_by=act.actor,
        decided_at=act.now,
    )
    session.add(row)
    said = ItemDecided(
        item_id=portion_id,
        portion_id=portion_id,
        declaration_id=item.declaration_id,
        stall_holder_id=item.stall_holder_id,
        pilot=act.pilot,
        outcome=outcome,
        reason=reason,
    )
    await announce(session, said, key=portion_id, sequence=row.decision_no, act=act)
    return row
