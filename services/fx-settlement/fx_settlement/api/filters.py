"""What the lists can be narrowed to; what is left out doesn't narrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query

from shared.http.paging import UpdatedSince
from shared.wire import Chosen, MonthText, Reference


@dataclass(frozen=True, slots=True)
class AskedCollections:
    """Which collections are asked for."""

    number: Reference | None = None
    bank_reference: Reference | None = None
    bank_id: UUID | None = None
    collector_id: UUID | None = None
    buyer_id: UUID | None = None
    month: Annotated[MonthText | None, Query(description="month of the receipt")] = None
    updated_since: UpdatedSince = None


@dataclass(frozen=True, slots=True)
class AskedEntitlements:
    """Which rooms are asked for."""

    declaration_number: Reference | None = None
    customs_number: Reference | None = None
    collector_id: UUID | None = None
    updated_since: UpdatedSince = None


@dataclass(frozen=True, slots=True)
class AskedHolds:
    """Which holds are asked for."""

    number: Reference | None = None
    status: Annotated[Literal["held", "committed", "void"], Chosen("hold_status")] | None = None
    collector_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AskedPassOns:
    """Which transfers are asked for."""

    number: Reference | None = None
    bank_reference: Reference | None = None
    bank_id: UUID | None = None
    agent_id: UUID | None = None
    principal_id: UUID | None = None
    month: Annotated[MonthText | None, Query(description="month of the payment")] = None
    updated_since: UpdatedSince = None


@dataclass(frozen=True, slots=True)
class AskedConversions:
    """Which conversions are asked for."""

    number: Reference | None = None
    bank_reference: Reference | None = None
    bank_id: UUID | None = None
    holder_id: UUID | None = None
    month: Annotated[MonthText | None, Query(description="month of the conversion")] = None
    updated_since: UpdatedSince = None


@dataclass(frozen=True, slots=True)
class AskedPayables:
    """Which payables are asked for."""

    agent_id: UUID | None = None
    principal_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AskedBalances:
    """Which balances are asked for."""

    holder_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AskedConflicts:
    """Which cases are asked for."""

    declaration_id: UUID | None = None
    collection_id: UUID | None = None


WantedCollections = Annotated[AskedCollections, Depends()]
WantedEntitlements = Annotated[AskedEntitlements, Depends()]
WantedHolds = Annotated[AskedHolds, Depends()]
WantedPassOns = Annotated[AskedPassOns, Depends()]
WantedConversions = Annotated[AskedConversions, Depends()]
WantedPayables = Annotated[AskedPayables, Depends()]
WantedBalances = Annotated[AskedBalances, Depends()]
WantedConflicts = Annotated[AskedConflicts, Depends()]
