"""Who may act, from the copies of registry's filings (R-FILE-1, R-FILE-3, V1, V2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from shared.vocabulary.legal_time import in_force, legal_date
from shared.vocabulary.rules import Breach

ACTIVE = frozenset({"approved", "effective"})
HOLDING = ACTIVE | {"suspended"}
"""The states of a filing in which its stalls are its holder's: a draft only states them, and an exit frees them."""


@dataclass(frozen=True, slots=True)
class RoleStanding:
    """One role's filing as it stands."""

    status: str
    stop_order: bool = False
    effective_from: datetime | None = None


Standings = Mapping[str, RoleStanding]


def breaches_of_standing(standings: Standings | None, role: str, pointer: str, day: date) -> tuple[Breach, ...]:
    """Why a subject can't enter a trade of a day in a role: not filed by then, suspended, or ended (V1)."""
    standing = None if standings is None else standings.get(role)
    if standing is None:
        return (Breach("subject_not_filed", "R-FILE-1", pointer, {"role": role}),)
    if standing.status == "suspended":
        return (Breach("subject_suspended", "R-FILE-3", pointer, {"role": role}),)
    if standing.status not in ACTIVE:
        return (Breach("subject_not_filed", "R-FILE-1", pointer, {"role": role, "status": standing.status}),)
    if standing.effective_from is not None and day < legal_date(standing.effective_from):
        params = {"role": role, "since": legal_date(standing.effective_from).isoformat()}
        return (Breach("subject_not_filed", "R-FILE-1", pointer, params),)
    return ()


def breaches_of_completion(standings: Standings | None, role: str, pointer: str) -> tuple[Breach, ...]:
    """Why a started trade can't go on: only an explicit stop order holds it (V2)."""
    standing = None if standings is None else standings.get(role)
    if standing is not None and standing.stop_order:
        return (Breach("subject_stopped", "R-FILE-3", pointer, {"role": role}),)
    return ()


def breaches_of_opening(standings: Standings | None) -> tuple[Breach, ...]:
    """Breaches where a stop order holds a party in any role: it opens no load and no packing list (V2)."""
    stopped = sorted(role for role, standing in (standings or {}).items() if standing.stop_order)
    return tuple(Breach("subject_stopped", "R-FILE-3", "", {"role": role}) for role in stopped)


def breaches_of_stop_orders(seller: Standings | None, consignor: Standings | None) -> tuple[Breach, ...]:
    """Breaches where a stop order holds one of the parties of a trade (V2)."""
    return (
        *breaches_of_completion(seller, "stall_holder", "/seller_id"),
        *breaches_of_completion(consignor, "operator", "/consignor_id"),
    )


@dataclass(frozen=True, slots=True)
class StallTerm:
    """A stall and the days on which it is the holder's."""

    stall_number: str
    valid_from: date
    valid_to: date | None


def stall_in_force(stalls: Iterable[StallTerm], stall_number: str, day: date) -> bool:
    """Whether the stall (any, where none is named) was the holder's; its area was checked when it was filed (V5)."""
    return any(
        stall_number in ("", stall.stall_number) and in_force(stall.valid_from, stall.valid_to, day) for stall in stalls
    )
