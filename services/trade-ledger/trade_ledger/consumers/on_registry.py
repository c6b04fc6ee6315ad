"""Keep copies of registry's aggregates; each event carries the whole state, so the newest wins."""

from __future__ import annotations

from decimal import Decimal

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
from shared.http.delegation_tables import put_delegation
from shared.rows import columns_from, model_from, put
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


async def copy_subject(session: AsyncSession, received: Received[SubjectEvent]) -> None:
    """Copy the subject: who may trade."""
    state = received.event.subject
    row = columns_from(
        SubjectCopy,
        state,
        identity_index=state.identity.blind_index,
        stall_numbers=[stall.stall_number for stall in state.stalls],
        qualifications=tuple(model_from(HeldQualification, each) for each in state.qualifications),
        sequence=received.sequence,
    )
    await put(session, SubjectCopy, row)
    await advance(session, state.pilot, PARTIES)


async def forget_person(session: AsyncSession, received: Received[SubjectEvent]) -> None:
    """Of an erased person destroy the data keys of the trades that needn't be kept any more (R-DATA-1)."""
    if isinstance(event := received.event, SubjectErased):
        await destroy_keys(session, event.subject.subject_id, until=event.papers_until)


async def copy_agreement(session: AsyncSession, received: Received[AgreementEvent]) -> None:
    """Copy the agreement: who acts for whom."""
    state = received.event.agreement
    await put(session, AgreementCopy, columns_from(AgreementCopy, state, sequence=received.sequence))
    await advance(session, state.pilot, PARTIES)


async def copy_delegation(session: AsyncSession, received: Received[DelegationEvent]) -> None:
    """Copy the delegation: who acts for whom."""
    await put_delegation(session, DelegationCopy, received)


async def copy_commodity_list(session: AsyncSession, received: Received[CommodityListEvent]) -> None:
    """A list version's header; it counts once all its entries are here."""
    await put(session, CommodityListCopy, columns_from(CommodityListCopy, received.event))
    await advance(session, received.pilot, GOODS)


async def copy_commodity_entry(session: AsyncSession, received: Received[CommodityEntryEvent]) -> None:
    """One entry of a list version."""
    await put(session, CommodityEntryCopy, columns_from(CommodityEntryCopy, received.event))
    await advance(session, received.pilot, GOODS)


async def copy_commodity_decision(session: AsyncSession, received: Received[CommodityDecisionEvent]) -> None:
    """A person's decision."""
    row = columns_from(CommodityDecisionCopy, received.event, decided_at=received.occurred_at)
    await put(session, CommodityDecisionCopy, row)
    await advance(session, received.pilot, GOODS)


async def copy_grade(session: AsyncSession, received: Received[GradeEvent]) -> None:
    """A credit grade and its measures, from its date on."""
    event = received.event
    rate = Decimal(event.inspection_rate_percent)
    await put(session, GradeCopy, columns_from(GradeCopy, event, inspection_rate_percent=rate))


async def copy_pilot(session: AsyncSession, received: Received[PilotEvent]) -> None:
    """The pilot's own data."""
    event = received.event
    if event.number_prefix is None:
        # An event from before pilots had a prefix of their own: keep the prefix known so far.
        event = event.model_copy(update={"number_prefix": await heard_prefix(session, event.pilot)})
    await _put_place(session, "pilot", event.pilot, event)
    await advance(session, event.pilot, PARTIES)


async def copy_bank(session: AsyncSession, received: Received[BankEvent]) -> None:
    """A handling bank."""
    await _put_place(session, "bank", str(received.event.bank_id), received.event)


async def copy_site(session: AsyncSession, received: Received[SiteEvent]) -> None:
    """A supervised site."""
    await _put_place(session, "site", str(received.event.site_id), received.event)


async def copy_port(session: AsyncSession, received: Received[PortEvent]) -> None:
    """A designated port."""
    await _put_place(session, "port", f"{received.event.pilot}:{received.event.port_code}", received.event)


async def _put_place(session: AsyncSession, kind: str, place_id: str, event: Place) -> None:
    row = {"kind": kind, "place_id": place_id, "pilot": event.pilot, "content": event}
    await put(session, PlaceCopy, row)
