"""How a party stands in the role in which it acts: filed, ended, or not filed (R-FILE-1, R-FILE-3, V2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Protocol


class Standing(Enum):
    """A suspended filing is in force here: it stops new trades, which the rules on trades refuse (V1, V2)."""

    UNFILED = "unfiled"
    IN_FORCE = "in force"
    ENDED = "ended"


_HOLDING = {"approved", "effective", "suspended"}
_ENDED = {"exited", "rejected"}


class Filing(Protocol):
    """One role's filing of a subject."""

    @property
    def role(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def effective_from(self) -> datetime | None: ...
    @property
    def exited_at(self) -> datetime | None: ...


def standing_in(role: str, filings: Iterable[Filing]) -> Standing:
    """How a subject stands in a role.

    A filing that never took effect is none. One that is filed anew after its end has ended until it is approved.
    """
    filing = next((each for each in filings if each.role == role), None)
    if filing is None:
        return Standing.UNFILED
    if filing.status in _HOLDING:
        return Standing.IN_FORCE
    if filing.effective_from is None and filing.exited_at is None:
        return Standing.UNFILED
    return Standing.ENDED if filing.status in _ENDED or filing.effective_from is None else Standing.IN_FORCE


def may_act(standing: Standing, *, reads: bool, also_ended: bool) -> bool:
    """Whether a party may call: after its end it reads, and completes and undoes what it began (`also_ended`)."""
    return standing is Standing.IN_FORCE or (standing is Standing.ENDED and (reads or also_ended))
