"""What of a reviewed subject changes only once commerce approves it, and who decides on it (R-FILE-3, V6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from registry.domain.lifecycle import was_reviewed
from shared.vocabulary.rules import Breach


def goes_to_review(parts: Collection[str], statuses: Mapping[str, str]) -> bool:
    """Whether a party's change of these parts waits for commerce; `statuses` has the state of each role's filing.

    The name and what a subject holds stand behind each of its filings, its stalls behind that of the stall holder.
    """
    behind = statuses.values() if set(parts) - {"stalls"} else [statuses.get("stall_holder", "")]
    return bool(parts) and was_reviewed(behind)


def breaches_of_proposal(parts: Collection[str], waiting: Collection[str]) -> tuple[Breach, ...]:
    """Breach where an amendment of one of the parts waits already."""
    found = sorted(set(parts) & set(waiting))
    return tuple(Breach("amendment_open_already", "R-FILE-3", f"/{each}") for each in found)


def breaches_of_decided_amendment(status: str, *, proposed_by: str, decided_by: str) -> tuple[Breach, ...]:
    """Why an amendment can't be approved or rejected: it is over, or who proposed it would decide."""
    own = (Breach("own_amendment_decided", "V6"),) if proposed_by == decided_by else ()
    return (*breaches_of_open_amendment(status), *own)


def breaches_of_open_amendment(status: str) -> tuple[Breach, ...]:
    """Breach where the amendment doesn't wait any more."""
    return () if status == "open" else (Breach("amendment_decided_already", "R-FILE-3", "", {"status": status}),)


def breaches_of_basis(*, changed: bool) -> tuple[Breach, ...]:
    """Breach where a part that the amendment replaces isn't any more what it was made against."""
    return (Breach("amendment_outdated", "R-FILE-3"),) if changed else ()
