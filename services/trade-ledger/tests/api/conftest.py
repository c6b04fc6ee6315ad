"""Trade workbooks as people fill them."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter

from trade_ledger.domain.workbook import SHEETS

XLSX = {"content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
STALL = "02-000018"


class Sheets:
    """Writes workbooks of slips and lines, and imports them."""

    def __init__(self, market: Any) -> None:
        self.market = market

    def slip(self, number: str = "S-1", **changed: Any) -> dict[str, Any]:
        """A slip that may be registered."""
        return {
            "slip": number,
            "stall_number": STALL,
            "export_mode": "agency",
            "channel": "market",
            "trade_date": "2026-05-13",
            "price_term": "FOB",
            "settlement_method": "fx",
            **changed,
        }

    def line(self, number: str = "S-1", **changed: Any) -> dict[str, Any]:
        """Its line of USD 306."""
        return {
            "slip": number,
            "goods_name": "活动扳手",
            "hs_code": "8204120000",
            "quantity": "120",
            "unit": "把",
            "packages": "6",
            "package_unit": "箱",
            "currency": "USD",
            "amount": "306.00",
            "net_weight_kg": "50.4",
            "unit_price": "2.55",
            "origin_place": "重庆大足",
            "statutory_quantity": "50.4",
            "statutory_unit": "千克",
            **changed,
        }

    def written(self, slips: list[dict[str, Any]], lines: list[dict[str, Any]]) -> bytes:
        """The workbook of these rows, with all columns."""
        tables = []
        for (name, columns), rows in zip(SHEETS.items(), (slips, lines), strict=True):
            headers = [column.header for column in columns]
            tables.append((name, headers, [[row.get(column.field, "") for column in columns] for row in rows]))
        return self.of(*tables)

    def of(self, *tables: tuple[str, list[str], list[list[Any]]]) -> bytes:
        """A workbook of sheets with their headers and rows."""
        file = io.BytesIO()
        book = xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy/m/d"})
        for name, headers, rows in tables:
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, headers)
            for number, row in enumerate(rows, 1):
                sheet.write_row(number, 0, row)
        book.close()
        return file.getvalue()

    async def sent(self, content: bytes, **how: Any) -> Any:
        """The answer to an import."""
        how = {**self.market.as_operator(), **how}
        return await self.market.door.call("POST", "/v1/trade-imports", content=content, headers=XLSX, **how)

    async def imported(self, *rows: list[dict[str, Any]], **how: Any) -> dict[str, Any]:
        """The report on an import of slips and lines."""
        answer = await self.sent(self.written(*rows), **how)
        assert answer.status_code == 200, answer.text
        report: dict[str, Any] = answer.json()
        return report


@pytest.fixture
def sheets(market: Any) -> Sheets:
    return Sheets(market)
