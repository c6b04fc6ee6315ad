"""Propose a correction of a middle rate: a new entry, which counts once a second person confirms it (R-FX-10, V6)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.vocabulary.errors import NotFound, Refused
from shared.vocabulary.published_rates import RateCorrection
from tax_exemption.operations.judge_rate import judge_rate
from tax_exemption.store.rates import rate_seen_by, versions_of_rate
from tax_exemption.store.tables import MiddleRateRow


async def propose_rate_correction(
    session: AsyncSession, rate_id: str, correction: RateCorrection, *, act: Act
) -> MiddleRateRow:
    """The proposed entry, of the caller's pilot only; what was declared at the old rate stands."""
    wrong = await rate_seen_by(session, act.pilot, rate_id)
    if wrong is None:
        raise NotFound(f"no middle rate {rate_id}")
    if breaches := await judge_rate(session, wrong.day, wrong.currency, correction.cny_per_unit, act):
        raise Refused(breaches)
    known = await versions_of_rate(session, act.publishes_for, wrong.day, wrong.currency)
    row = MiddleRateRow(
        pilot=act.publishes_for,
        version=max([wrong.version, *(each.version for each in known)]) + 1,
        day=wrong.day,
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
