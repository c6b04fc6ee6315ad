"""Propose a correction of a customs rate: a new entry, which counts once a second person confirms it (R-FX-10, V6)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.vocabulary.errors import NotFound, Refused
from shared.vocabulary.published_rates import RateCorrection
from trade_ledger.domain.customs_rates import breaches_of_rate
from trade_ledger.operations.declarations.judge_rate import judge_rate
from trade_ledger.store.customs_rates import rate_id_of, rate_seen_by, versions_of_rate
from trade_ledger.store.tables.declarations import CustomsRateRow


async def propose_rate_correction(
    session: AsyncSession, rate_id: str, correction: RateCorrection, *, act: Act
) -> CustomsRateRow:
    """The proposed entry, of the caller's pilot only; what was decided at the old rate stands."""
    wrong = await rate_seen_by(session, act.pilot, rate_id)
    if wrong is None:
        raise NotFound(f"no customs rate {rate_id}")
    breaches = breaches_of_rate(wrong.month, wrong.currency, correction.cny_per_unit, listed=True)
    breaches += await judge_rate(session, wrong.month, wrong.currency, correction.cny_per_unit, act)
    if breaches:
        raise Refused(breaches)
    known = await versions_of_rate(session, act.publishes_for, wrong.month, wrong.currency)
    version = max([wrong.version, *(each.version for each in known)]) + 1
    row = CustomsRateRow(
        id=rate_id_of(act.publishes_for, wrong.month, wrong.currency, version),
        pilot=act.publishes_for,
        version=version,
        month=wrong.month,
        currency=wrong.currency,
        cny_per_unit=correction.cny_per_unit,
        source=correction.source,
        imported_by=act.actor,
        imported_at=act.now,
        corrects=rate_id,
        reason=correction.reason,
    )
    session.add(row)
    return row
