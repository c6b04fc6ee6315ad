"""Who may collect, and for what a collection may be used (R-FX-1, R-FX-2, R-FX-3, V36, V37, V44, V47)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from fx_settlement.domain.booking import breaches_of_stated_payer
from shared.vocabulary.money import rounded
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class CollectorFacts:
    """What the collector holds on the day of the receipt; `fx_class` is SAFE's, None outside the directory.

    `free_classes` are those that may start a collection: a class that isn't among them may not, whatever it is.
    """

    known: bool
    natural_person: bool
    fx_class: str | None
    has_personal_account: bool
    account_kind: str
    account_at_bank: bool
    free_classes: Collection[str] = ()


def breaches_of_collector(facts: CollectorFacts) -> tuple[Breach, ...]:
    """Why a subject can't collect: enterprises need the directory (R-FX-3), persons a personal account (R-FX-5)."""
    if not facts.known:
        return (Breach("collector_not_filed", "R-FX-2", "/collector_id"),)
    if facts.natural_person:
        if not facts.has_personal_account or facts.account_kind != "personal":
            return (Breach("personal_account_missing", "R-FX-5", "/account_kind"),)
        return _breaches_of_bank_account(facts)
    if facts.account_kind == "personal":
        return (Breach("personal_account_of_enterprise", "R-FX-5", "/account_kind"),)
    account = _breaches_of_bank_account(facts)
    if facts.fx_class is None:
        return (Breach("not_in_fx_directory", "R-FX-3", "/collector_id"), *account)
    if facts.fx_class not in facts.free_classes:
        return (Breach("fx_class_limited", "V44", "/collector_id", {"class": facts.fx_class}), *account)
    return account


def _breaches_of_bank_account(facts: CollectorFacts) -> tuple[Breach, ...]:
    """Money is booked to an account by the bank that keeps it; what another books isn't used (R-FX-2)."""
    return () if facts.account_at_bank else (Breach("account_not_at_bank", "R-FX-2", "/collector_id"),)


@dataclass(frozen=True, slots=True)
class PortionFacts:
    """A portion whose room is asked for, and by whom; `collector` is who asks.

    `value` is what is asked for in the declaration's `currency`, None where no rate says what that is.
    """

    known: bool
    agreed_collector: str
    collector: str
    settlement_method: str
    value: Decimal | None
    frozen: bool
    currency: str = ""


def breaches_of_portion(facts: PortionFacts, at: str) -> tuple[Breach, ...]:
    """Every breach that forbids using a portion's room; how much is left is checked by its counter."""
    if not facts.known:
        return (Breach("portion_not_released", "R-FX-1", f"{at}/portion_id"),)
    if facts.value is None:
        return (Breach("rate_missing", "R-FX-10", f"{at}/rate", {"currency": facts.currency}),)
    breaches = []
    if facts.agreed_collector != facts.collector:
        breaches.append(Breach("not_the_collector", "R-FX-2", f"{at}/portion_id"))
    if facts.settlement_method == "cash":
        breaches.append(Breach("cash_not_collectable", "R-FX-6", f"{at}/portion_id"))
    if facts.value <= 0:
        breaches.append(Breach("amount_not_positive", "R-FX-1", f"{at}/amount"))
    if facts.frozen:
        breaches.append(Breach("entitlement_frozen", "R-DECL-7", f"{at}/portion_id"))
    return tuple(breaches)


def value_in(
    declared_currency: str, amount: Decimal, currency: str, rate: Decimal | None, rate_source: str
) -> Decimal | None:
    """An amount in the declaration's currency: zero where it has too many digits, None where no rate is named."""
    if rounded(amount, currency) != amount:
        return Decimal(0)
    if declared_currency == currency:
        return amount
    if rate is None or not rate_source:
        return None
    return rounded(amount * rate, declared_currency)


def breaches_of_use(asked: Decimal, free: Decimal) -> tuple[Breach, ...]:
    """Breach where an amount exceeds what is `free` of a collection: not used, refunded or kept for other trades."""
    if asked <= free:
        return ()
    return (Breach("collection_used_up", "V39", "/matches", {"left": free, "wanted": asked}),)


@dataclass(frozen=True, slots=True)
class PayerFacts:
    """Who paid for what: the buyer the bank names, the portion's buyer, and how the payer is related to it."""

    paying_buyer: str | None
    portion_buyer: str | None
    relation: str
    evidence_hash: str


def breaches_of_payer(facts: PayerFacts, at: str) -> tuple[Breach, ...]:
    """Why money of this payer can't be used: another than the buyer needs a stated relation and evidence (V47)."""
    if facts.relation == "buyer" and facts.paying_buyer is not None:
        if facts.paying_buyer == facts.portion_buyer:
            return ()
        return (Breach("payer_not_the_buyer", "V47", f"{at}/portion_id"),)
    stated = breaches_of_stated_payer(
        facts.relation, buyer_named=facts.paying_buyer is not None, evidence_hash=facts.evidence_hash
    )
    return tuple(replace(each, pointer=f"{at}/portion_id") for each in stated)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """`percent` of the collectable value, and at `most` so much in its currency."""

    percent: Decimal
    most: Decimal


def tolerance_of(collectable: Decimal, currency: str, tolerance: Tolerance) -> Decimal:
    """The smaller of a share and a fixed amount (trade practice, not law)."""
    share = rounded(collectable * tolerance.percent / 100, currency)
    return min(share, rounded(tolerance.most, currency))


def tolerance_among(
    collectable: Decimal, currency: str, grades: Collection[str], by_grade: Mapping[str, Tolerance]
) -> Decimal:
    """The smallest tolerance among the collectors' grades: one declaration has one bound (V37)."""
    known = [grade for grade in grades if grade in by_grade]
    # For a grade that has no tolerance the smallest of all counts.
    among = known if len(known) == len(grades) else by_grade
    return min(tolerance_of(collectable, currency, by_grade[grade]) for grade in among)
