"""File a role of an identity (备案): a draft, or for a buyer an effective filing at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.publishers.subjects import announce_subject
from registry.store.subjects import filings_of, next_number, subject_by_identity
from registry.store.tables import RoleFilingRow, SubjectRow
from shared.act import Act
from shared.events.registry import FilingEffective, Sealed, SubjectFiled
from shared.sealing import Sealer
from shared.vocabulary.errors import Hidden, Malformed, Refused
from shared.vocabulary.identifiers import (
    NATURAL_PERSON_KINDS,
    InvalidIdentifier,
    mask_name,
    normalise_identity,
)
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach

FILED_BY_OTHERS = frozenset({"buyer", "supplier", "agent"})
IDENTITY_PURPOSE = "subject.identity"
NAME_PURPOSE = "subject.name"


@dataclass(frozen=True, slots=True)
class Filed:
    """What is filed; stalls and qualifications as plain JSON values."""

    kind: str
    number: str
    country: str
    name: str
    role: str
    stalls: list[dict[str, Any]]
    qualifications: list[dict[str, Any]]


async def file_subject(session: AsyncSession, filed: Filed, *, sealer: Sealer, act: Act) -> SubjectRow:
    """The subject with the new filing; a second filing of the same role is refused and told which one holds it."""
    try:
        number = normalise_identity(filed.kind, filed.number, filed.country)
    except InvalidIdentifier as error:
        raise Malformed((Breach(error.code, error.rule, "/identity/number"),)) from error
    subject = await _subject_of(session, filed, number, sealer, act)
    held = next((row for row in await filings_of(session, subject.id) if row.role == filed.role), None)
    if held is not None:
        raise Refused((Breach("already_filed", "R-FILE-4", "/role", {"filing": held.number, "status": held.status}),))
    by_other = act.subject_id is not None and str(subject.id) != act.subject_id
    if by_other and filed.role not in FILED_BY_OTHERS:
        raise Hidden("only its own account files a stall holder or operator")
    effective = filed.role == "buyer"
    session.add(
        RoleFilingRow(
            id=uuid7(),
            subject_id=subject.id,
            pilot=subject.pilot,
            role=filed.role,
            number=human_number(subject.pilot, "FI", await next_number(session, "filing")),
            status="effective" if effective else "draft",
            filed_by=UUID(act.subject_id) if by_other and act.subject_id else None,
            submitted_by=act.actor if effective else None,
            effective_from=act.now if effective else None,
            suspended_at=None,
            exited_at=None,
            stop_order=False,
            reason="",
            version=1,
        )
    )
    subject.stalls = [*subject.stalls, *filed.stalls]
    subject.qualifications = [*subject.qualifications, *filed.qualifications]
    event = FilingEffective if effective else SubjectFiled
    await announce_subject(session, subject, event, step="file", role=filed.role, act=act)
    return subject


async def _subject_of(session: AsyncSession, filed: Filed, number: str, sealer: Sealer, act: Act) -> SubjectRow:
    """The identity's one subject, made where it isn't there: of two at once the second waits for the first."""
    index = sealer.blind_index(f"{filed.country}:{filed.kind}:{number}", purpose=IDENTITY_PURPOSE)
    known = await subject_by_identity(session, act.pilot, index)
    if known is not None:
        return known
    natural = filed.kind in NATURAL_PERSON_KINDS
    shown = mask_name(filed.name) if natural else filed.name
    sealed = sealer.seal(number, purpose=IDENTITY_PURPOSE).model_copy(update={"blind_index": index})
    making = insert(SubjectRow).values(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(act.pilot, "SU", await next_number(session, "subject")),
        account=act.actor,
        identity_kind=filed.kind,
        identity_index=index,
        identity=sealed.model_dump(),
        country=filed.country,
        natural_person=natural,
        display_name=shown,
        name=sealer.seal(filed.name, purpose=NAME_PURPOSE, mask=shown).model_dump(),
        stalls=[],
        qualifications=[],
        version=0,
    )
    await session.execute(making.on_conflict_do_nothing(index_elements=["pilot", "identity_index"]))
    made = await subject_by_identity(session, act.pilot, index)
    if made is None:
        raise RuntimeError("the subject vanished between insert and read")
    return made


def sealed_qualification(
    sealer: Sealer,
    *,
    kind: str,
    value: str,
    valid_from: date,
    valid_to: date | None,
    source: str,
    **more: Any,
) -> dict[str, Any]:
    """A qualification as it is kept: account numbers only sealed."""
    account: str | None = more.get("account")
    sealed: Sealed | None = None if account is None else sealer.seal(account, purpose="subject.account")
    bank_id: UUID | None = more.get("bank_id")
    return {
        "kind": kind,
        "value": value,
        "valid_from": valid_from.isoformat(),
        "valid_to": None if valid_to is None else valid_to.isoformat(),
        "source": source,
        "bank_id": None if bank_id is None else str(bank_id),
        "account": None if sealed is None else sealed.model_dump(),
    }
