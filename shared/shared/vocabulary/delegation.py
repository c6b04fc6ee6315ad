"""Whether a delegation lets somebody do an act on a day, and what of its value is left (V65)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Protocol

from shared.vocabulary.legal_time import in_force
from shared.vocabulary.rules import Breach

DELEGATES = frozenset({"operator", "stall_holder"})
"""The roles of a party that may act for another one."""
ACTS_WITH_A_VALUE = frozenset({"register_trades", "file_returns"})
"""Each is counted by itself against the delegation's limit."""
_ACTIVE = frozenset({"approved", "effective"})


class Filing(Protocol):
    """One role's filing of a subject."""

    @property
    def role(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def stop_order(self) -> bool: ...


def lets(status: str, acts: Collection[str], valid_from: date, valid_to: date, *, act: str, today: date) -> bool:
    """Whether a delegation is in force for an act; both its days are included."""
    return status == "in_force" and act in acts and in_force(valid_from, valid_to, today)


def may_act_for_another(role: str, filings: Iterable[Filing]) -> bool:
    """Whether a party in a role may do anything for another one: filed in it, not suspended, stopped in no role."""
    held = list(filings)
    active = any(each.role == role and each.status in _ACTIVE for each in held)
    return role in DELEGATES and active and not any(each.stop_order for each in held)


def breaches_of_value(
    value: Decimal | None, used: Decimal, limit: Decimal, *, rate_at: str, value_at: str
) -> tuple[Breach, ...]:
    """Breach where an act is worth more than is left, or where its value isn't known.

    `rate_at` and `value_at` point to the fields of the request that lack a rate, and that are worth too much.
    """
    if value is None:
        return (Breach("delegation_value_unknown", "V65", rate_at),)
    if used + value > limit:
        params = {"value": f"{value:.2f}", "left": f"{limit - used:.2f}", "limit": f"{limit:.2f}"}
        return (Breach("delegation_value_used_up", "V65", value_at, params),)
    return ()
