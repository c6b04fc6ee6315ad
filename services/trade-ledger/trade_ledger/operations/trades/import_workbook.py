"""Read a trade workbook into slips: every cell checked, every fault with sheet, row and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.sealing import Sealer
from shared.vocabulary.identifiers import InvalidIdentifier, normalise_identity
from shared.vocabulary.rules import Breach
from trade_ledger.domain.workbook import LINE_COLUMNS, LINES_SHEET, SLIP_COLUMNS, SLIPS_SHEET, Column
from trade_ledger.gateways.xlsx import NotAWorkbook, read_sheets
from trade_ledger.store.facts import agreement_between, agreement_by_number, subject_by_reference, subject_by_stall
from trade_ledger.store.tables.copies import SubjectCopy

_MOST_ROWS = 20_000
_NUMBERS = (
    "quantity",
    "amount",
    "net_weight_kg",
    "unit_price",
    "statutory_quantity",
    "second_statutory_quantity",
)
_UNKNOWN = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell."""

    sheet: str
    row: int
    column: str
    breach: Breach


@dataclass(slots=True)
class Slip:
    """One slip with its lines as read; `faults` where cells can't be used."""

    number: str
    row: int
    cells: dict[str, str]
    lines: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def place_of(self, pointer: str) -> tuple[str, int, str]:
        """Sheet, row and column header of a breach's pointer."""
        parts = pointer.strip("/").split("/")
        if parts[0] == "domestic_leg":
            return SLIPS_SHEET, self.row, _header(SLIP_COLUMNS, f"domestic_{parts[-1]}")
        if parts[0] == "currency" and self.lines:
            return LINES_SHEET, self.lines[0][0], _header(LINE_COLUMNS, "currency")
        if parts[0] == "lines" and len(parts) > 1 and parts[1].isdigit():
            row = self.lines[int(parts[1])][0]
            return LINES_SHEET, row, _header(LINE_COLUMNS, parts[2] if len(parts) > 2 else "")
        return SLIPS_SHEET, self.row, _header(SLIP_COLUMNS, _SLIP_FIELD.get(parts[0], parts[0]))


_SLIP_FIELD = {
    "seller_id": "stall_number",
    "buyer_id": "buyer_number",
    "export_agency_id": "export_agency",
    "procurement_agency_id": "procurement_agency",
    "external_ref": "slip",
    "document_hashes": "document_hash",
}


def _header(columns: Sequence[Column], name: str) -> str:
    return next((column.header for column in columns if column.field == name), "")


def _table(
    sheets: Mapping[str, list[list[str]]], sheet: str, columns: Sequence[Column]
) -> list[tuple[int, dict[str, str]]]:
    if sheet not in sheets:
        raise NotAWorkbook(f"sheet {sheet} is missing")
    rows = sheets[sheet]
    if not rows or len(rows) > _MOST_ROWS:
        raise NotAWorkbook(f"sheet {sheet} is empty or has more than {_MOST_ROWS} rows")
    headers = [cell.rstrip("*") for cell in rows[0]]
    missing = [column.header for column in columns if column.required and column.header not in headers]
    if missing:
        raise NotAWorkbook(f"sheet {sheet} lacks the columns {', '.join(missing)}")
    at = {column.field: headers.index(column.header) for column in columns if column.header in headers}
    table = []
    for number, row in enumerate(rows[1:], 2):
        cells = {name: row[index] if index < len(row) else "" for name, index in at.items()}
        if any(cells.values()):
            table.append((number, cells))
    return table


async def read_slips(content: bytes) -> list[Slip]:
    """The slips of a workbook in the order of their rows."""
    sheets = await read_sheets(content, (SLIPS_SHEET, LINES_SHEET))
    slips_table = _table(sheets, SLIPS_SHEET, SLIP_COLUMNS)
    lines_table = _table(sheets, LINES_SHEET, LINE_COLUMNS)
    slips: dict[str, Slip] = {}
    for row, cells in slips_table:
        number = cells["slip"] or f"row {row}"
        slip = slips.setdefault(number, Slip(number, row, cells))
        if slip.row != row:
            slip.faults.append(_fault(SLIPS_SHEET, row, "交易单号", "cell_repeated"))
        _check_cells(slip, SLIPS_SHEET, row, cells, SLIP_COLUMNS)
    _add_lines(slips, lines_table)
    for slip in slips.values():
        if not slip.lines:
            slip.faults.append(_fault(SLIPS_SHEET, slip.row, "交易单号", "slip_without_lines"))
    return list(slips.values())


def _add_lines(slips: dict[str, Slip], table: Sequence[tuple[int, dict[str, str]]]) -> None:
    for row, cells in table:
        owner = slips.get(cells["slip"])
        if owner is None:
            owner = slips.setdefault(f"row {row}", Slip(cells["slip"] or f"row {row}", row, {}))
            owner.faults.append(_fault(LINES_SHEET, row, "交易单号", "slip_unknown"))
        if owner.lines and owner.lines[0][1]["currency"] != cells["currency"]:
            owner.faults.append(_fault(LINES_SHEET, row, "币种", "slip_currencies_differ"))
        owner.lines.append((row, cells))
        _check_cells(owner, LINES_SHEET, row, cells, LINE_COLUMNS)


def _fault(sheet: str, row: int, header: str, code: str, **params: str) -> Fault:
    return Fault(sheet, row, header, Breach(code, "", "", params))


