"""Checks the invariants over the four databases (docs/reference/invariants.md)."""

from __future__ import annotations

from dataclasses import dataclass

from marketctl.installation import Installation
from marketctl.verify.flow import resisted
from marketctl.verify.invariants import INVARIANTS
from shared.workshop.waiting import wait_until

_SETTLING_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that doesn't hold, named by invariant and row."""

    invariant: str
    detail: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.detail}"


def verify_all(market: Installation) -> list[Finding]:
    """Every finding of every invariant."""
    return [Finding(name, detail) for name, check in INVARIANTS.items() for detail in check(market)]


def verify_settled(market: Installation) -> list[Finding]:
    """The findings that remain after a short wait: events still travel while the databases are read in turn."""
    findings = verify_all(market)

    def settled() -> bool:
        nonlocal findings
        if findings:
            findings = [finding for finding in verify_all(market) if finding in findings]
        return not findings

    wait_until(settled, seconds=_SETTLING_SECONDS, pause=0.5)
    return findings


def unfinished(market: Installation) -> str | None:
    """Why nobody can say yet that all holds: what waits for a person is applied nowhere."""
    parked = resisted(market)["parked"]
    return f"not finished: {parked} parked, see marketctl parked list" if parked else None
