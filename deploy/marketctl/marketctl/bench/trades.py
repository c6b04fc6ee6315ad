"""The trades that `make bench` registers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

STALL = "02-000018"
_GOODS = (("活动扳手", "8204120000"), ("钢丝钳", "8203200000"), ("螺丝刀", "8205400000"), ("挂锁", "8301100000"))
_LINES = 5
_BODIES = 64


@dataclass(frozen=True, slots=True)
class Parties:
    """Who trades in the bench."""

    seller: UUID
    operator: UUID
    buyer: UUID
    agency: UUID


def bodies_of(who: Parties) -> list[dict[str, Any]]:
    """Ready-made trades of five lines."""
    return [
        {
            "seller_id": str(who.seller),
            "consignor_id": str(who.operator),
            "buyer_id": str(who.buyer),
            "stall_number": STALL,
            "export_mode": "agency",
            "export_agency_id": str(who.agency),
            "settlement_method": "fx",
            "trade_date": "2026-05-13",
            "currency": "USD",
            "total": "1530.00",
            "lines": [_line(n + k) for k in range(_LINES)],
        }
        for n in range(_BODIES)
    ]


def _line(number: int) -> dict[str, Any]:
    name, code = _GOODS[number % len(_GOODS)]
    return {
        "goods_name": name,
        "specification": f"{number % 17 + 4} 寸",
        "hs_code": code,
        "quantity": "120",
        "unit": "把",
        "statutory_quantity": "50.4",
        "statutory_unit": "千克",
        "unit_price": "2.55",
        "amount": "306.00",
        "packages": 6,
        "net_weight_kg": "50.4",
        "origin_place": "重庆大足",
    }
