"""What an agent owes a principal (R-FX-4, V42)."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol


class Payable(Protocol):
    """What an agent collected for a principal in one currency, and what became of it."""

    @property
    def collected(self) -> Decimal: ...

    @property
    def charges(self) -> Decimal: ...

    @property
    def passed_on(self) -> Decimal: ...

    @property
    def claims(self) -> Decimal: ...


def owed_on(payable: Payable) -> Decimal:
    """The amount that the agent still owes its principal."""
    return payable.collected + payable.claims - payable.charges - payable.passed_on


def lying_here(whole: Decimal, here: Decimal) -> Decimal:
    """Of what is owed or held in all, the part at one bank; what went on across banks before counts once (R-FX-4)."""
    return max(min(whole, here), Decimal(0))
