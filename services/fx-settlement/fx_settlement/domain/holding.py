"""Rules for holding room and for using a held room (V38)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from fx_settlement.domain.banks import breaches_of_bank
from fx_settlement.domain.matching import PortionFacts, breaches_of_portion
from shared.vocabulary.rules import Breach

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """A hold: a line for each portion, who places it and for whom."""

    lines: tuple[PortionFacts, ...]
    portions: int
    bank_filed: bool
    is_client: bool


def breaches_of_hold(facts: HoldFacts) -> tuple[Breach, ...]:
    """Every reason why not. Whether enough room is left is checked on its counter. Each of `portions` comes once.

    Of what a stranger collects for the bank is told nothing.
    """
    bank = breaches_of_bank(facts.bank_filed)
    if not facts.is_client:
        return (*bank, Breach("account_not_at_bank", "R-FX-2", "/collector_id"))
    breaches: list[Breach] = []
    if facts.portions < len(facts.lines):
        breaches.append(Breach("portion_twice", "V38", "/lines"))
    else:
        for index, line in enumerate(facts.lines):
            breaches += breaches_of_portion(line, f"/lines/{index}")
    return (*breaches, *bank)


def breaches_of_ending(status: str) -> tuple[Breach, ...]:
    """Breach where the hold was committed or voided before."""
    return () if status == "held" else (Breach("hold_ended", "V38", "", {"status": status}),)


def breaches_of_held_portions(wanted: Sequence[K], held: Collection[K]) -> tuple[Breach, ...]:
    """Breach for a portion that the hold doesn't name."""
    stray = [index for index, portion in enumerate(wanted) if portion not in held]
    return tuple(Breach("portion_not_held", "V38", f"/matches/{index}/portion_id") for index in stray)


def breaches_of_commit(used: Sequence[tuple[K, Decimal]], held: Mapping[K, Decimal]) -> tuple[Breach, ...]:
    """Breach where the matches of a portion together exceed what was held of it; the held amount itself is allowed."""
    sums: dict[K, Decimal] = {}
    breaches = []
    for index, (portion, value) in enumerate(used):
        sums[portion] = sums.get(portion, Decimal(0)) + value
        if sums[portion] > held[portion]:
            params = {"held": held[portion], "value": value}
            breaches.append(Breach("commit_over_hold", "V38", f"/matches/{index}/amount", params))
    return tuple(breaches)


def breaches_of_frozen(frozen: bool) -> tuple[Breach, ...]:
    """Nobody may use a frozen room until its case is closed (R-DECL-7)."""
    return (Breach("entitlement_frozen", "R-DECL-7", "/matches"),) if frozen else ()
