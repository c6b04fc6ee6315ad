"""What an agency agreement must name, and when it may be confirmed (R-FILE-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shared.vocabulary.rules import Breach

PRINCIPAL_ROLES = {
    "procurement_agency": frozenset({"buyer"}),
    "export_agency": frozenset({"stall_holder", "supplier"}),
}
AGENT_ROLES = {
    "procurement_agency": frozenset({"agent", "operator"}),
    "export_agency": frozenset({"operator"}),
}


@dataclass(frozen=True, slots=True)
class AgencyFacts:
    """What the rules look at; the roles are those with an active filing."""

    kind: str
    principal_roles: frozenset[str]
    agent_roles: frozenset[str]
    same_subject: bool
    valid_from: date
    valid_to: date
    collector: str | None
    exemption_filer: str | None


def breaches_of_confirmation(status: str, *, confirmed_by_caller: bool) -> tuple[Breach, ...]:
    """Breach where the agreement isn't proposed, or where the other party has to confirm."""
    if status != "proposed":
        return (Breach("agency_not_proposed", "R-FILE-6", "", {"status": status}),)
    return (Breach("agency_confirmed_by_oneself", "R-FILE-6"),) if confirmed_by_caller else ()


def breaches_of_termination(status: str) -> tuple[Breach, ...]:
    """Breach where the agreement has ended already."""
    return (Breach("agency_terminated_already", "R-FILE-6"),) if status == "terminated" else ()


def breaches_of_agency(facts: AgencyFacts) -> tuple[Breach, ...]:
    """Every reason why the agreement can't be made."""
    breaches = []
    if not facts.principal_roles & PRINCIPAL_ROLES[facts.kind]:
        breaches.append(Breach("principal_not_filed", "R-FILE-6", "/principal_id"))
    if not facts.agent_roles & AGENT_ROLES[facts.kind]:
        breaches.append(Breach("agent_not_filed", "R-FILE-6", "/agent_id"))
    if facts.same_subject:
        breaches.append(Breach("agency_with_oneself", "R-FILE-6", "/agent_id"))
    if facts.valid_to < facts.valid_from:
        breaches.append(Breach("agency_dates_reversed", "R-FILE-6", "/valid_to"))
    if facts.kind == "export_agency":
        named = {"/collector": facts.collector, "/exemption_filer": facts.exemption_filer}
        breaches += [Breach("agency_term_missing", "R-FILE-6", at) for at, value in named.items() if value is None]
    return tuple(breaches)
