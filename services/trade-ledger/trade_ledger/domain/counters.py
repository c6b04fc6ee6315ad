"""How far a line's quantity has come: each step holds at most what the step before it holds (V20, V21, V31)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Counters:
    """Cumulative quantities of a line, in its unit: `packed` means packed or further."""

    registered: Decimal
    void: Decimal
    packed: Decimal
    declared: Decimal
    released: Decimal
    departed: Decimal
    returned: Decimal


def moved(counters: Counters, kind: str, by: Decimal) -> Counters | None:
    """The counters after a signed change of the one that `kind` names; None where it would pass its neighbours."""
    changed: Counters = replace(counters, **{kind: getattr(counters, kind) + by})
    return changed if _holds(changed) else None


def _holds(counters: Counters) -> bool:
    steps = (
        counters.registered - counters.void,
        counters.packed,
        counters.declared,
        counters.released,
        counters.departed,
        counters.returned,
        Decimal(0),
    )
    return counters.void >= 0 and all(further <= before for before, further in pairwise(steps))
