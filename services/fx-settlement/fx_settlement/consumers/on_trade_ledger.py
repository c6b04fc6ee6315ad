"""What fx-settlement does when a declaration changes: it acts on the state, whatever the event's type."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.consumers.on_registry import put
from fx_settlement.operations.change_entitlement import change_entitlement
from fx_settlement.store.tables import EntitlementPortion
from shared.act import Act
from shared.events.base import Received
from shared.events.trade_ledger import DeclarationEvent, Portion


def collectable_of(portion: Portion) -> Decimal:
    """Released less returned, in the declared currency; nothing for samples, gifts and cash."""
    if portion.trade_kind != "goods" or portion.settlement_method == "cash":
        return Decimal(0)
    return portion.released_value - portion.returned_value


async def project_entitlement(session: AsyncSession, received: Received[DeclarationEvent]) -> None:
    """One row per portion, as the newest state has it."""
    declaration = received.event.declaration
    for portion in declaration.portions:
        share = portion.released_quantity / portion.quantity if portion.quantity else Decimal(0)
        await put(
            session,
            EntitlementPortion,
            {
                "portion_id": portion.portion_id,
                "declaration_id": declaration.declaration_id,
                "pilot": declaration.pilot,
                "trade_id": portion.trade_id,
                "owner_id": portion.owner_id,
                "consignor_id": portion.consignor_id,
                "collector_id": portion.collector_id,
                "buyer_id": portion.buyer_id,
                "customs_number": declaration.customs_number,
                "currency": portion.declared_currency,
                "released": portion.released_value,
                "collectable": collectable_of(portion),
                "released_fob_usd": (portion.fob_usd * share).quantize(Decimal("0.01")),
                "sequence": received.sequence,
            },
        )


async def react_to_declaration(session: AsyncSession, received: Received[DeclarationEvent]) -> None:
    """Open, grow or shrink the room, and tell it."""
    act = Act(
        actor=received.actor,
        pilot=received.pilot,
        now=received.occurred_at,
        traceparent=received.traceparent,
    )
    await change_entitlement(session, received.event.declaration.declaration_id, act=act)
