"""Which account of a party an act of its bank is about (R-FX-2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from shared.vocabulary.rules import Breach

K = TypeVar("K")


def breaches_of_account(
    named: UUID | None, *, of_party: Collection[UUID], usable: Collection[UUID], at: str = "/account_id"
) -> tuple[Breach, ...]:
    """Breach for an account that isn't one `of_party` at the bank, or where several are `usable` and none is named.

    One that is another's, or at another bank, is answered like an unknown one.
    """
    if named is not None:
        return () if named in of_party else (Breach("account_unknown", "R-FX-2", at),)
    if len(usable) < 2:
        return ()
    return (Breach("account_not_named", "R-FX-2", at, {"accounts": ", ".join(sorted(map(str, usable)))}),)


def the_one(named: UUID | None, usable: Collection[UUID], *, otherwise: UUID) -> UUID:
    """The account that is named, else the only usable one; where there is none, the one that the party files first."""
    if named is not None:
        return named
    return next(iter(usable)) if len(usable) == 1 else otherwise


def lying_on(whole: Decimal, parts: Mapping[K, Decimal]) -> dict[K, Decimal]:
    """What of `whole` lies on each account: never less than nothing, and never more than it in all (R-FX-4).

    What 0.1.0 passed on or converted at another bank than the one that had the money counts once.
    """
    left, lying = whole, {}
    for key, part in parts.items():
        lying[key] = max(min(left, part), Decimal(0))
        left -= lying[key]
    return lying
