"""Reads the current facts for the rules on filings and agreements."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from registry.domain.agency import AgencyFacts
from registry.domain.filing import FilingFacts, StallFacts
from registry.store.agreements import AgencyTerms
from registry.store.parameters import RequiredQualifications
from registry.store.places import filed_pilot
from registry.store.subjects import active_roles_of
from registry.store.tables import SubjectRow, policy
from shared.act import Act
from shared.events.registry import Stall
from shared.policy import policy_of
from shared.vocabulary.legal_time import in_force, legal_date


async def filing_facts(
    session: AsyncSession, subject: SubjectRow, role: str, act: Act, *, stalls: Sequence[Stall] | None = None
) -> FilingFacts:
    """What the filing rules look at, with other `stalls` than the subject has if given.

    Without pilot data nothing can be filed.
    """
    pilot = await filed_pilot(session, subject.pilot)
    today = legal_date(act.now)
    required = (await policy_of(session, policy, subject.pilot)).on(RequiredQualifications, today)
    return FilingFacts(
        role=role,
        stalls=[
            StallFacts(
                each.stall_number,
                Decimal(each.longitude),
                Decimal(each.latitude),
                each.valid_from,
                each.valid_to,
            )
            for each in (subject.stalls if stalls is None else stalls)
            if role == "stall_holder"
        ],
        bounds=[(Decimal(x), Decimal(y)) for x, y in pilot.stated.bounds],
        held_qualifications=frozenset(
            each.kind
            for each in subject.qualifications
            if each.is_known and in_force(each.valid_from, each.valid_to, today)
        ),
        required_qualifications=required.of(role),
        day=today,
        rule_version=f"{required.version} pilot@{pilot.version}",
    )


async def agency_facts(session: AsyncSession, terms: AgencyTerms, pilot: str) -> AgencyFacts:
    """What the agency rules look at."""
    return AgencyFacts(
        kind=terms.kind,
        principal_roles=await active_roles_of(session, terms.principal_id, pilot),
        agent_roles=await active_roles_of(session, terms.agent_id, pilot),
        same_subject=terms.principal_id == terms.agent_id,
        valid_from=terms.valid_from,
        valid_to=terms.valid_to,
        collector=terms.collector,
        exemption_filer=terms.exemption_filer,
    )
