"""What must hold over the four databases (assurance reference §3); exit 1 where something doesn't."""

from __future__ import annotations

from dataclasses import dataclass

from marketctl.layout import Layout


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that doesn't hold, named by invariant and row."""

    invariant: str
    detail: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.detail}"


def verify_all(layout: Layout) -> list[Finding]:
    """Every finding of every invariant."""
    from marketctl.invariants import INVARIANTS

    return [Finding(name, detail) for name, check in INVARIANTS.items() for detail in check(layout)]
