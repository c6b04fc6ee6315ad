"""Claim a subject that is on file already (R-FILE-4)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.domain.claims import breaches_of_claim
from registry.store.claims import claim_is_open
from registry.store.subjects import subject_by_identity
from registry.store.tables import SubjectClaimRow
from shared.act import Act
from shared.sealing import Sealer
from shared.vocabulary.errors import Malformed, Refused
from shared.vocabulary.identifiers import InvalidIdentifier, normalise_identity
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.rules import Breach


async def claim_subject(
    session: AsyncSession, *, kind: str, number: str, country: str, reason: str, sealer: Sealer, act: Act
) -> SubjectClaimRow:
    """The claim of the acting account, open until commerce decides; the subject stays as it is."""
    try:
        normalise_identity(kind, number, country, born_by=legal_date(act.now))
    except InvalidIdentifier as error:
        raise Malformed((Breach(error.code, error.rule, "/identity/number"),)) from error
    subject = await subject_by_identity(session, act.pilot, sealer.identity_indexes(kind, number, country))
    breaches = breaches_of_claim(
        on_file=subject is not None,
        own=subject is not None and act.actor == subject.account,
        open_already=subject is not None and await claim_is_open(session, subject.id, act.actor),
    )
    if subject is None or breaches:
        raise Refused(breaches)
    claim = SubjectClaimRow(
        id=uuid7(),
        pilot=act.pilot,
        subject_id=subject.id,
        claimant=act.actor,
        contested=subject.account is not None,
        status="open",
        reason=reason,
        claimed_at=act.now,
        decision_reason="",
        version=1,
    )
    session.add(claim)
    await session.flush()
    return claim
