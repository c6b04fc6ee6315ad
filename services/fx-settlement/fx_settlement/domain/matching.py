"""Who may collect, and how much of an export may be used (R-FX-1, R-FX-2, R-FX-3, V36, V37, V44)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared.vocabulary.money import rounded
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class CollectorFacts:
    """What the collector holds on the day of the receipt."""

    known: bool
    natural_person: bool
    in_fx_directory: bool
    has_personal_account: bool
    account_kind: str


def breaches_of_collector(facts: CollectorFacts) -> tuple[Breach, ...]:
    """Why a subject can't collect: enterprises need the directory (R-FX-3), persons a personal account (R-FX-5)."""
    if not facts.known:
        return (Breach("collector_not_filed", "R-FX-2", "/collector_id"),)
    if facts.natural_person:
        if not facts.has_personal_account or facts.account_kind != "personal":
            return (Breach("personal_account_missing", "R-FX-5", "/account_kind"),)
        return ()
    if facts.account_kind == "personal":
        return (Breach("personal_account_of_enterprise", "R-FX-5", "/account_kind"),)
    if not facts.in_fx_directory:
        return (Breach("not_in_fx_directory", "R-FX-3", "/collector_id"),)
    return ()


@dataclass(frozen=True, slots=True)
class MatchFacts:
    """One portion to be matched."""

    portion_known: bool
    portion_collector: str
    collector: str
    amount: Decimal
    value: Decimal
    frozen: bool


def breaches_of_match(facts: MatchFacts, at: str) -> tuple[Breach, ...]:
    """Why a portion can't be matched; whether room is left, only the counter knows."""
    if not facts.portion_known:
        return (Breach("portion_not_released", "R-FX-1", f"{at}/portion_id"),)
    breaches = []
    if facts.portion_collector != facts.collector:
        breaches.append(Breach("not_the_collector", "R-FX-2", f"{at}/portion_id"))
    if facts.amount <= 0 or facts.value <= 0:
        breaches.append(Breach("amount_not_positive", "R-FX-1", f"{at}/amount"))
    if facts.frozen:
        breaches.append(Breach("entitlement_frozen", "R-DECL-7", f"{at}/portion_id"))
    return tuple(breaches)


def tolerance_of(collectable: Decimal, currency: str, parameter: Mapping[str, str]) -> Decimal:
    """The smaller of a share and a fixed amount (trade practice, not law)."""
    share = rounded(collectable * Decimal(parameter["percent"]) / 100, currency)
    return min(share, rounded(Decimal(parameter["most"]), currency))
