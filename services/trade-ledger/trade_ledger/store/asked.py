"""Who asks the trace for what, and how events name what people ask by (R-DECL-5)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared.scope import Scope, limited_to

MATCHED, PASSED_ON = "fx_settlement.collection_matched.v1", "fx_settlement.passed_on.v1"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for what; `identity_indexes` are of the credit code asked for.

    `knows_identities` is whether the role may look for others by their credit codes.
    """

    scope: Scope
    asked: str
    identity_indexes: tuple[str, ...] = ()
    knows_identities: bool = False

    @property
    def pilot(self) -> str:
        """The pilot of whoever asks."""
        return self.scope.pilot

    @property
    def party(self) -> UUID | None:
        """The subject to whose rows the answer is limited; None for an authority."""
        return limited_to(self.scope)

    @property
    def only_known_buyers_of(self) -> UUID | None:
        """The stall holder that is asked to know the buyer; None for everybody else (R-FILE-8)."""
        return self.party if self.scope.role == "stall_holder" else None

    @property
    def own(self) -> UUID | None:
        """What is asked for as an id, if it is one."""
        return as_uuid(self.asked)


@dataclass(frozen=True, slots=True)
class Traced:
    """What belongs to what was asked for: its trades, and the aggregates of other services that it names."""

    kind: str
    trades: set[UUID]
    heard: set[str]


def as_uuid(said: str) -> UUID | None:
    """An id, or None for another text."""
    try:
        return UUID(said)
    except ValueError:
        return None


REFERENCES = ("number", "issued_number", "bank_reference", "outside_reference", "quota_statement_reference")
"""What people hold of money and tax; each is kept with its name, so that nobody's number is another's id."""


def references(said: str) -> list[str]:
    """How a number stands among the references of what names it."""
    return [f"{name}:{said}" for name in REFERENCES]
