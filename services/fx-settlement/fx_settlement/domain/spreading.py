"""An amount spread over the open portions that a number names (R-FX-1, V54, V55)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, Literal, NamedTuple, TypeVar

from shared.vocabulary.money import rounded
from shared.vocabulary.rules import Breach

K = TypeVar("K")

NumberKind = Literal["declaration_number", "customs_number", "trade_number"]


class Number(NamedTuple):
    """A number that a person holds: our declaration's, customs' or a trade's."""

    kind: NumberKind
    text: str


@dataclass(frozen=True, slots=True)
class Named(Generic[K]):
    """A portion under a number: what is open of it without tolerance, and what forbids the money to be used for it."""

    portion: K
    declaration: K
    left: Decimal
    departed_on: date | None
    item_no: int
    forbidden: tuple[Breach, ...] = ()


def oldest_first(named: Sequence[Named[K]]) -> list[Named[K]]:
    """The order of use: the oldest departure first, then what hasn't left; then declaration, its item, and the id."""
    return sorted(
        named,
        key=lambda each: (each.departed_on or date.max, str(each.declaration), each.item_no, str(each.portion)),
    )


def spread(amount: Decimal, named: Sequence[Named[K]], declarations: Mapping[K, Decimal]) -> dict[K, Decimal]:
    """What each portion gets: all of its open amount before the next one gets anything.

    The parts sum to the amount, or to all that is open where that is less. `declarations` says what each takes.
    """
    parts: dict[K, Decimal] = {}
    room, rest = dict(declarations), amount
    for each in oldest_first(named):
        part = min(each.left, room[each.declaration], rest)
        if each.forbidden or part <= 0:
            continue
        parts[each.portion] = part
        room[each.declaration] -= part
        rest -= part
    return parts


@dataclass(frozen=True, slots=True)
class Asked:
    """An amount asked for a number; `at_amount` and `at_number` point to them in the request."""

    number: str
    amount: Decimal
    currency: str
    at_amount: str
    at_number: str


def breaches_of_spread(asked: Asked, named: Sequence[Named[K]], parts: Mapping[K, Decimal]) -> tuple[Breach, ...]:
    """Why the amount can't be spread whole: nothing named or open, more than is open, and what forbids the rest."""
    amount, number = asked.amount, asked.number
    if amount <= 0:
        return (Breach("amount_not_positive", "R-FX-1", asked.at_amount),)
    if not named:
        return (Breach("number_not_released", "R-FX-1", asked.at_number, {"number": number}),)
    left = sum(parts.values(), Decimal(0))
    if left >= amount:
        return ()
    told: dict[str, str | Decimal] = {
        "value": rounded(amount, asked.currency),
        "left": rounded(left, asked.currency),
        "number": number,
    }
    over = Breach("amount_over_open", "R-FX-1", asked.at_amount, told)
    forbidden = {breach.code: breach for each in oldest_first(named) for breach in each.forbidden}
    if left > 0:
        return (over, *forbidden.values())
    return tuple(forbidden.values()) or (Breach("nothing_open", "R-FX-1", asked.at_number, {"number": number}),)


def breaches_of_other_currency(declared: str, currency: str, at: str) -> tuple[Breach, ...]:
    """Breach where a portion that a number names is declared in another currency: only its id comes with a rate."""
    if declared == currency:
        return ()
    return (Breach("currency_needs_portion", "R-FX-10", at, {"currency": currency, "declared": declared}),)
