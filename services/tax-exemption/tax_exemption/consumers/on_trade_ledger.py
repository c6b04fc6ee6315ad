"""What tax-exemption keeps of declarations: items per departed portion, room for certificates at release."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.base import Received
from shared.events.trade_ledger import DeclarationEvent, DeclarationState, Portion
from tax_exemption.consumers.on_registry import put
from tax_exemption.operations.keep_certificate import void_outdated_certificates
from tax_exemption.store.tables import ExemptionItem, PrincipalRelease


async def keep_items(session: AsyncSession, received: Received[DeclarationEvent]) -> None:
    """One item per portion that departed, as the newest state has it; outright ones have no stall holder (R-TAX-8)."""
    declaration = received.event.declaration
    for portion in declaration.portions:
        if declaration.export_date is None or portion.trade_kind != "goods" or not portion.departed_quantity:
            await _gone(session, portion)
            continue
        await put(
            session,
            ExemptionItem,
            {
                "portion_id": portion.portion_id,
                "pilot": declaration.pilot,
                "declaration_id": declaration.declaration_id,
                "customs_number": declaration.customs_number or "",
                "item_no": portion.item_no,
                "trade_id": portion.trade_id,
                "stall_holder_id": portion.stall_holder_id,
                "consignor_id": portion.consignor_id,
                "exemption_filer_id": portion.exemption_filer_id,
                "sale_date": portion.sale_date,
                "export_date": declaration.export_date,
                "currency": portion.declared_currency,
                "departed_fob": portion.departed_fob,
                "returned_fob": portion.returned_fob,
                "sequence": received.sequence,
            },
        )
    await _keep_releases(session, declaration, received.sequence)


async def keep_certificates(session: AsyncSession, received: Received[DeclarationEvent]) -> None:
    """What the change leaves without its value is void."""
    act = Act(actor=received.actor, pilot=received.pilot, now=received.occurred_at, traceparent=received.traceparent)
    await void_outdated_certificates(session, received.event.declaration.declaration_id, act=act)


async def _gone(session: AsyncSession, portion: Portion) -> None:
    """A deleted declaration's items are at zero; those that never departed don't exist."""
    item = await session.get(ExemptionItem, portion.portion_id, populate_existing=True)
    if item is not None:
        item.departed_fob, item.returned_fob = Decimal(0), Decimal(0)
        await session.flush()


async def _keep_releases(session: AsyncSession, declaration: DeclarationState, sequence: int) -> None:
    by_principal: dict[UUID, list[Portion]] = defaultdict(list)
    for portion in declaration.portions:
        if portion.export_mode == "agency" and portion.released_quantity:
            by_principal[portion.owner_id].append(portion)
    table = PrincipalRelease
    gone = delete(table).where(
        table.declaration_id == declaration.declaration_id, table.principal_id.not_in(by_principal)
    )
    await session.execute(gone)
    for principal_id, portions in by_principal.items():
        await put(
            session,
            PrincipalRelease,
            {
                "declaration_id": declaration.declaration_id,
                "principal_id": principal_id,
                "pilot": declaration.pilot,
                "consignor_id": declaration.consignor_id,
                "customs_number": declaration.customs_number or "",
                "export_date": declaration.export_date,
                "currency": declaration.currency,
                "value": sum((each.released_fob for each in portions), Decimal(0)),
                "portion_ids": sorted(str(each.portion_id) for each in portions),
                "sequence": sequence,
            },
        )
