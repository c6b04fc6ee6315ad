"""Read a trade workbook into slips: every cell checked, every fault with sheet, row and column."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from python_calamine import CalamineError, CalamineWorkbook
from sqlalchemy.ext.asyncio import AsyncSession

from shared.sealing import Sealer
from shared.vocabulary.identifiers import InvalidIdentifier, normalise_identity
from shared.vocabulary.rules import Breach
from trade_ledger.domain.workbook import LINE_COLUMNS, LINES_SHEET, SLIP_COLUMNS, SLIPS_SHEET, Column
from trade_ledger.operations.trades.prepare_trades import EnteredTrade
from trade_ledger.store.facts import agreement_between, subject_by_reference, subject_by_stall
from trade_ledger.store.tables.copies import SubjectCopy

_MOST_ENTRIES = 100
_MOST_BYTES = 50 * 1024 * 1024
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


class NotAWorkbook(Exception):
    """The bytes are no workbook of ours; the text says why."""


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
}


def _header(columns: Sequence[Column], name: str) -> str:
    return next((column.header for column in columns if column.field == name), "")


def _check_container(content: bytes) -> None:
    """Refuse what would blow up before it is parsed (uploads are hostile)."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_ENTRIES or sum(each.file_size for each in entries) > _MOST_BYTES:
                raise NotAWorkbook("the file is too large when unpacked")
            if any(each.flag_bits & 0x1 or "vbaProject" in each.filename for each in entries):
                raise NotAWorkbook("encrypted files and macros are not accepted")
    except zipfile.BadZipFile as error:
        raise NotAWorkbook("the file is not XLSX") from error


def _table(book: CalamineWorkbook, sheet: str, columns: Sequence[Column]) -> list[tuple[int, dict[str, str]]]:
    if sheet not in book.sheet_names:
        raise NotAWorkbook(f"sheet {sheet} is missing")
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    if not rows or len(rows) > _MOST_ROWS:
        raise NotAWorkbook(f"sheet {sheet} is empty or has more than {_MOST_ROWS} rows")
    headers = [str(cell).strip().rstrip("*") for cell in rows[0]]
    missing = [column.header for column in columns if column.required and column.header not in headers]
    if missing:
        raise NotAWorkbook(f"sheet {sheet} lacks the columns {', '.join(missing)}")
    at = {column.field: headers.index(column.header) for column in columns if column.header in headers}
    table = []
    for number, row in enumerate(rows[1:], 2):
        cells = {name: _text(row[index]) if index < len(row) else "" for name, index in at.items()}
        if any(cells.values()):
            table.append((number, cells))
    return table


def _text(cell: Any) -> str:
    """A cell as text: whole numbers without a point, dates as ISO; a float only as Excel shows it."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, (date, datetime)):
        return cell.strftime("%Y-%m-%d")
    return str(cell).strip()


def read_slips(content: bytes) -> list[Slip]:
    """The slips of a workbook in the order of their rows."""
    _check_container(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        slips_table = _table(book, SLIPS_SHEET, SLIP_COLUMNS)
        lines_table = _table(book, LINES_SHEET, LINE_COLUMNS)
    except CalamineError as error:
        raise NotAWorkbook("the workbook can't be read") from error
    slips: dict[str, Slip] = {}
    for row, cells in slips_table:
        number = cells["slip"] or f"row {row}"
        slip = slips.setdefault(number, Slip(number, row, cells))
        if slip.row != row:
            slip.faults.append(_fault(SLIPS_SHEET, row, "交易单号", "cell_repeated"))
        _check_cells(slip, SLIPS_SHEET, row, cells, SLIP_COLUMNS)
    for row, cells in lines_table:
        owner = slips.get(cells["slip"])
        if owner is None:
            owner = slips.setdefault(f"row {row}", Slip(cells["slip"] or f"row {row}", row, {}))
            owner.faults.append(_fault(LINES_SHEET, row, "交易单号", "slip_unknown"))
        owner.lines.append((row, cells))
        _check_cells(owner, LINES_SHEET, row, cells, LINE_COLUMNS)
    return list(slips.values())


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


async def resolved(
    session: AsyncSession, slips: Sequence[Slip], *, importer: UUID, sealer: Sealer, pilot: str
) -> list[tuple[Slip, EnteredTrade | None]]:
    """Each slip with the trade it enters, where its cells allow; parties are found by stall and by document."""
    found: list[tuple[Slip, EnteredTrade | None]] = []
    for slip in slips:
        if slip.faults:
            found.append((slip, None))
            continue
        found.append((slip, await _entered(session, slip, importer, sealer, pilot)))
    return found


async def _entered(session: AsyncSession, slip: Slip, importer: UUID, sealer: Sealer, pilot: str) -> EnteredTrade:
    cells = slip.cells
    seller = await subject_by_stall(session, pilot, cells["stall_number"])
    seller_id = _UNKNOWN if seller is None else seller.subject_id
    buyer_id = None
    if cells["buyer_number"]:
        buyer = await _buyer(session, cells, sealer, pilot)
        buyer_id = _UNKNOWN if buyer is None else buyer.subject_id
    consignor_id = seller_id if cells["export_mode"] == "own" else importer
    export_agency = procurement_agency = None
    if cells["export_mode"] == "agency":
        export_agency = await agreement_between(session, pilot, "export_agency", seller_id, consignor_id)
    entrusted = cells["procurement_agency"].lower() in ("yes", "是")
    if entrusted and buyer_id is not None:
        procurement_agency = await agreement_between(session, pilot, "procurement_agency", buyer_id, importer)
    currencies = {line["currency"] for _, line in slip.lines}
    lines = [_line(number, line) for number, (_, line) in enumerate(slip.lines, 1)]
    return EnteredTrade(
        seller_id=seller_id,
        consignor_id=consignor_id,
        buyer_id=buyer_id,
        stall_number=cells["stall_number"],
        kind="goods",
        procurement="entrusted" if entrusted else "self",
        export_mode=cells["export_mode"],
        procurement_agency_id=procurement_agency.agreement_id if procurement_agency else None,
        export_agency_id=export_agency.agreement_id if export_agency else None,
        settlement_method=cells["settlement_method"],
        channel=cells["channel"],
        trade_date=date.fromisoformat(cells["trade_date"]),
        price_term=cells["price_term"],
        currency=currencies.pop() if len(currencies) == 1 else "XXX",
        total=sum((Decimal(line["amount"]) for line in lines), Decimal(0)),
        domestic_leg=_domestic_leg(cells),
        document_hashes=(cells["document_hash"],) if cells["document_hash"] else (),
        external_ref=slip.number,
        lines=lines,
    )


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


def _line(number: int, cells: dict[str, str]) -> dict[str, Any]:
    optional = {"second_statutory_quantity", "second_statutory_unit"}
    line: dict[str, Any] = {
        name: value or None if name in optional else value
        for name, value in cells.items()
        if name not in ("slip", "stall_number", "currency")
    }
    return {**line, "packages": int(cells["packages"]), "line_no": number}