def _check_cells(slip: Slip, sheet: str, row: int, cells: dict[str, str], columns: Sequence[Column]) -> None:
    for column in columns:
        value = cells.get(column.field, "")
        if column.required and not value:
            slip.faults.append(_fault(sheet, row, column.header, "cell_empty"))
        elif value and column.field in _NUMBERS and not _is_number(value):
            slip.faults.append(_fault(sheet, row, column.header, "cell_not_number"))
        elif value and column.field in ("trade_date", "domestic_paid_on") and not _is_date(value):
            slip.faults.append(_fault(sheet, row, column.header, "cell_not_date"))
        elif value and column.field == "packages" and not value.isdecimal():
            slip.faults.append(_fault(sheet, row, column.header, "cell_not_number"))
        elif value and column.field in _CHOICES and value not in _CHOICES[column.field]:
            slip.faults.append(_fault(sheet, row, column.header, "cell_not_a_choice"))


_CHOICES = {
    "export_mode": {"own", "agency", "outright"},
    "channel": {"market", "cross_border_ecommerce", "comprehensive_service"},
    "price_term": {"EXW", "FOB", "C&F", "C&I", "CIF"},
    "settlement_method": {"fx", "rmb", "cash"},
    "brand_statement": {"own", "authorised"},
}


def _is_number(text: str) -> bool:
    try:
        return text.isascii() and Decimal(text).is_finite() and "e" not in text.lower() and "_" not in text
    except InvalidOperation:
        return False


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


async def slip_entries(
    session: AsyncSession, slips: Sequence[Slip], *, importer: UUID, sealer: Sealer, pilot: str
) -> list[dict[str, Any] | None]:
    """Each slip as the entry it stands for, or None where its cells can't be used; parties are found here."""
    return [None if slip.faults else await _entry(session, slip, importer, sealer, pilot) for slip in slips]


async def _entry(session: AsyncSession, slip: Slip, importer: UUID, sealer: Sealer, pilot: str) -> dict[str, Any]:
    cells = slip.cells
    seller = await subject_by_stall(session, pilot, cells["stall_number"])
    seller_id = _UNKNOWN if seller is None else seller.subject_id
    buyer_id = None
    if cells["buyer_number"]:
        buyer = await _buyer(session, cells, sealer, pilot)
        buyer_id = _UNKNOWN if buyer is None else buyer.subject_id
    consignor_id = seller_id if cells["export_mode"] == "own" and seller is not None else importer
    entrusted = cells["procurement_agency"].lower() in _YES
    lines = [_line(line) for _, line in slip.lines]
    return {
        "seller_id": seller_id,
        "consignor_id": consignor_id,
        "buyer_id": buyer_id,
        "procurement": "entrusted" if entrusted else "self",
        "export_agency_id": await _export_agency(session, cells, pilot, seller_id, consignor_id),
        "procurement_agency_id": await _procurement_agency(session, pilot, buyer_id, importer) if entrusted else None,
        "currency": slip.lines[0][1]["currency"] if slip.lines else "",
        "total": f"{sum((Decimal(line['amount']) for line in lines), Decimal(0)):f}",
        "domestic_leg": _domestic_leg(cells),
        "document_hashes": [cells["document_hash"]] if cells["document_hash"] else [],
        "external_ref": slip.number,
        "lines": lines,
        **{name: cells[name] for name in _AS_IT_STANDS},
    }


_YES = ("yes", "是")
_AS_IT_STANDS = ("stall_number", "export_mode", "settlement_method", "channel", "trade_date", "price_term")


async def _export_agency(
    session: AsyncSession, cells: dict[str, str], pilot: str, seller_id: UUID, consignor_id: UUID
) -> UUID | None:
    """The agreement the slip names by number, else the newest of the two parties."""
    if cells["export_mode"] != "agency":
        return None
    if cells["export_agency"].lower() not in ("", *_YES):
        named = await agreement_by_number(session, pilot, cells["export_agency"])
        return _UNKNOWN if named is None else named.agreement_id
    found = await agreement_between(session, pilot, "export_agency", seller_id, consignor_id)
    return None if found is None else found.agreement_id


async def _procurement_agency(session: AsyncSession, pilot: str, buyer_id: UUID | None, importer: UUID) -> UUID | None:
    if buyer_id is None:
        return None
    found = await agreement_between(session, pilot, "procurement_agency", buyer_id, importer)
    return None if found is None else found.agreement_id


async def _buyer(session: AsyncSession, cells: dict[str, str], sealer: Sealer, pilot: str) -> SubjectCopy | None:
    kind, country = cells["buyer_kind"], cells["buyer_country"]
    try:
        number = normalise_identity(kind, cells["buyer_number"], country)
    except InvalidIdentifier:
        return None
    index = sealer.blind_index(f"{country}:{kind}:{number}", purpose="subject.identity")
    return await subject_by_reference(session, pilot, number=cells["buyer_number"], identity_index=index)


def _domestic_leg(cells: dict[str, str]) -> dict[str, str] | None:
    if not cells["domestic_amount"]:
        return None
    return {
        "amount": cells["domestic_amount"],
        "paid_on": cells["domestic_paid_on"],
        "payer": cells["domestic_payer"],
        "payee": cells["domestic_payee"],
        "reference": cells["domestic_reference"],
    }


def _line(cells: dict[str, str]) -> dict[str, Any]:
    """Empty cells are left out, so that a column's own default holds."""
    line: dict[str, Any] = {
        name: value for name, value in cells.items() if value and name not in ("slip", "stall_number", "currency")
    }
    return {**line, "packages": int(cells["packages"])}
