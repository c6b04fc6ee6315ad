"""What goods are under the lists and decisions in force, and which entry says so (智能化认定, R-GOODS-1, R-GOODS-2).

Registry shows it and trade-ledger stores it on each trade line (V8): the entry shown is the entry stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from shared.vocabulary.spelling import Unreadable, name_spelling

Decision = Literal["eligible", "not_eligible", "needs_person"]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list version in force, or a person's decision (`by_person`).

    `reference` is the decision's id, which grows with time, or the list version with the entry's `number` in it.
    """

    reference: str
    hs_prefix: str
    keywords: tuple[str, ...]
    verdict: Decision
    reason: str
    reason_zh: str
    number: int = 0
    by_person: bool = False
    barred_from_simplification: bool = False


def listed(version: str, number: int) -> str:
    """The reference of an entry in a list version: `positive@3#12`."""
    return f"{version}#{number}"


def decided(decision_id: object) -> str:
    """The reference of a person's decision."""
    return f"decision:{decision_id}"


def list_version(reference: str) -> str:
    """The list version that an entry stands in; a decision is a version of its own."""
    return reference.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that fits, with how well (1 to 100)."""

    entry: Entry
    score: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision with the entry behind it; simplification is barred where any entry that fits says so."""

    decision: Decision
    reference: str
    reason: str
    reason_zh: str
    barred_from_simplification: bool = False
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class Recognition:
    """The verdict and all that fits; the first candidate is the entry behind the verdict."""

    verdict: Verdict
    candidates: tuple[Candidate, ...] = ()


UNKNOWN = Verdict("needs_person", "", "not in any list", "未列入清单，需人工认定")


@lru_cache(maxsize=50_000)
def folded(text: str) -> str:
    """The form in which names and keywords are compared: upper and lower case are one, and so is what looks alike."""
    try:
        return name_spelling(text).casefold()
    except Unreadable:
        return text.casefold()


def recognise(name: str, hs_code: str, entries: Iterable[Entry]) -> Recognition:
    """A negative entry first (V10), then a person's newest decision, then a positive one; else a person decides (V9).

    `hs_code` may be empty while goods have no code yet. An entry with both a prefix and keywords asks for both.
    """
    name = folded(name)
    found = [Candidate(entry, score) for entry in entries if (score := _score(entry, name, hs_code))]
    if not found:
        return Recognition(UNKNOWN)
    # Stable sorts, the weightiest last. Of decisions the newest governs, whatever code it was made on; of entries the
    # one that fits best, then the longest prefix, then the one that the list names first.
    found.sort(key=lambda each: each.entry.reference, reverse=True)
    found.sort(key=_rank)
    first = found[0].entry
    barred = any(each.entry.barred_from_simplification for each in found)
    verdict = Verdict(first.verdict, first.reference, first.reason, first.reason_zh, barred, first.by_person)
    return Recognition(verdict, tuple(found))


EntriesByPrefix = Mapping[str, Sequence[Entry]]


def by_prefix(entries: Iterable[Entry]) -> EntriesByPrefix:
    """The entries under their code prefixes, so that a code meets only those that can concern it."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.hs_prefix].append(entry)
    return dict(found)


def entries_about(hs_code: str, entries: EntriesByPrefix) -> list[Entry]:
    """The entries whose prefix a code has; those without a prefix concern every code."""
    return [entry for n in range(len(hs_code) + 1) for entry in entries.get(hs_code[:n], ())]


def _score(entry: Entry, name: str, hs_code: str) -> int:
    """Code and keyword: 100; a code alone 60 and more the longer it is; a keyword alone 50; 0 where it doesn't fit."""
    by_code = bool(entry.hs_prefix) and hs_code.startswith(entry.hs_prefix)
    by_word = any(folded(word) in name for word in entry.keywords)
    if (entry.hs_prefix and hs_code and not by_code) or (entry.keywords and not by_word):
        return 0
    if by_code:
        return 100 if by_word else min(60 + 4 * len(entry.hs_prefix), 99)
    return 50 if by_word else 0


def _rank(found: Candidate) -> tuple[int, int, int, int]:
    entry = found.entry
    if entry.by_person:
        return (1, 0, 0, 0)
    return (0 if entry.verdict == "not_eligible" else 2, -found.score, -len(entry.hs_prefix), entry.number)
