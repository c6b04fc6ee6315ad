"""Read a trade workbook into slips: every cell checked, every fault with sheet, row and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.sealing import Sealer
from shared.vocabulary.errors import Malformed
from shared.vocabulary.identifiers import InvalidIdentifier
from shared.vocabulary.rules import Breach
from trade_ledger.domain.workbook import (
    ANY_STALL,
    DOMESTIC_LEG,
    LINE_COLUMNS,
    LINES_SHEET,
    SHEETS,
    SLIP_COLUMNS,
    SLIPS_SHEET,
    YES,
    Column,
    breach_of_cell,
    breaches_of_headers,
    cell_read,
    date_in,
    empty_companions,
    header_named,
)
from trade_ledger.gateways.xlsx import NotAWorkbook, read_sheets
from trade_ledger.store.facts import agreement_between, agreement_by_number, subject_by_reference, subject_by_stall
from trade_ledger.store.tables.copies import SubjectCopy

_MOST_ROWS = 20_000
_UNKNOWN = UUID(int=0)
Table = list[tuple[int, dict[str, str]]]


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
    lines: Table = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def usable_lines(self) -> Table:
        """The lines without a fault: the rules are held against these, whatever the others say."""
        faulty = {each.row for each in self.faults if each.sheet == LINES_SHEET}
        return [(row, cells) for row, cells in self.lines if row not in faulty]

    def blame(self, breaches: Sequence[Breach]) -> None:
        """Keep breaches of an entry's form as faults of the cells that it came from, one of a kind in each cell."""
        # The total is the lines' own: what is wrong with an amount is not told again of the sum.
        named = {(self._place_of(breach.pointer), breach.code): breach for breach in reversed(breaches)}
        self.faults += [Fault(*place, breach) for (place, _), breach in reversed(named.items())]

    def all_faults(self, breaches: Sequence[Breach]) -> Iterator[Fault]:
        """What its cells and its rules say; of a cell that can't be used only that."""
        yield from self.faults
        unusable = {(each.sheet, each.row, each.column) for each in self.faults}
        said = set()
        for breach in breaches:
            place = self._place_of(breach.pointer)
            if place not in unusable and (place, breach.code) not in said:
                said.add((place, breach.code))
                yield Fault(*place, breach)

    def _place_of(self, pointer: str) -> tuple[str, int, str]:
        """Sheet, row and column header of a breach's pointer."""
        parts = pointer.strip("/").split("/")
        if parts[0] == "domestic_leg":
            return SLIPS_SHEET, self.row, _header(SLIP_COLUMNS, f"domestic_{parts[-1]}")
        usable = self.usable_lines()
        if parts[0] in _OF_ALL_LINES and usable:
            return LINES_SHEET, usable[0][0], _header(LINE_COLUMNS, _OF_ALL_LINES[parts[0]])
        if parts[0] == "lines" and len(parts) > 1 and parts[1].isdigit():
            row = usable[int(parts[1])][0]
            return LINES_SHEET, row, _header(LINE_COLUMNS, parts[2] if len(parts) > 2 else "")
        return SLIPS_SHEET, self.row, _header(SLIP_COLUMNS, _SLIP_FIELD.get(parts[0], parts[0]))


_OF_ALL_LINES = {"currency": "currency", "total": "amount"}
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


async def read_slips(content: bytes) -> list[Slip]:
    """The slips of a workbook in the order of their rows; Malformed where its sheets or columns are not ours."""
    try:
        sheets = await read_sheets(content, tuple(SHEETS))
    except NotAWorkbook as error:
        raise Malformed((Breach(error.code, "", ""),)) from error
    if breaches := [breach for sheet in SHEETS for breach in _breaches_of_sheet(sheets, sheet)]:
        raise Malformed(tuple(breaches))
    slips: dict[str, Slip] = {}
    for row, cells in _table(sheets, SLIPS_SHEET):
        number = cells["slip"] or f"row {row}"
        slip = slips.setdefault(number, Slip(number, row, cells))
        if slip.row != row:
            slip.faults.append(_fault(SLIPS_SHEET, row, "slip", "cell_repeated"))
        _check_cells(slip, SLIPS_SHEET, row, cells)
        slip.faults += [_fault(SLIPS_SHEET, row, name, "cell_empty") for name in empty_companions(cells)]
    _add_lines(slips, _table(sheets, LINES_SHEET))
    for slip in slips.values():
        if not slip.lines:
            slip.faults.append(_fault(SLIPS_SHEET, slip.row, "slip", "slip_without_lines"))
    return list(slips.values())


def _breaches_of_sheet(sheets: Mapping[str, list[list[str]]], sheet: str) -> tuple[Breach, ...]:
    rows = sheets.get(sheet)
    if rows is None:
        return (Breach("sheet_missing", "", f"/{sheet}", {"sheet": sheet}),)
    if len(rows) > _MOST_ROWS:
        return (Breach("sheet_too_long", "", f"/{sheet}", {"sheet": sheet, "limit": str(_MOST_ROWS)}),)
    return breaches_of_headers(sheet, _headers(rows))


def _headers(rows: Sequence[Sequence[str]]) -> list[str]:
    return [header_named(cell) for cell in rows[0]] if rows else []


