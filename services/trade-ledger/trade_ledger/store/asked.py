"""Who asks the trace for what, and how events name what people ask by (R-DECL-5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

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


@dataclass(slots=True)
class Traced:
    """What belongs to what was asked for. `keys` are this service's aggregates, `heard` those of others asked for."""

    kind: str
    trades: set[UUID] = field(default_factory=set)
    declarations: set[UUID] = field(default_factory=set)
    portions: set[UUID] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Found:
    """Trades behind what was asked for, and the aggregates of other services that it names."""

    trades: set[UUID]
    heard: set[str] = field(default_factory=set)


def as_uuid(said: str) -> UUID | None:
    """An id, or None for another text."""
    try:
        return UUID(said)
    except ValueError:
        return None


def texts(ids: Iterable[UUID]) -> list[str]:
    """Ids as events name them, in order."""
    return sorted(map(str, ids))


def events_naming(refs: Sequence[str]) -> Any:
    """The ids of other services' events that name any of these, to be selected."""
    return func.events_naming(cast(list(refs), ARRAY(Text)))


def events_naming_all(refs: Sequence[str]) -> Any:
    """The ids of other services' events that name all of these, to be selected."""
    return func.events_naming_all(cast(list(refs), ARRAY(Text)))


async def ids_of(session: AsyncSession, query: Select[Any]) -> set[UUID]:
    """The ids that a query answers."""
    return set((await session.execute(query)).scalars())


REFERENCES = ("number", "issued_number", "bank_reference", "outside_reference", "quota_statement_reference")
"""What people hold of money and tax; each is kept with its name, so that nobody's number is another's id."""


def references(said: str) -> list[str]:
    """How a number stands among the references of what names it."""
    return [f"{name}:{said}" for name in REFERENCES]
