"""File a role of an identity (备案): a draft, or for a buyer an effective filing at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.domain.amendments import goes_to_review
from registry.domain.claims import breaches_of_account
from registry.domain.filing import breaches_of_filing, breaches_of_role, takes_effect_at_once
from registry.domain.lifecycle import breaches_of_refiling, was_reviewed
from registry.domain.qualification import (
    GRANTORS,
    breaches_of_dates,
    breaches_of_recording,
    is_confirmed,
    is_held,
)
from registry.domain.speaking import StandingOfFiler, breaches_of_filer
from registry.operations.amendments.propose_amendment import propose_amendment
from registry.publishers.subjects import announce_subject
from registry.store.documents import NAME, AmendedParts, StatedQualification
from registry.store.facts import filing_facts
from registry.store.places import prefix_of
from registry.store.sealed import SUBJECTS, hold_qualification, kept_qualification
from registry.store.subjects import active_roles_of, asker_of, filings_of, speaks, subject_by_identity, subject_made
from registry.store.tables import RoleFilingRow, SubjectRow
from shared.act import Act
from shared.events.registry import FilingEffective, Qualification, Stall, SubjectFiled
from shared.rows import next_number
from shared.sealing import IDENTITY, Sealer
from shared.vocabulary.errors import Hidden, Malformed, Refused
from shared.vocabulary.identifiers import (
    NATURAL_PERSON_KINDS,
    InvalidIdentifier,
    indexed_identity,
    mask_name,
    normalise_identity,
)
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach

FILED_BY_OTHERS = frozenset({"buyer", "supplier", "agent"})


@dataclass(frozen=True, slots=True)
class Filed:
    """What is filed."""

    kind: str
    number: str
    country: str
    name: str
    role: str
    stalls: tuple[Stall, ...]
    qualifications: tuple[StatedQualification, ...]


async def file_subject(session: AsyncSession, filed: Filed, *, sealer: Sealer, act: Act) -> SubjectRow:
    """The subject with the new filing; a second filing of the same role is refused, naming the first.

    A filing that was rejected or ended holds its role no more: the new one takes its place and is reviewed.
    """
    try:
        number = normalise_identity(filed.kind, filed.number, filed.country, born_by=legal_date(act.now))
    except InvalidIdentifier as error:
        raise Malformed((Breach(error.code, error.rule, "/identity/number"),)) from error
    subject = await _subject_of(session, filed, number, sealer, act)
    filings = await filings_of(session, subject.id)
    held = next((row for row in filings if row.role == filed.role), None)
    breaches = () if held is None else breaches_of_refiling(held.status, held.filing_number)
    own = speaks(asker_of(act), subject, filings)
    if not breaches and act.role != "commerce" and act.subject_id is None:
        breaches = breaches_of_account(on_file=subject.version > 0, speaks=own)
    if breaches:
        raise Refused(breaches)
    by_other = _filed_by_other(subject, filed, act, speaks=own)
    filer = UUID(act.subject_id) if by_other and act.subject_id else None
    roles = frozenset[str]() if filer is None else await _roles_of_filer(session, filer, act)
    at_once = takes_effect_at_once(filed.role, roles, ended_before=held is not None)
    subject.stalls = filed.stalls if filed.role == "stall_holder" else subject.stalls
    breaches = breaches_of_role(filed.role, has_stalls=bool(filed.stalls))
    breaches += _breaches_of_stated(filed.qualifications, filings, act.role)
    kept = [
        kept_qualification(subject, replace(each, confirmed=is_confirmed(each.kind, by_owner=not by_other)), sealer)
        for each in filed.qualifications
    ]
    waiting = _to_review(subject, kept, filings, act.role)
    _hold(subject, [each for each in kept if each not in waiting])
    rule_version = None
    if at_once:
        facts = await filing_facts(session, subject, filed.role, act)
        breaches += breaches_of_filing(facts)
        rule_version = facts.rule_version
    if breaches:
        raise Refused(breaches)
    filing = held or RoleFilingRow(
        id=uuid7(), subject_id=subject.id, pilot=subject.pilot, role=filed.role, stop_order=False, version=0
    )
    prefix = await prefix_of(session, subject.pilot)
    filing.filing_number = human_number(prefix, "FI", await next_number(session, "filing"))
    filing.status = "effective" if at_once else "draft"
    filing.stated_name = _shown_name(filed) if filer else None
    filing.filed_by, filing.submitted_by = filer, act.actor if at_once else None
    filing.effective_from = act.now if at_once else None
    # A stop order stays in force after its filing ends, until commerce approves another filing.
    # Filed anew, it has ended until it is approved: what it began before is completed meanwhile (V2).
    filing.suspended_at, filing.exited_at = None, None if at_once else filing.exited_at
    filing.reason, filing.version = "", filing.version + 1
    session.add(filing)
    event = FilingEffective if at_once else SubjectFiled
    await announce_subject(session, subject, event, step="file", role=filed.role, act=act, rule_version=rule_version)
    for each in waiting:
        parts = AmendedParts(qualification=each)
        await propose_amendment(session, subject, None, parts, reason=each.source, act=act)
    return subject


def _hold(subject: SubjectRow, stated: Sequence[Qualification]) -> None:
    for each in stated:
        hold_qualification(subject, each)


def _to_review(
    subject: SubjectRow, stated: Sequence[Qualification], filings: list[RoleFilingRow], role: str
) -> list[Qualification]:
    """What a party states of a subject that commerce reviewed in another role: it waits, as any amendment does."""
    if role in GRANTORS or not goes_to_review(("qualification",), {row.role: row.status for row in filings}):
        return []
    return [each for each in stated if not is_held(subject.qualifications, each)]


def _breaches_of_stated(
    stated: Sequence[StatedQualification], filings: list[RoleFilingRow], role: str
) -> tuple[Breach, ...]:
    """Why the caller can't state what is held: once reviewed, a subject gets it from who grants it (R-FILE-7)."""
    reviewed = was_reviewed(row.status for row in filings)
    breaches: tuple[Breach, ...] = ()
    for index, each in enumerate(stated):
        at = f"/qualifications/{index}"
        breaches += breaches_of_recording(each.kind, role, reviewed=reviewed, at=at)
        breaches += breaches_of_dates(each.valid_from, each.valid_to, at=at)
    return breaches


