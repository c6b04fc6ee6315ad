"""The trades that `make bench` registers, as requests and as workbooks."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID

from marketctl.sample.sheets import write_workbook
from marketctl.sample.workbook_files import sheet_of
from trade_ledger.domain.workbook import LINE_COLUMNS, LINES_SHEET, SLIP_COLUMNS, SLIPS_SHEET

_GOODS = (("活动扳手", "8204120000"), ("钢丝钳", "8203200000"), ("螺丝刀", "8205400000"), ("挂锁", "8301100000"))
TRADE_DATE = "2026-06-08"
_LINES = 5
_BODIES = 64


@dataclass(frozen=True, slots=True)
class Parties:
    """Who trades in the bench."""

    seller: UUID
    operator: UUID
    buyer: UUID
    stall: str
    agency: UUID


def bodies_of(who: Parties) -> list[dict[str, Any]]:
    """Ready-made trades of five lines."""
    return [
        {
            "seller_id": str(who.seller),
            "consignor_id": str(who.operator),
            "buyer_id": str(who.buyer),
            "stall_number": who.stall,
            "export_mode": "agency",
            "export_agency_id": str(who.agency),
            "settlement_method": "fx",
            "trade_date": TRADE_DATE,
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


def workbook_of(who: Parties, slips: int, *, prefix: str) -> bytes:
    """A workbook of so many slips of five lines; their numbers begin with `prefix`."""
    numbers = [f"{prefix}-{n}" for n in range(slips)]
    heads = [
        {
            "slip": number,
            "stall_number": who.stall,
            "export_mode": "agency",
            "export_agency": "是",
            "channel": "market",
            "trade_date": TRADE_DATE,
            "price_term": "FOB",
            "settlement_method": "fx",
        }
        for number in numbers
    ]
    lines = [_row(who, number, n + k) for n, number in enumerate(numbers) for k in range(_LINES)]
    content = BytesIO()
    write_workbook(content, {SLIPS_SHEET: sheet_of(SLIP_COLUMNS, heads), LINES_SHEET: sheet_of(LINE_COLUMNS, lines)})
    return content.getvalue()


def _row(who: Parties, slip: str, number: int) -> dict[str, str]:
    line = {name: str(value) for name, value in _line(number).items()}
    return {
        **line,
        "slip": slip,
        "stall_number": who.stall,
        "currency": "USD",
        "item_mark": "N/M",
        "package_unit": "箱",
    }
