"""Who may know who buys or pays (R-FILE-8)."""

from __future__ import annotations

from uuid import UUID

from shared.scope import Scope, subject_of


def knows_buyer(scope: Scope, *parties: UUID) -> bool:
    """Whether the caller may know who buys or pays: a stall holder may, where it is one of the `parties` that deal
    with the buyer. Its operator may have completed the buyer, which isn't for the stall holder to see."""
    return scope.role != "stall_holder" or subject_of(scope) in parties
