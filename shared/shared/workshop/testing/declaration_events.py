"""Builders of trade-ledger's declaration events as other services receive them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from shared.events.trade_ledger import DeclarationEvent, DeclarationState, Portion
from shared.workshop.testing.registry_events import PILOT

_STAGES = ("released", "departed", "shut_out", "returned")


def portion(owner_id: UUID, consignor_id: UUID, filer_id: UUID, value: str = "1000.00", **changed: Any) -> Portion:
    """A released and departed portion of a stall holder's goods."""
    amounts = {f"{stage}_{what}": "0" for stage in _STAGES for what in ("quantity", "value", "fob")}
    for stage in ("released", "departed"):
        amounts |= {f"{stage}_quantity": "100", f"{stage}_value": value, f"{stage}_fob": value}
    content = {
        "portion_id": uuid4(),
        "pilot": PILOT,
        "trade_id": uuid4(),
        "trade_number": "LS-TR-0000001-0",
        "trade_line_id": uuid4(),
        "trade_kind": "goods",
        "sale_date": "2026-05-13",
        "export_mode": "agency",
        "owner_id": owner_id,
        "stall_holder_id": owner_id,
        "consignor_id": consignor_id,
        "buyer_id": None,
        "export_agency_id": uuid4(),
        "collector_id": consignor_id,
        "exemption_filer_id": filer_id,
        "settlement_method": "fx",
        "domestic_share_percent": "0",
        "declaration_id": uuid4(),
        "item_no": 1,
        "hs_code": "8204120000",
        "goods_name": "活动扳手",
        "quantity": "100",
        "unit": "把",
        "statutory_quantity": "50",
        "statutory_unit": "千克",
        "net_weight_kg": "50",
        "price_term": "FOB",
        "slip_value": value,
        "slip_currency": "USD",
        "declared_value": value,
        "declared_currency": "USD",
        "fob_value": value,
        "fob_usd": value,
        "rate_id": "r",
        "verdict": {"decision": "eligible", "list_version": "positive@1", "rule": "82", "reason": "listed"},
    }
    return Portion.model_validate({**content, **amounts, **changed})


def declaration_event(
    kind: type[DeclarationEvent], *portions: Portion, declaration_id: UUID | None = None, **changed: Any
) -> DeclarationEvent:
    """A declaration's event with these portions, which then name it; departed on 13 May 2026."""
    own_id = declaration_id or uuid4()
    named = [each.model_copy(update={"declaration_id": own_id}) for each in portions]
    total = sum((each.declared_value for each in portions), Decimal(0))
    content = {
        "declaration_id": own_id,
        "pilot": PILOT,
        "number": "LS-DE-0000001-0",
        "version": 5,
        "status": "departed",
        "attempt": 1,
        "consignor_id": portions[0].consignor_id,
        "declarant_id": portions[0].consignor_id,
        "customs_office": "8012",
        "port": "8011",
        "destination": "RU",
        "price_term": "FOB",
        "currency": "USD",
        "total_value": total,
        "total_fob": total,
        "total_fob_usd": total,
        "rate_id": "r",
        "rate_month": date(2026, 5, 1),
        "simplified": False,
        "packing_list_ids": [uuid4()],
        "load_ids": [uuid4()],
        "packages": 1,
        "gross_weight_kg": "60",
        "net_weight_kg": "50",
        "customs_number": "801220260000000001",
        "export_date": date(2026, 5, 13),
        "items": [],
        "portions": named,
    }
    return kind.model_validate({"declaration": DeclarationState.model_validate({**content, **changed})})
