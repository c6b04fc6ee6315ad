"""What a list's entries and a person's decision on goods may say (R-GOODS-1, R-GOODS-2, V10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from shared.vocabulary.recognition import Entry, Recognition, list_version
from shared.vocabulary.rules import Breach


def versions_of_lists(entries: Iterable[Entry]) -> str:
    """The list versions of these entries: a decision records which it was made on (V6)."""
    return " ".join(sorted({list_version(each.reference) for each in entries if not each.by_person}))


_VERDICT_OF_LIST = {"positive": "eligible", "negative": "not_eligible"}


def breaches_of_entries(kind: str, verdicts: Sequence[str]) -> tuple[Breach, ...]:
    """Breaches for entries of the wrong kind: a negative list allows no goods, a positive one forbids none."""
    return tuple(
        Breach("list_entry_of_other_kind", "R-GOODS-1", f"/entries/{index}/verdict", {"kind": kind, "verdict": verdict})
        for index, verdict in enumerate(verdicts)
        if verdict != _VERDICT_OF_LIST[kind]
    )


def breaches_of_expiry(expires_on: date | None, today: date) -> tuple[Breach, ...]:
    """Breach where a decision would end before today (V10)."""
    over = expires_on is not None and expires_on < today
    return (Breach("decision_over_already", "V10", "/expires_on"),) if over else ()


def breaches_of_decision(found: Recognition, verdict: str, *, has_expiry: bool) -> tuple[Breach, ...]:
    """Breach where a negative entry forbids the goods, or where a decision against the lists has no end (V10)."""
    listed = [each.entry for each in found.candidates if not each.entry.by_person]
    barring = next((entry for entry in listed if entry.verdict == "not_eligible"), None)
    if barring is not None and verdict == "eligible":
        return (Breach("prohibition_not_overridable", "V10", "/verdict", {"entry": barring.reference}),)
    overridden = next((entry for entry in listed if entry.verdict != verdict), None)
    if overridden is not None and not has_expiry:
        return (Breach("override_without_expiry", "V10", "/expires_on", {"entry": overridden.reference}),)
    return ()
