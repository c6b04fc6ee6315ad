"""What tax-exemption keeps of declarations: items per departed portion, room for certificates at release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import act_of
from shared.events.base import Received
from shared.events.trade_ledger import DeclarationEvent, DeclarationState, Portion
from shared.row_sets import put_all
from shared.rows import columns_from
from tax_exemption.operations.void_outdated_certificates import void_outdated_certificates
from tax_exemption.store.items import drop_other_releases, empty_items
from tax_exemption.store.tables import ExemptionItem, PrincipalRelease


async def keep_items(session: AsyncSession, received: Sequence[Received[DeclarationEvent]]) -> None:
    """One item per portion that departed, as the newest state has it; outright ones have no stall holder (R-TAX-8)."""
    rows, gone = [], []
    for each in received:
        declaration = each.event.declaration
        for portion in declaration.portions:
            if declaration.export_date is None or portion.trade_kind != "goods" or not portion.departed_quantity:
                gone.append(portion.portion_id)
            else:
                rows.append(
                    columns_from(
                        ExemptionItem,
                        portion,
                        customs_number=declaration.customs_number or "",
                        export_date=declaration.export_date,
                        currency=portion.declared_currency,
                        frozen=declaration.is_frozen("exemption", portion.portion_id),
                        sequence=each.sequence,
                    )
                )
    await put_all(session, ExemptionItem, rows)
    await empty_items(session, gone)
    await _keep_releases(session, received)


async def keep_certificates(session: AsyncSession, received: Sequence[Received[DeclarationEvent]]) -> None:
    """What the changes leave without its value is void."""
    await void_outdated_certificates(
        session, {each.event.declaration.declaration_id: act_of(each) for each in received}
    )


async def _keep_releases(session: AsyncSession, received: Sequence[Received[DeclarationEvent]]) -> None:
    rows = [row for each in received for row in _releases(each.event.declaration, each.sequence)]
    declarations = [each.event.declaration.declaration_id for each in received]
    await drop_other_releases(session, declarations, [(row["declaration_id"], row["principal_id"]) for row in rows])
    await put_all(session, PrincipalRelease, rows)


def _releases(declaration: DeclarationState, sequence: int) -> list[dict[str, Any]]:
    by_principal: dict[UUID, list[Portion]] = defaultdict(list)
    for portion in declaration.portions:
        if portion.export_mode == "agency" and portion.released_quantity:
            by_principal[portion.owner_id].append(portion)
    return [
        {
            "declaration_id": declaration.declaration_id,
            "principal_id": principal_id,
            "pilot": declaration.pilot,
            "consignor_id": declaration.consignor_id,
            "customs_number": declaration.customs_number or "",
            "export_date": declaration.export_date,
            "currency": declaration.currency,
            "value": sum((each.released_fob for each in portions), Decimal(0)),
            "portion_ids": tuple(sorted((each.portion_id for each in portions), key=str)),
            "frozen": any(declaration.is_frozen("certificate", each.portion_id) for each in portions),
            "sequence": sequence,
        }
        for principal_id, portions in by_principal.items()
    ]