async def _roles_of_filer(session: AsyncSession, filer: UUID, act: Act) -> frozenset[str]:
    """The roles in which who files for another may act; Refused where it is suspended or a stop order holds it."""
    standings = [StandingOfFiler(row.role, row.status, row.stop_order) for row in await filings_of(session, filer)]
    if breaches := breaches_of_filer(act.role, standings):
        raise Refused(breaches)
    return await active_roles_of(session, filer, act.pilot)


def _filed_by_other(subject: SubjectRow, filed: Filed, act: Act, *, speaks: bool) -> bool:
    """Whether the caller files for somebody else, who must be open to that.

    The account that makes a subject for itself speaks for it.
    """
    if act.role == "commerce":
        return True
    if act.subject_id is None:
        subject.account = act.actor
        return False
    if act.subject_id == str(subject.id):
        return False
    if filed.role not in FILED_BY_OTHERS:
        raise Hidden("only its own account files a stall holder or operator")
    if (filed.stalls or filed.qualifications) and not speaks:
        raise Hidden("only the subject itself or commerce adds to what it holds")
    return True


def _shown_name(filed: Filed) -> str:
    return mask_name(filed.name) if filed.kind in NATURAL_PERSON_KINDS else filed.name


async def _subject_of(session: AsyncSession, filed: Filed, number: str, sealer: Sealer, act: Act) -> SubjectRow:
    """The identity's only subject, created if missing; of two concurrent requests the second waits for the first."""
    indexes = sealer.identity_indexes(filed.kind, filed.number, filed.country)
    known = await subject_by_identity(session, act.pilot, indexes)
    if known is not None:
        return known
    shown, subject_id = _shown_name(filed), uuid7()
    key = sealer.new_row_key(SUBJECTS, subject_id)
    identity = key.seal(number, IDENTITY, indexed=indexed_identity(filed.kind, number, filed.country))
    row = {
        "id": subject_id,
        "pilot": act.pilot,
        "number": human_number(await prefix_of(session, act.pilot), "SU", await next_number(session, "subject")),
        "account": None,
        "identity_kind": filed.kind,
        "identity_index": identity.blind_index,
        "identity": identity,
        "country": filed.country,
        "natural_person": filed.kind in NATURAL_PERSON_KINDS,
        "display_name": shown,
        "name": key.seal(filed.name, NAME, mask=shown),
        "data_key": key.wrapped,
        "stalls": (),
        "qualifications": (),
        "version": 0,
    }
    return await subject_made(session, row)
