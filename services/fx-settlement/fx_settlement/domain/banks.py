"""What every booking of a bank needs: a filed bank, and a reference of its own (R-FILE-9, V39)."""

from __future__ import annotations

from shared.vocabulary.rules import Breach


def breaches_of_bank(filed: bool) -> tuple[Breach, ...]:
    """Breach where the bank isn't a handling bank of the pilot today."""
    return () if filed else (Breach("bank_not_filed", "R-FILE-9"),)


def breaches_of_reference(taken_by: str | None) -> tuple[Breach, ...]:
    """Breach where the bank has used the reference already, with the number of that record."""
    if taken_by is None:
        return ()
    return (Breach("bank_reference_used", "V39", "/bank_reference", {"number": taken_by}),)
