"""Only a hold in force is committed or voided."""

from __future__ import annotations

from fx_settlement.domain.holding import breaches_of_ending
from fx_settlement.store.tables import HoldRow
from shared.vocabulary.errors import Refused, Stale


def require_open(hold: HoldRow, version: int) -> None:
    """Refused unless the hold is in force; Stale unless it has the version that the caller saw."""
    if breaches := breaches_of_ending(hold.status):
        raise Refused(breaches)
    if hold.version != version:
        raise Stale(f"the hold has version {hold.version}")
