"""Keep copies of registry's aggregates; each event carries the whole state, so the newest wins."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.base import Received
from shared.events.registry import (
    AgreementEvent,
    BankEvent,
    CommodityDecisionEvent,
    CommodityEntryEvent,
    CommodityListEvent,
    DelegationEvent,
    GradeEvent,
    HeldQualification,
    PilotEvent,
    PortEvent,
    SiteEvent,
    SubjectErased,
    SubjectEvent,
)
from shared.http.delegation_tables import put_delegations
from shared.row_sets import put_all
from shared.rows import columns_from, model_from
from trade_ledger.store.known import PARTIES, advance
from trade_ledger.store.pilots import heard_prefix
from trade_ledger.store.row_versions import GOODS
from trade_ledger.store.sealed import destroy_keys
from trade_ledger.store.tables.copies import (
    AgreementCopy,
    CommodityDecisionCopy,
    CommodityEntryCopy,
    CommodityListCopy,
    DelegationCopy,
    GradeCopy,
    Place,
    PlaceCopy,
    SubjectCopy,
)


async def copy_subjects(session: AsyncSession, received: Sequence[Received[SubjectEvent]]) -> None:
    """Copy the subjects: who may trade."""
    await put_all(session, SubjectCopy, [_subject(each) for each in received])
    await advance(session, PARTIES, [each.event.subject.pilot for each in received])


def _subject(received: Received[SubjectEvent]) -> dict[str, Any]:
    state = received.event.subject
    return columns_from(
        SubjectCopy,
        state,
        identity_index=state.identity.blind_index,
        stall_numbers=[stall.stall_number for stall in state.stalls],
        qualifications=tuple(model_from(HeldQualification, each) for each in state.qualifications),
        sequence=received.sequence,
    )


async def forget_persons(session: AsyncSession, received: Sequence[Received[SubjectEvent]]) -> None:
    """Of erased persons destroy the data keys of the trades that needn't be kept any more (R-DATA-1)."""
    for each in received:
        if isinstance(event := each.event, SubjectErased):
            await destroy_keys(session, event.subject.subject_id, until=event.papers_until)


async def copy_agreements(session: AsyncSession, received: Sequence[Received[AgreementEvent]]) -> None:
    """Copy the agreements: who acts for whom."""
    rows = [columns_from(AgreementCopy, each.event.agreement, sequence=each.sequence) for each in received]
    await put_all(session, AgreementCopy, rows)
    await advance(session, PARTIES, [each.event.agreement.pilot for each in received])


async def copy_delegations(session: AsyncSession, received: Sequence[Received[DelegationEvent]]) -> None:
    """Copy the delegations: who acts for whom."""
    await put_delegations(session, DelegationCopy, received)


async def copy_commodity_lists(session: AsyncSession, received: Sequence[Received[CommodityListEvent]]) -> None:
    """The headers of list versions; one counts once all its entries are here."""
    await put_all(session, CommodityListCopy, [columns_from(CommodityListCopy, each.event) for each in received])
    await advance(session, GOODS, [each.pilot for each in received])


async def copy_commodity_entries(session: AsyncSession, received: Sequence[Received[CommodityEntryEvent]]) -> None:
    """Entries of list versions."""
    await put_all(session, CommodityEntryCopy, [columns_from(CommodityEntryCopy, each.event) for each in received])
    await advance(session, GOODS, [each.pilot for each in received])


async def copy_commodity_decisions(session: AsyncSession, received: Sequence[Received[CommodityDecisionEvent]]) -> None:
    """Persons' decisions."""
    rows = [columns_from(CommodityDecisionCopy, each.event, decided_at=each.occurred_at) for each in received]
    await put_all(session, CommodityDecisionCopy, rows)
    await advance(session, GOODS, [each.pilot for each in received])


async def copy_grades(session: AsyncSession, received: Sequence[Received[GradeEvent]]) -> None:
    """Credit grades and their measures, from their dates on."""
    rows = [
        columns_from(GradeCopy, each.event, inspection_rate_percent=Decimal(each.event.inspection_rate_percent))
        for each in received
    ]
    await put_all(session, GradeCopy, rows)


async def copy_pilots(session: AsyncSession, received: Sequence[Received[PilotEvent]]) -> None:
    """The pilots' own data."""
    events = [await _with_prefix(session, each.event) for each in received]
    await put_all(session, PlaceCopy, [_place("pilot", event.pilot, event) for event in events])
    await advance(session, PARTIES, [event.pilot for event in events])


async def _with_prefix(session: AsyncSession, event: PilotEvent) -> PilotEvent:
    if event.number_prefix is not None:
        return event
    # An event from before pilots had a prefix of their own: keep the prefix known so far.
    return event.model_copy(update={"number_prefix": await heard_prefix(session, event.pilot)})


async def copy_banks(session: AsyncSession, received: Sequence[Received[BankEvent]]) -> None:
    """Handling banks."""
    events = [each.event for each in received]
    await put_all(session, PlaceCopy, [_place("bank", str(event.bank_id), event) for event in events])


async def copy_sites(session: AsyncSession, received: Sequence[Received[SiteEvent]]) -> None:
    """Supervised sites."""
    events = [each.event for each in received]
    await put_all(session, PlaceCopy, [_place("site", str(event.site_id), event) for event in events])


async def copy_ports(session: AsyncSession, received: Sequence[Received[PortEvent]]) -> None:
    """Designated ports."""
    events = [each.event for each in received]
    await put_all(session, PlaceCopy, [_place("port", f"{event.pilot}:{event.port_code}", event) for event in events])


def _place(kind: str, place_id: str, event: Place) -> dict[str, Any]:
    return {"kind": kind, "place_id": place_id, "pilot": event.pilot, "content": event}
