"""What a part of a match amounts to: parts always sum to the whole (V54, V55)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from shared.vocabulary.money import rounded


@dataclass(frozen=True, slots=True)
class Share:
    """An amount of a collection with its part of the bank's charges, and what it uses up of the export."""

    amount: Decimal
    charges: Decimal
    value: Decimal
    value_usd: Decimal

    def less(self, other: Share) -> Share:
        """This share less the other one."""
        return Share(
            self.amount - other.amount,
            self.charges - other.charges,
            self.value - other.value,
            self.value_usd - other.value_usd,
        )


class Taken(Protocol):
    """What a match takes of a collection and of an export."""

    @property
    def amount(self) -> Decimal: ...

    @property
    def charges(self) -> Decimal: ...

    @property
    def value(self) -> Decimal: ...

    @property
    def value_usd(self) -> Decimal: ...


def share_of(match: Taken) -> Share:
    """What a match takes."""
    return Share(match.amount, match.charges, match.value, match.value_usd)


NOTHING = Share(Decimal(0), Decimal(0), Decimal(0), Decimal(0))


def kept_of(whole: Share, keep_amount: Decimal, currency: str, declared_currency: str) -> Share:
    """The share that stays matched when `keep_amount` is kept; zero where its value would be zero."""
    if keep_amount >= whole.amount:
        return whole
    part = keep_amount / whole.amount
    kept = Share(
        amount=keep_amount,
        charges=rounded(whole.charges * part, currency),
        value=rounded(whole.value * part, declared_currency),
        value_usd=rounded(whole.value_usd * part, "USD"),
    )
    return kept if kept.value > 0 else NOTHING


def kept_worth(whole: Share, keep_value: Decimal, currency: str) -> Share:
    """The share that stays matched when the export has `keep_value` left; zero where no amount would be left."""
    if keep_value >= whole.value:
        return whole
    part = max(keep_value, Decimal(0)) / whole.value
    kept = Share(
        amount=rounded(whole.amount * part, currency),
        charges=rounded(whole.charges * part, currency),
        value=keep_value,
        value_usd=rounded(whole.value_usd * part, "USD"),
    )
    return kept if kept.amount > 0 else NOTHING


def charges_share(charges: Decimal, amount: Decimal, matched: Decimal, given: Decimal, currency: str) -> Decimal:
    """The next match's part of the bank's charges: `matched` of `amount` with it, `given` was divided before."""
    return max(rounded(charges * matched / amount, currency) - given, Decimal(0))


def usd_share(released: Decimal, released_fob_usd: Decimal, matched: Decimal, given: Decimal) -> Decimal:
    """The next match's part of a portion's released FOB in USD: `matched` of `released` with it.

    `given` was divided before, so that a wholly matched portion counts whole.
    """
    if not released:
        return Decimal(0)
    return max(rounded(matched * released_fob_usd / released, "USD") - given, Decimal(0))
