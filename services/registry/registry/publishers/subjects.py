"""A subject's row becomes its public state, its history line and its event."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.subjects import filings_of
from registry.store.tables import RoleFilingRow, SubjectRow, SubjectVersionRow
from shared.act import Act
from shared.events.registry import RoleFiling, SubjectEvent, SubjectState
from shared.messaging.outbox import announce
from shared.rows import model_from


def filing_state(row: RoleFilingRow) -> RoleFiling:
    """The public state of a filing."""
    return model_from(RoleFiling, row)


def subject_state(subject: SubjectRow, filings: list[RoleFilingRow]) -> SubjectState:
    """The public state of a subject."""
    return SubjectState(
        subject_id=subject.id,
        pilot=subject.pilot,
        number=subject.number,
        identity_kind=subject.identity_kind,
        identity=subject.identity,
        country=subject.country,
        natural_person=subject.natural_person,
        display_name=subject.display_name,
        name=subject.name,
        roles=tuple(map(filing_state, filings)),
        stalls=subject.stalls,
        qualifications=subject.qualifications,
    )


async def announce_subject(
    session: AsyncSession,
    subject: SubjectRow,
    event: type[SubjectEvent],
    *,
    step: str,
    act: Act,
    role: str | None = None,
    reason: str = "",
    rule_version: str | None = None,
    **told: object,
) -> None:
    """Raise the version, store it in the history and announce it; the caller holds the subject's lock.

    `told` is what the event says beside the subject.
    """
    subject.version += 1
    await session.flush()
    state = subject_state(subject, await filings_of(session, subject.id))
    session.add(
        SubjectVersionRow(
            subject_id=subject.id,
            version=subject.version,
            step=step,
            role=role,
            actor=act.actor,
            at=act.now,
            reason=reason,
            state=state,
            rule_version=rule_version,
        )
    )
    said = event.model_validate({"subject": state, "role": role, "reason": reason, **told})
    await announce(session, said, key=subject.id, sequence=subject.version, act=act)
