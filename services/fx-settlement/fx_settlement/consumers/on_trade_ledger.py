"""What fx-settlement does when a declaration changes: it acts on the state, whatever the event's type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.room import PortionValue, collectable_of, is_shut_out
from fx_settlement.operations.entitlements.change_entitlements import Changed, change_entitlements
from fx_settlement.operations.entitlements.change_trade_rooms import change_trade_rooms
from fx_settlement.store.parameters import DomesticLegCollection
from fx_settlement.store.rooms import entitled_among
from fx_settlement.store.tables import EntitlementPortion, TradeCopy, policy
from shared.act import act_of
from shared.events.base import Received
from shared.events.trade_ledger import DeclarationEvent, DeclarationState, Portion, TradeEvent
from shared.policy import Policy, policy_of
from shared.row_sets import put_all
from shared.rows import columns_from
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.money import rounded


async def project_entitlements(session: AsyncSession, received: Sequence[Received[DeclarationEvent]]) -> None:
    """One row per portion, as the newest state has it, from the first release on."""
    silent = [each.event.declaration.declaration_id for each in received if not _is_released(each.event.declaration)]
    entitled = await entitled_among(session, silent)
    concerned = [
        each
        for each in received
        if _is_released(each.event.declaration) or each.event.declaration.declaration_id in entitled
    ]
    rows = []
    policies: dict[str, Policy] = {}
    for each in concerned:
        declaration = each.event.declaration
        if declaration.pilot not in policies:
            policies[declaration.pilot] = await policy_of(session, policy, declaration.pilot)
        on = legal_date(declaration.accepted_at or each.occurred_at)
        in_force = policies[declaration.pilot].on(DomesticLegCollection, on)
        subtracts = in_force.value == "not_needed"
        rows += [_row(portion, declaration, each.sequence, subtracts=subtracts) for portion in declaration.portions]
    await put_all(session, EntitlementPortion, rows)


def _is_released(declaration: DeclarationState) -> bool:
    return any(portion.released_quantity for portion in declaration.portions)


def _row(portion: Portion, declaration: DeclarationState, sequence: int, *, subtracts: bool) -> dict[str, Any]:
    """A portion's entitlement; `subtracts` says whether what was paid at home is collected by nobody."""
    share = portion.released_quantity / portion.quantity if portion.quantity else Decimal(0)
    value = PortionValue(
        portion.trade_kind,
        portion.settlement_method,
        portion.declared_currency,
        portion.released_value,
        portion.returned_value,
        portion.domestic_share_percent if subtracts else Decimal(0),
    )
    return columns_from(
        EntitlementPortion,
        portion,
        declaration_number=declaration.number,
        customs_number=declaration.customs_number,
        departed_on=_departed_on(declaration, portion),
        currency=portion.declared_currency,
        released=portion.released_value,
        paid_at_home_percent=value.paid_at_home_percent,
        collectable=collectable_of(value),
        released_fob_usd=rounded(portion.fob_usd * share, "USD"),
        frozen=declaration.is_frozen("room", portion.portion_id),
        sequence=sequence,
    )


def _departed_on(declaration: DeclarationState, portion: Portion) -> date | None:
    """The first day on which something of a portion left."""
    if portion.departures:
        return portion.departures[0].on
    return declaration.export_date if portion.departed_quantity else None


async def react_to_declarations(session: AsyncSession, received: Sequence[Received[DeclarationEvent]]) -> None:
    """Open, grow or shrink the rooms, and announce them."""
    changed = {
        each.event.declaration.declaration_id: Changed(act_of(each), _shut_out(each.event.declaration))
        for each in received
    }
    await change_entitlements(session, changed)


def _shut_out(declaration: DeclarationState) -> set[UUID]:
    """The portions that were given back whole before they left."""
    portions = declaration.portions
    return {each.portion_id for each in portions if is_shut_out(each.released_value, each.shut_out_value)}


async def copy_trades(session: AsyncSession, received: Sequence[Received[TradeEvent]]) -> None:
    """What advances may be linked to."""
    rows = [columns_from(TradeCopy, each.event.trade, sequence=each.sequence) for each in received]
    await put_all(session, TradeCopy, rows)


async def react_to_trades(session: AsyncSession, received: Sequence[Received[TradeEvent]]) -> None:
    """Unlink advances that corrected or void trades no longer carry."""
    await change_trade_rooms(session, [(each.event.trade, act_of(each)) for each in received])
