"""What fx-settlement does when a declaration changes: it acts on the state, whatever the event's type."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.room import PortionValue, collectable_of, is_shut_out
from fx_settlement.operations.entitlements.change_entitlement import change_entitlement
from fx_settlement.operations.entitlements.change_trade_room import change_trade_room
from fx_settlement.store.parameters import DomesticLegCollection
from fx_settlement.store.rooms import is_entitled
from fx_settlement.store.tables import EntitlementPortion, TradeCopy, policy
from shared.act import act_of
from shared.events.base import Received
from shared.events.trade_ledger import DeclarationEvent, DeclarationState, Portion, TradeEvent
from shared.policy import policy_of
from shared.rows import columns_from, put, put_all
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.money import rounded


async def project_entitlement(session: AsyncSession, received: Received[DeclarationEvent]) -> None:
    """One row per portion, as the newest state has it, from the first release on."""
    declaration = received.event.declaration
    released = any(portion.released_quantity for portion in declaration.portions)
    if not released and not await is_entitled(session, declaration.declaration_id):
        return
    on = legal_date(declaration.accepted_at or received.occurred_at)
    in_force = (await policy_of(session, policy, declaration.pilot)).on(DomesticLegCollection, on)
    rows = []
    for portion in declaration.portions:
        share = portion.released_quantity / portion.quantity if portion.quantity else Decimal(0)
        value = PortionValue(
            portion.trade_kind,
            portion.settlement_method,
            portion.declared_currency,
            portion.released_value,
            portion.returned_value,
            portion.domestic_share_percent if in_force.value == "not_needed" else Decimal(0),
        )
        rows.append(
            columns_from(
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
                sequence=received.sequence,
            )
        )
    await put_all(session, EntitlementPortion, rows)


def _departed_on(declaration: DeclarationState, portion: Portion) -> date | None:
    """The first day on which something of a portion left."""
    if portion.departures:
        return portion.departures[0].on
    return declaration.export_date if portion.departed_quantity else None


async def react_to_declaration(session: AsyncSession, received: Received[DeclarationEvent]) -> None:
    """Open, grow or shrink the room, and announce it."""
    declaration = received.event.declaration
    shut_out = {
        each.portion_id for each in declaration.portions if is_shut_out(each.released_value, each.shut_out_value)
    }
    await change_entitlement(session, declaration.declaration_id, shut_out=shut_out, act=act_of(received))


async def copy_trade(session: AsyncSession, received: Received[TradeEvent]) -> None:
    """What advances may be linked to."""
    await put(session, TradeCopy, columns_from(TradeCopy, received.event.trade, sequence=received.sequence))


async def react_to_trade(session: AsyncSession, received: Received[TradeEvent]) -> None:
    """Unlink advances that a corrected or void trade no longer carries."""
    await change_trade_room(session, received.event.trade.trade_id, act=act_of(received))
