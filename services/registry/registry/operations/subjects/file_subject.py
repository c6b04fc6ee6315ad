"""File a role of an identity (备案): a draft, or for a buyer an effective filing at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.domain.filing import breaches_of_filing, breaches_of_role, takes_effect_at_once
from registry.domain.lifecycle import ENDED
from registry.operations.subjects.advance_filing import facts_of
from registry.publishers.subjects import announce_subject
from registry.store.subjects import active_roles_of, filings_of, next_number, subject_by_identity
from registry.store.tables import RoleFilingRow, SubjectRow
from shared.act import Act
from shared.events.registry import FilingEffective, SubjectFiled
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
# A document of these kinds may be issued by any country; the others are China's, whatever the holder's nationality.
_ISSUED_ANYWHERE = frozenset({"passport", "foreign_registration"})


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
    """The subject with the new filing; a second filing of the same role is refused and told which one holds it.

    A filing that was rejected or ended holds its role no more: the new one takes its place and is reviewed.
    """
    try:
        number = normalise_identity(filed.kind, filed.number, filed.country)
    except InvalidIdentifier as error:
        raise Malformed((Breach(error.code, error.rule, "/identity/number"),)) from error
    subject = await _subject_of(session, filed, number, sealer, act)
    held = next((row for row in await filings_of(session, subject.id) if row.role == filed.role), None)
    if held is not None and held.status not in ENDED:
        raise Refused((Breach("already_filed", "R-FILE-4", "/role", {"filing": held.number, "status": held.status}),))
    by_other = _filed_by_other(subject, filed, act)
    filer = UUID(act.subject_id) if by_other and act.subject_id else None
    roles = frozenset[str]() if filer is None else await active_roles_of(session, filer, act.pilot)
    at_once = takes_effect_at_once(filed.role, roles, ended_before=held is not None)
    subject.stalls = filed.stalls if filed.role == "stall_holder" else subject.stalls
    subject.qualifications = [*subject.qualifications, *filed.qualifications]
    breaches = breaches_of_role(filed.role, has_stalls=bool(filed.stalls))
    if at_once:
        breaches += breaches_of_filing(await facts_of(session, subject, filed.role, act))
    if breaches:
        raise Refused(breaches)
    filing = held or RoleFilingRow(
        id=uuid7(), subject_id=subject.id, pilot=subject.pilot, role=filed.role, stop_order=False, version=0
    )
    filing.number = human_number(subject.pilot, "FI", await next_number(session, "filing"))
    filing.status = "effective" if at_once else "draft"
    filing.filed_by, filing.submitted_by = filer, act.actor if at_once else None
    filing.effective_from = act.now if at_once else None
    # A stop order outlives the filing it came with, until commerce approves another.
    filing.suspended_at = filing.exited_at = None
    filing.reason, filing.version = "", filing.version + 1
    session.add(filing)
    event = FilingEffective if at_once else SubjectFiled
    await announce_subject(session, subject, event, step="file", role=filed.role, act=act)
    return subject


def _filed_by_other(subject: SubjectRow, filed: Filed, act: Act) -> bool:
    """Whether the caller files for somebody else, who must be open to that; an own account is remembered."""
    if act.role == "commerce":
        return True
    if act.subject_id is None and subject.account in (None, act.actor):
        subject.account = act.actor
        return False
    if act.subject_id == str(subject.id):
        return False
    if act.subject_id is None or filed.role not in FILED_BY_OTHERS:
        raise Hidden("only its own account files a stall holder or operator")
    if subject.account is not None and (filed.stalls or filed.qualifications):
        raise Hidden("only the subject itself or commerce adds to what it holds")
    return True


async def _subject_of(session: AsyncSession, filed: Filed, number: str, sealer: Sealer, act: Act) -> SubjectRow:
    """The identity's one subject, made where it isn't there: of two at once the second waits for the first."""
    issuer = filed.country if filed.kind in _ISSUED_ANYWHERE else "CN"
    index = sealer.blind_index(f"{issuer}:{filed.kind}:{number}", purpose=IDENTITY_PURPOSE)
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
        account=None,
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
