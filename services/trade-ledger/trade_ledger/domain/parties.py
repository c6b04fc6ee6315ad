"""Who may act, from the copies of registry's filings (R-FILE-1, R-FILE-3, V1, V2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.vocabulary.rules import Breach

ACTIVE = frozenset({"approved", "effective"})


@dataclass(frozen=True, slots=True)
class RoleStanding:
    """One role's filing as it stands."""

    status: str
    stop_order: bool = False
    effective_from: datetime | None = None


Standings = Mapping[str, RoleStanding]


def breaches_of_standing(standings: Standings | None, role: str, pointer: str) -> tuple[Breach, ...]:
    """Why a subject can't enter a new trade in a role: not filed, suspended, or gone (V1)."""
    standing = None if standings is None else standings.get(role)
    if standing is None:
        return (Breach("subject_not_filed", "R-FILE-1", pointer, {"role": role}),)
    if standing.status == "suspended":
        return (Breach("subject_suspended", "R-FILE-3", pointer, {"role": role}),)
    if standing.status not in ACTIVE:
        return (Breach("subject_not_filed", "R-FILE-1", pointer, {"role": role, "status": standing.status}),)
    return ()


def breaches_of_completion(standings: Standings | None, role: str, pointer: str) -> tuple[Breach, ...]:
    """Why a started trade can't go on: only an explicit stop order holds it (V2)."""
    standing = None if standings is None else standings.get(role)
    if standing is not None and standing.stop_order:
        return (Breach("subject_stopped", "R-FILE-3", pointer, {"role": role}),)
    return ()
