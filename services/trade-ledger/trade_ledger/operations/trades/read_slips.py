"""Read a trade workbook into slips: every cell checked, every fault reported with sheet, row and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.vocabulary.errors import Malformed
from shared.vocabulary.rules import Breach
from trade_ledger.domain.slips import Fault, Rows, Slip, header_of
from trade_ledger.domain.workbook import (
    ANY_STALL,
    LINES_SHEET,
    SHEETS,
    SLIPS_SHEET,
    breach_of_cell,
    breaches_of_headers,
    cell_read,
    empty_companions,
    header_named,
)
from trade_ledger.gateways.xlsx import NotAWorkbook, read_sheets

_MOST_ROWS = 20_000


async def read_slips(content: bytes) -> list[Slip]:
    """A workbook's slips in row order; raises Malformed if its sheets or columns aren't the template's."""
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


def _table(sheets: Mapping[str, list[list[str]]], sheet: str) -> Rows:
    """The filled rows with their numbers; every field is there, empty where it has no column."""
    headers, table = _headers(sheets[sheet]), []
    at = [(column, headers.index(column.header) if column.header in headers else -1) for column in SHEETS[sheet]]
    for number, row in enumerate(sheets[sheet][1:], 2):
        cells = {column.field: cell_read(column, row[index]) if 0 <= index < len(row) else "" for column, index in at}
        if any(cells.values()):
            table.append((number, cells))
    return table


def _add_lines(slips: dict[str, Slip], table: Rows) -> None:
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
    return Fault(sheet, row, header_of(SHEETS[sheet], name), Breach(code, "", ""))


def _check_cells(slip: Slip, sheet: str, row: int, cells: Mapping[str, str]) -> None:
    for column in SHEETS[sheet]:
        if breach := breach_of_cell(column, cells[column.field]):
            slip.faults.append(Fault(sheet, row, column.header, breach))
