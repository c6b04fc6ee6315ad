"""The verdict on goods from the lists and decisions in force (V8, V9, R-GOODS-1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListEntry:
    """An entry of a list version in force, or a person's decision (`by_person`)."""

    reference: str
    hs_prefix: str
    keywords: Sequence[str]
    verdict: str
    reason: str
    reason_zh: str
    by_person: bool = False
    barred_from_simplification: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision with the entry behind it."""

    decision: str
    reference: str
    reason: str
    reason_zh: str
    barred_from_simplification: bool = False
    by_person: bool = False


def _fits(entry: ListEntry, name: str, hs_code: str) -> bool:
    by_code = not entry.hs_prefix or hs_code.startswith(entry.hs_prefix)
    by_word = not entry.keywords or any(word.casefold() in name.casefold() for word in entry.keywords)
    return by_code and by_word and bool(entry.hs_prefix or entry.keywords)


def verdict_on(name: str, hs_code: str, entries: Sequence[ListEntry]) -> Verdict:
    """A negative entry first (V10), then a person's newest decision, then positive; nothing is not positive (V9)."""
    found = [entry for entry in entries if _fits(entry, name, hs_code)]
    # Decisions have ids that grow with time; the sort below keeps the newest of equals in front.
    decided = sorted((entry for entry in found if entry.by_person), key=lambda entry: entry.reference, reverse=True)
    listed = sorted((entry for entry in found if not entry.by_person), key=lambda entry: entry.reference)
    ranked = sorted(
        decided + listed,
        key=lambda entry: (
            entry.by_person or entry.verdict == "eligible",
            not entry.by_person,
            # Of decisions the newest governs, whatever code it was made on; of entries the most exact is named.
            0 if entry.by_person else -len(entry.hs_prefix),
        ),
    )
    if not ranked:
        return Verdict("needs_person", "", "not in any list", "未列入清单，需人工认定")
    first = ranked[0]
    barred = any(entry.barred_from_simplification for entry in found)
    return Verdict(first.verdict, first.reference, first.reason, first.reason_zh, barred, first.by_person)


def verdict_json(verdict: Verdict) -> dict[str, str]:
    """A verdict as the line keeps it (V8)."""
    return {
        "decision": verdict.decision,
        "list_version": verdict.reference.split("#")[0],
        "rule": verdict.reference,
        "reason": verdict.reason,
        "reason_zh": verdict.reason_zh,
    }


EntriesByPrefix = Mapping[str, Sequence[ListEntry]]


def by_prefix(entries: Iterable[ListEntry]) -> EntriesByPrefix:
    """The entries under their code prefixes, so that a code meets only those that can concern it."""
    found: dict[str, list[ListEntry]] = defaultdict(list)
    for entry in entries:
        found[entry.hs_prefix].append(entry)
    return dict(found)


def entries_about(hs_code: str, entries: EntriesByPrefix) -> list[ListEntry]:
    """The entries whose prefix a code has; those without a prefix concern every code."""
    return [entry for n in range(len(hs_code) + 1) for entry in entries.get(hs_code[:n], ())]


_STRICTNESS = {"eligible": 0, "needs_person": 1, "not_eligible": 2}


def governing(registered: Mapping[str, str], now: Verdict) -> dict[str, str]:
    """Of a line's verdict at registration and today's the stricter; what needed a person, a person answers (V8)."""
    asked = registered["decision"]
    answered = asked == "needs_person" and now.by_person
    if answered or _STRICTNESS[now.decision] >= _STRICTNESS[asked]:
        return verdict_json(now)
    return dict(registered)
