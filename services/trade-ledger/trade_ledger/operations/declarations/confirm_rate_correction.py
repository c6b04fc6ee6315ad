"""Confirm an entry of a customs rate as a second person: from now on it counts (R-FX-10, V6)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.vocabulary.errors import NotFound, Refused
from shared.vocabulary.published_rates import breaches_of_confirmation
from trade_ledger.store.customs_rates import rate_seen_by, versions_of_rate
from trade_ledger.store.tables.declarations import CustomsRateRow


async def confirm_rate_correction(session: AsyncSession, rate_id: str, *, act: Act) -> CustomsRateRow:
    """The confirmed entry; past decisions stand and are listed for a re-check."""
    row = await rate_seen_by(session, act.pilot, rate_id)
    if row is None or row.pilot != act.publishes_for:
        raise NotFound(f"no customs rate {rate_id} of this pilot")
    newest = (await versions_of_rate(session, row.pilot, row.month, row.currency))[-1]
    breaches = breaches_of_confirmation(
        row.imported_by,
        act.actor,
        confirmed_already=row.counts,
        newest=newest.id == row.id,
    )
    if breaches:
        raise Refused(breaches)
    row.confirmed_by, row.confirmed_at = act.actor, act.now
    return row
