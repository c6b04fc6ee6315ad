"""Propose an agency agreement; proposing is the proposer's own confirmation (R-FILE-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from registry.domain.agency import breaches_of_agency
from registry.publishers.agreements import announce_agreement
from registry.store.facts import agency_facts
from registry.store.places import prefix_of
from registry.store.tables import AgreementRow
from shared.act import Act
from shared.events.registry import AgencyProposed
from shared.rows import next_number
from shared.vocabulary.errors import Hidden, Refused
from shared.vocabulary.numbers import human_number

_KIND_CODE = {"procurement_agency": "PA", "export_agency": "EA"}


@dataclass(frozen=True, slots=True)
class ProposedAgency:
    """The terms."""

    kind: str
    principal_id: UUID
    agent_id: UUID
    valid_from: date
    valid_to: date
    entrusted_goods: str = ""
    collector: str | None = None
    exemption_filer: str | None = None


async def propose_agency(session: AsyncSession, terms: ProposedAgency, *, act: Act) -> AgreementRow:
    """The proposed agreement, or every reason why not; only one of its two parties may propose it."""
    if act.subject_id not in (str(terms.principal_id), str(terms.agent_id)):
        raise Hidden("an agreement is proposed by one of its parties")
    if breaches := breaches_of_agency(await agency_facts(session, terms, act.pilot)):
        raise Refused(breaches)
    by_principal = act.subject_id == str(terms.principal_id)
    prefix, serial = await prefix_of(session, act.pilot), await next_number(session, "agreement")
    row = AgreementRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(prefix, _KIND_CODE[terms.kind], serial),
        kind=terms.kind,
        principal_id=terms.principal_id,
        agent_id=terms.agent_id,
        status="proposed",
        valid_from=terms.valid_from,
        valid_to=terms.valid_to,
        entrusted_goods=terms.entrusted_goods,
        collector=terms.collector,
        exemption_filer=terms.exemption_filer,
        principal_confirmed_at=act.now if by_principal else None,
        agent_confirmed_at=None if by_principal else act.now,
        terminated_at=None,
        version=0,
    )
    session.add(row)
    await announce_agreement(session, row, AgencyProposed, act=act)
    return row
