"""Record a dated qualification of a subject (R-FILE-7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.lifecycle import was_reviewed
from registry.domain.qualification import GRANTORS, breaches_of_dates, breaches_of_recording, with_qualification
from registry.operations.subjects.advance_filing import locked_subject
from registry.publishers.subjects import announce_subject
from registry.store.subjects import filings_of
from registry.store.tables import SubjectRow
from shared.act import Act
from shared.events.registry import Qualification, QualificationKind, QualificationRecorded
from shared.sealing import Sealer
from shared.vocabulary.errors import Refused

ACCOUNT_PURPOSE = "subject.account"


@dataclass(frozen=True, slots=True)
class StatedQualification:
    """A qualification as stated, an account number in clear."""

    kind: QualificationKind
    value: str
    valid_from: date
    valid_to: date | None = None
    source: str = ""
    bank_id: UUID | None = None
    account: str | None = None


def kept_qualification(sealer: Sealer, stated: StatedQualification) -> Qualification:
    """The qualification as it is kept: account numbers only sealed."""
    return Qualification(
        kind=stated.kind,
        value=stated.value,
        valid_from=stated.valid_from,
        valid_to=stated.valid_to,
        source=stated.source,
        bank_id=stated.bank_id,
        account=None if stated.account is None else sealer.seal(stated.account, purpose=ACCOUNT_PURPOSE),
    )


async def record_qualification(
    session: AsyncSession,
    subject_id: UUID,
    stated: StatedQualification,
    *,
    version: int,
    sealer: Sealer,
    act: Act,
) -> SubjectRow:
    """The subject with the qualification; of the same first day it takes the earlier one's place, which is so ended."""
    subject = await locked_subject(session, subject_id, version, act, role=None, open_to=GRANTORS)
    reviewed = was_reviewed(row.status for row in await filings_of(session, subject_id))
    breaches = breaches_of_recording(stated.kind, act.role, reviewed=reviewed)
    if breaches := breaches + breaches_of_dates(stated.valid_from, stated.valid_to):
        raise Refused(breaches)
    subject.qualifications = with_qualification(subject.qualifications, kept_qualification(sealer, stated))
    await announce_subject(session, subject, QualificationRecorded, step="qualify", act=act)
    return subject
