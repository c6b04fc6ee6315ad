"""Who may claim a subject that is on file already, and who decides on it (R-FILE-4, V6)."""

from __future__ import annotations

from shared.vocabulary.rules import Breach


def breaches_of_account(*, on_file: bool, speaks: bool) -> tuple[Breach, ...]:
    """Breach where an account files an identity that is on file and not its own: it claims it instead."""
    return (Breach("identity_on_file", "R-FILE-4", "/identity/number"),) if on_file and not speaks else ()


def breaches_of_claim(*, on_file: bool, own: bool, open_already: bool) -> tuple[Breach, ...]:
    """Why an account can't claim an identity: nobody filed it, it has it, or its claim waits for its decision."""
    if not on_file:
        return (Breach("identity_not_on_file", "R-FILE-4", "/identity/number"),)
    if own:
        return (Breach("claim_of_own", "R-FILE-4", "/identity/number"),)
    return (Breach("claim_open_already", "R-FILE-4", "/identity/number"),) if open_already else ()


def breaches_of_decided_claim(status: str, *, claimant: str, decided_by: str) -> tuple[Breach, ...]:
    """Why a claim can't be decided: it was decided before, or by who made it."""
    breaches = []
    if status != "open":
        breaches.append(Breach("claim_decided_already", "R-FILE-4", "", {"status": status}))
    if claimant == decided_by:
        breaches.append(Breach("own_claim_decided", "V6"))
    return tuple(breaches)
