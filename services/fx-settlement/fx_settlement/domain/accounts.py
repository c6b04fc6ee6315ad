"""The names of journal accounts (R-FX-7); what each holds is in the service's README."""

from __future__ import annotations

from uuid import UUID


def money_account(collector_id: UUID, bank_id: UUID, account_kind: str) -> str:
    """Where collected money lies: in the collector's personal account, or at its bank."""
    return f"personal:{collector_id}" if account_kind == "personal" else f"bank:{bank_id}"


def blocked_account(collector_id: UUID, bank_id: UUID) -> str:
    """Where money lies that was booked and may not be used yet (R-DECL-7)."""
    return f"blocked:{collector_id}:{bank_id}"


def liability_account(collector_id: UUID, owner_id: UUID) -> str:
    """The account that a match credits: settled where the owner collects for itself, else owed to the owner."""
    return f"settled:{owner_id}" if collector_id == owner_id else f"payable:{collector_id}:{owner_id}"
