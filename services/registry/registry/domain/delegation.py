"""Which delegation may be granted, accepted and ended (V65)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.vocabulary.delegation import ACTS_WITH_A_VALUE, DELEGATES
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class DelegationFacts:
    """What the rules look at; the roles are those with an active filing, None for an account of the grantor's own."""

    role: str
    grantor_roles: frozenset[str]
    delegate_roles: frozenset[str] | None
    to_oneself: bool
    acts: tuple[str, ...]
    limit_usd: Decimal | None
    valid_from: date
    valid_to: date
    today: date


def breaches_of_delegation(facts: DelegationFacts) -> tuple[Breach, ...]:
    """Every reason why it can't be granted."""
    breaches = []
    if facts.role not in facts.grantor_roles:
        breaches.append(Breach("grantor_not_filed", "V1", "", {"role": facts.role}))
    if facts.delegate_roles is not None and not facts.delegate_roles & DELEGATES:
        breaches.append(Breach("delegate_not_filed", "V1", "/delegate_id"))
    if facts.to_oneself:
        breaches.append(
            Breach("delegation_to_oneself", "V65", "/account" if facts.delegate_roles is None else "/delegate_id")
        )
    if len(set(facts.acts)) != len(facts.acts):
        breaches.append(Breach("delegated_act_repeated", "V65", "/acts"))
    if (not ACTS_WITH_A_VALUE.isdisjoint(facts.acts)) != (facts.limit_usd is not None):
        breaches.append(Breach("delegation_limit_unclear", "V65", "/limit_usd"))
    if facts.valid_to < facts.valid_from:
        breaches.append(Breach("delegation_dates_reversed", "V65", "/valid_to"))
    elif facts.valid_to < facts.today:
        breaches.append(Breach("delegation_over_already", "V65", "/valid_to"))
    return tuple(breaches)


def breaches_of_acceptance(status: str, *, by_delegate: bool) -> tuple[Breach, ...]:
    """Breach where it isn't waiting, or where its grantor would accept it."""
    if status != "granted":
        return (Breach("delegation_not_waiting", "V65", "", {"status": status}),)
    return () if by_delegate else (Breach("delegation_accepted_by_oneself", "V65"),)


def breaches_of_end(status: str) -> tuple[Breach, ...]:
    """Breach where it has ended already."""
    return (Breach("delegation_ended_already", "V65"),) if status == "ended" else ()
