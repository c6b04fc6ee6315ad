"""Which list entries can concern a code, and which of two verdicts on a line governs (V8, V9, R-GOODS-1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from shared.vocabulary.recognition import Decision, Entry, Verdict

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


_STRICTNESS: Mapping[Decision, int] = {"eligible": 0, "needs_person": 1, "not_eligible": 2}


def governs(now: Verdict, registered: Decision) -> bool:
    """Whether today's verdict goes before the registration's: the stricter does, and a person's answer (V8)."""
    answered = registered == "needs_person" and now.by_person
    return answered or _STRICTNESS[now.decision] >= _STRICTNESS[registered]
