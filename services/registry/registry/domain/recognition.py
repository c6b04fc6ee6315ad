"""Ranked catalogue candidates for a name and code (智能化认定, R-GOODS-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list in force, or a remembered decision (`remembered`)."""

    entry: str
    hs_prefix: str
    keywords: Sequence[str]
    verdict: str
    reason: str
    reason_zh: str
    remembered: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that fits, with how well (0 to 100)."""

    entry: Entry
    score: int


@dataclass(frozen=True, slots=True)
class Recognition:
    """The decision with what it rests on, best first."""

    decision: str
    candidates: tuple[Candidate, ...]


def _score(entry: Entry, name: str, hs_code: str) -> int:
    """Code and keyword both fit: 100; a code alone 60 and more the longer it is; a keyword alone 50."""
    by_code = bool(entry.hs_prefix) and hs_code.startswith(entry.hs_prefix)
    by_word = any(word.casefold() in name.casefold() for word in entry.keywords)
    if entry.hs_prefix and hs_code and not by_code:
        return 0
    if entry.keywords and not by_word:
        return 0
    if by_code and by_word:
        return 100
    if by_code:
        return min(60 + 4 * len(entry.hs_prefix), 99)
    return 50 if by_word else 0


def recognise(name: str, hs_code: str, entries: Sequence[Entry]) -> Recognition:
    """Negative beats a person's decision (V10), which beats positive; nothing found needs a person (V9)."""
    found = [Candidate(entry, score) for entry in entries if (score := _score(entry, name, hs_code))]
    # Equal scores keep the order they came in: of two decisions on the same goods the newer one counts.
    found.sort(key=lambda each: -each.score)
    barred = [each for each in found if each.entry.verdict == "not_eligible" and not each.entry.remembered]
    remembered = [each for each in found if each.entry.remembered]
    for group in (barred, remembered, found):
        if group:
            rest = [each for each in found if each not in group]
            return Recognition(group[0].entry.verdict, tuple(group + rest))
    return Recognition("needs_person", ())


def versions_of_lists(entries: Sequence[Entry]) -> str:
    """The list versions that entries stand in, as a decision keeps what it was made on (V6)."""
    return " ".join(sorted({each.entry.partition("#")[0] for each in entries if not each.remembered}))


_VERDICT_OF_LIST = {"positive": "eligible", "negative": "not_eligible"}


def breaches_of_entries(kind: str, verdicts: Sequence[str]) -> tuple[Breach, ...]:
    """Why entries can't stand in a list of the kind: a negative list lets nothing in, a positive one bars nothing."""
    return tuple(
        Breach("list_entry_of_other_kind", "R-GOODS-1", f"/entries/{index}/verdict", {"kind": kind, "verdict": verdict})
        for index, verdict in enumerate(verdicts)
        if verdict != _VERDICT_OF_LIST[kind]
    )


def breaches_of_expiry(expires_on: date | None, today: date) -> tuple[Breach, ...]:
    """Why a decision can't end on a day: it would never hold (V10)."""
    over = expires_on is not None and expires_on < today
    return (Breach("decision_over_already", "V10", "/expires_on"),) if over else ()


def breaches_of_decision(found: Recognition, verdict: str, *, has_expiry: bool) -> tuple[Breach, ...]:
    """Why a person can't decide so: a negative entry bars it, or it overrides the lists for ever (V10)."""
    listed = [each.entry for each in found.candidates if not each.entry.remembered]
    barring = next((entry for entry in listed if entry.verdict == "not_eligible"), None)
    if barring is not None and verdict == "eligible":
        return (Breach("prohibition_not_overridable", "V10", "/verdict", {"entry": barring.entry}),)
    overridden = next((entry for entry in listed if entry.verdict != verdict), None)
    if overridden is not None and not has_expiry:
        return (Breach("override_without_expiry", "V10", "/expires_on", {"entry": overridden.entry}),)
    return ()
