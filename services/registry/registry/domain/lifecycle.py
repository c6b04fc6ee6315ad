"""The states of a filing and the steps between them (R-FILE-3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class Step:
    """A step: from which states, to which (None: it stays), and whose it is."""

    sources: frozenset[str]
    target: str | None
    by_authority: bool


def _step(sources: str, target: str | None, *, by_authority: bool) -> Step:
    return Step(frozenset(sources.split()), target, by_authority)


STEPS: dict[str, Step] = {
    "submit": _step("draft returned", "submitted", by_authority=False),
    # An effective filing stays effective during its review (R-FILE-8).
    "review": _step("submitted", "under_review", by_authority=True),
    "approve": _step("submitted under_review effective", "approved", by_authority=True),
    "return": _step("submitted under_review effective", "returned", by_authority=True),
    "reject": _step("submitted under_review effective", "rejected", by_authority=True),
    # Of a suspended filing: its stop order is given or lifted, the suspension goes on (V2).
    "suspend": _step("approved effective suspended", "suspended", by_authority=True),
    "reinstate": _step("suspended", "approved", by_authority=True),
    "exit": _step("approved effective suspended", "exited", by_authority=False),
    "amend": _step("draft returned approved effective", None, by_authority=False),
}
ACTIVE = frozenset({"approved", "effective"})
ENDED = frozenset({"rejected", "exited"})
"""States in which a filing no longer holds its role (V3)."""


def was_reviewed(statuses: Iterable[str]) -> bool:
    """Whether any filing was reviewed: from then on only authorities record what they grant (R-FILE-7)."""
    return not {"approved", "suspended"}.isdisjoint(statuses)


def breaches_of_stating(statuses: Collection[str]) -> tuple[Breach, ...]:
    """Why a party can't state anything more of a subject: its filings, by `statuses`, are all over (R-FILE-3)."""
    if not statuses or not ENDED.issuperset(statuses):
        return ()
    params = {"status": ", ".join(sorted(set(statuses))), "step": "qualify"}
    return (Breach("filing_state_wrong", "R-FILE-3", "", params),)


EDITS = frozenset({"file", "submit", "amend", "qualify"})
"""Steps by which a filing got its content; nobody who took one approves it (V6)."""


def breaches_of_step(
    step: str, status: str, *, decided_by: str, submitted_by: str | None, edited_by: Collection[str] = ()
) -> tuple[Breach, ...]:
    """Why a filing can't take a step: its state, or who would decide on what they submitted, or approve what they
    drafted or edited (V6)."""
    breaches = []
    if status not in STEPS[step].sources:
        breaches.append(Breach("filing_state_wrong", "R-FILE-3", "", {"status": status, "step": step}))
    own = decided_by == submitted_by or (step == "approve" and decided_by in edited_by)
    if STEPS[step].by_authority and own:
        breaches.append(Breach("own_filing_decided", "V6"))
    return tuple(breaches)


def breaches_of_refiling(status: str, filing_number: str) -> tuple[Breach, ...]:
    """Why a role can't be filed again: a filing that was neither rejected nor ended holds it (R-FILE-4, V3)."""
    if status in ENDED:
        return ()
    return (Breach("already_filed", "R-FILE-4", "/role", {"filing": filing_number}),)