def _table(sheets: Mapping[str, list[list[str]]], sheet: str) -> Table:
    """The filled rows with their numbers; every field is there, empty where it has no column."""
    headers, table = _headers(sheets[sheet]), []
    at = [(column, headers.index(column.header) if column.header in headers else -1) for column in SHEETS[sheet]]
    for number, row in enumerate(sheets[sheet][1:], 2):
        cells = {column.field: cell_read(column, row[index]) if 0 <= index < len(row) else "" for column, index in at}
        if any(cells.values()):
            table.append((number, cells))
    return table


def _add_lines(slips: dict[str, Slip], table: Table) -> None:
    for row, cells in table:
        owner = slips.get(cells["slip"])
        if owner is None:
            owner = slips.setdefault(f"row {row}", Slip(cells["slip"] or f"row {row}", row, {}))
            owner.faults.append(_fault(LINES_SHEET, row, "slip", "slip_unknown"))
        elif cells["stall_number"] not in ("", ANY_STALL, owner.cells["stall_number"]):
            owner.faults.append(_fault(LINES_SHEET, row, "stall_number", "slip_stalls_differ"))
        if owner.lines and owner.lines[0][1]["currency"] != cells["currency"]:
            owner.faults.append(_fault(LINES_SHEET, row, "currency", "slip_currencies_differ"))
        owner.lines.append((row, cells))
        _check_cells(owner, LINES_SHEET, row, cells)


def _fault(sheet: str, row: int, name: str, code: str) -> Fault:
    return Fault(sheet, row, _header(SHEETS[sheet], name), Breach(code, "", ""))


def _check_cells(slip: Slip, sheet: str, row: int, cells: Mapping[str, str]) -> None:
    for column in SHEETS[sheet]:
        if breach := breach_of_cell(column, cells[column.field]):
            slip.faults.append(Fault(sheet, row, column.header, breach))


async def slip_entry(
    session: AsyncSession, slip: Slip, *, importer: UUID, sealer: Sealer, pilot: str
) -> dict[str, Any] | None:
    """The entry that a slip's usable lines make, or None where there are none; parties are found here."""
    cells = slip.cells
    if not (cells and slip.usable_lines()):
        return None
    traded_on = date_in(cells["trade_date"])
    seller = await subject_by_stall(session, pilot, cells["stall_number"], traded_on)
    seller_id = _UNKNOWN if seller is None else seller.subject_id
    buyer_id = None
    if cells["buyer_number"]:
        buyer = await _buyer(session, cells, sealer, pilot)
        buyer_id = _UNKNOWN if buyer is None else buyer.subject_id
    consignor_id = await _consignor(session, cells, pilot, seller_id, importer)
    entrusted = cells["procurement_agency"] in YES
    lines = [_line(line) for _, line in slip.usable_lines()]
    return {
        "seller_id": seller_id,
        "consignor_id": consignor_id,
        "buyer_id": buyer_id,
        "procurement": "entrusted" if entrusted else "self",
        "export_agency_id": await _export_agency(session, cells, pilot, seller_id, consignor_id),
        "procurement_agency_id": await _procurement_agency(session, pilot, buyer_id, importer) if entrusted else None,
        "currency": slip.usable_lines()[0][1]["currency"],
        "total": f"{sum((Decimal(line['amount']) for line in lines), Decimal(0)):f}",
        "domestic_leg": _domestic_leg(cells),
        "document_hashes": [cells["document_hash"]] if cells["document_hash"] else [],
        "external_ref": slip.number,
        "trade_date": traded_on,
        "lines": lines,
        **{name: cells[name] for name in _AS_IT_STANDS},
    }


_AS_IT_STANDS = ("stall_number", "export_mode", "settlement_method", "channel", "price_term")


async def _consignor(session: AsyncSession, cells: dict[str, str], pilot: str, seller_id: UUID, importer: UUID) -> UUID:
    """Who exports: the seller its own goods, the agent of the agency that the seller names, else who imports."""
    if cells["export_mode"] == "own" and seller_id != _UNKNOWN:
        return seller_id
    if cells["export_mode"] == "agency" and seller_id == importer:
        named = await agreement_by_number(session, pilot, cells["export_agency"])
        return importer if named is None else named.agent_id
    return importer


async def _export_agency(
    session: AsyncSession, cells: dict[str, str], pilot: str, seller_id: UUID, consignor_id: UUID
) -> UUID | None:
    """The agreement the slip names by number, else the newest of the two parties."""
    if cells["export_mode"] != "agency":
        return None
    if cells["export_agency"].lower() not in ("", *YES):
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
    try:
        index = sealer.identity_index(cells["buyer_kind"], cells["buyer_number"], cells["buyer_country"])
    except InvalidIdentifier:
        return None
    return await subject_by_reference(session, pilot, number=cells["buyer_number"], identity_index=index)


def _domestic_leg(cells: dict[str, str]) -> dict[str, Any] | None:
    if not any(cells[name] for name in DOMESTIC_LEG):
        return None
    leg = {name.removeprefix("domestic_"): cells[name] for name in DOMESTIC_LEG}
    return {**leg, "paid_on": date_in(leg["paid_on"])}


def _line(cells: dict[str, str]) -> dict[str, Any]:
    """Empty cells are left out, so that a column's own default holds."""
    return {name: value for name, value in cells.items() if value and name not in ("slip", "stall_number", "currency")}
