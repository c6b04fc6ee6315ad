"""A subject's row becomes its public state, its history line and its event."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.subjects import filings_of
from registry.store.tables import RoleFilingRow, SubjectRow, SubjectVersionRow
from shared.act import Act
from shared.events.registry import Qualification, RoleFiling, Sealed, Stall, SubjectEvent, SubjectState
from shared.messaging.outbox import announce


def filing_state(row: RoleFilingRow) -> RoleFiling:
    """The public state of a filing."""
    return RoleFiling.model_validate(
        {
            "role": row.role,
            "filing_number": row.number,
            "status": row.status,
            "filed_by": row.filed_by,
            "effective_from": row.effective_from,
            "suspended_at": row.suspended_at,
            "exited_at": row.exited_at,
            "stop_order": row.stop_order,
            "reason": row.reason,
            "version": row.version,
        }
    )


def subject_state(subject: SubjectRow, filings: list[RoleFilingRow]) -> SubjectState:
    """The public state of a subject."""
    return SubjectState(
        subject_id=subject.id,
        pilot=subject.pilot,
        number=subject.number,
        identity_kind=subject.identity_kind,
        identity=Sealed.model_validate(subject.identity),
        country=subject.country,
        natural_person=subject.natural_person,
        display_name=subject.display_name,
        name=Sealed.model_validate(subject.name),
        roles=tuple(map(filing_state, filings)),
        stalls=tuple(Stall.model_validate(stall) for stall in subject.stalls),
        qualifications=tuple(Qualification.model_validate(each) for each in subject.qualifications),
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
) -> None:
    """One version more: kept in the history and told; the caller holds the subject's lock."""
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
            state=state.model_dump(mode="json"),
            rule_version=rule_version,
        )
    )
    said = event.model_validate({"subject": state, "role": role, "reason": reason})
    await announce(session, said, key=subject.id, sequence=subject.version, act=act)
