"""Which slips the two sheets of a trade workbook hold; a line without a slip stops those that may lack it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.vocabulary.rules import Breach
from trade_ledger.domain.cells import Cell, Sheet, breach_of_content, column_letters, text_of
from trade_ledger.domain.slips import Fault, Slip, header_of
from trade_ledger.domain.workbook import (
    ANY_STALL,
    LINE_COLUMNS,
    LINES_SHEET,
    SHEETS,
    SLIPS_SHEET,
    Column,
    breach_of_cell,
    breaches_of_headers,
    empty_companions,
    header_named,
)

_GOODS = frozenset({"goods_name", "hs_code"})


@dataclass(frozen=True, slots=True)
class HiddenPart:
    """What a sheet holds that it doesn't show: it is read like the rest."""

    sheet: str
    whole: bool
    rows: tuple[int, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlipSheets:
    """A workbook as read: its slips, the letters of each sheet's columns by header, and what isn't shown."""

    slips: Sequence[Slip]
    columns: Mapping[str, Mapping[str, str]]
    hidden: Sequence[HiddenPart]

    def cell_of(self, fault: Fault) -> str:
        """The cell's address, such as `F3`; of a fault of the whole row, its first cell's."""
        letters = fault.letters or self.columns[fault.sheet].get(fault.column, "A")
        return f"{letters}{fault.row}"


@dataclass(frozen=True, slots=True)
class _Row:
    """A filled row; `cells` has every field, empty where nothing can be read; none if no column of ours is filled."""

    number: int
    cells: dict[str, str]
    filled: frozenset[str]
    faults: list[Fault]


def slips_of(sheets: Mapping[str, Sheet]) -> SlipSheets | tuple[Breach, ...]:
    """The slips in row order with the faults of their cells, or why the sheets aren't the template's."""
    if breaches := [breach for name in SHEETS for breach in _breaches_of_sheet(sheets, name)]:
        return tuple(breaches)
    headers = {name: _headers(sheets[name]) for name in SHEETS}
    slips = _slips(_rows(sheets[SLIPS_SHEET], SLIPS_SHEET, headers[SLIPS_SHEET]))
    _add_lines(slips, _rows(sheets[LINES_SHEET], LINES_SHEET, headers[LINES_SHEET]))
    for slip in slips.values():
        if slip.cells and not slip.lines:
            slip.faults.append(_fault(SLIPS_SHEET, slip.row, "slip", "slip_without_lines"))
    columns = {name: {header: column_letters(at) for at, header in told.items()} for name, told in headers.items()}
    return SlipSheets(list(slips.values()), columns, tuple(_hidden(sheets)))


def _hidden(sheets: Mapping[str, Sheet]) -> Iterator[HiddenPart]:
    for name in SHEETS:
        sheet = sheets[name]
        if sheet.hidden or sheet.hidden_rows or sheet.hidden_columns:
            letters = tuple(column_letters(column) for column in sheet.hidden_columns)
            yield HiddenPart(name, sheet.hidden, tuple(sheet.hidden_rows), letters)


def _breaches_of_sheet(sheets: Mapping[str, Sheet], name: str) -> tuple[Breach, ...]:
    sheet = sheets.get(name)
    if sheet is None:
        return (Breach("sheet_missing", "", f"/{name}", {"sheet": name}),)
    return breaches_of_headers(name, list(_headers(sheet).values()))


def _headers(sheet: Sheet) -> dict[int, str]:
    """The headers by their column; one that holds no text is named by what it holds, and known to nobody."""
    return {at: header_named(cell.text) or cell.type for at, cell in sheet.rows.get(1, {}).items()}


def _rows(sheet: Sheet, name: str, headers: Mapping[int, str]) -> Iterator[_Row]:
    columns = {column.header: column for column in SHEETS[name]}
    known = {at: columns[header] for at, header in headers.items()}
    for number, row in sheet.rows.items():
        if number == 1:
            continue
        faults = [
            Fault(name, number, "", Breach("cell_without_header", "", "", {"value": cell.text}), column_letters(at))
            for at, cell in row.items()
            if at not in known
        ]
        filled = {known[at].field: cell for at, cell in row.items() if at in known}
        cells = _read_cells(name, number, filled, faults) if filled else {}
        yield _Row(number, cells, frozenset(filled), faults)


def _read_cells(sheet: str, row: int, filled: Mapping[str, Cell], faults: list[Fault]) -> dict[str, str]:
    cells = {}
    for column in SHEETS[sheet]:
        text, breach = "", None
        if column.field in filled:
            text, breach = _read_cell(filled[column.field], column)
        if breach := breach or breach_of_cell(column, text):
            faults.append(Fault(sheet, row, column.header, breach))
        cells[column.field] = text
    return cells


def _read_cell(cell: Cell, column: Column) -> tuple[str, Breach | None]:
    breach = breach_of_content(cell, column.kind)
    # With its invisible characters a number is refused, but it still says which lines belong to it.
    readable = breach is None or breach.code == "cell_invisible"
    text = text_of(cell, column.kind) if readable else ""
    return (column.choices.code_of(text) or text if column.choices else text), breach


def _slips(rows: Iterator[_Row]) -> dict[str, Slip]:
    slips: dict[str, Slip] = {}
    for row in rows:
        number = row.cells.get("slip", "")
        slip = slips.setdefault(number or f"\0{row.number}", Slip(number or f"row {row.number}", row.number, row.cells))
        if slip.row != row.number:
            slip.faults.append(_fault(SLIPS_SHEET, row.number, "slip", "cell_repeated"))
        slip.faults += row.faults
        for name in empty_companions(row.filled):
            slip.faults.append(_fault(SLIPS_SHEET, row.number, name, "cell_empty"))
    return slips


def _add_lines(slips: dict[str, Slip], rows: Iterator[_Row]) -> None:
    above: Slip | None = None
    unclear: list[int] = []
    for row in rows:
        number = row.cells.get("slip", "")
        owner = slips.get(number)
        if owner is not None and owner.cells:
            _stop(owner, unclear)
            above, unclear = owner, []
            _check_line_of(owner, row)
        else:
            if row.filled & _GOODS and not _names_a_slip(row):
                unclear.append(row.number)
                if above is not None:
                    _stop(above, [row.number])
            owner = slips.setdefault(f"\0line {row.number}", _line_of_no_slip(row))
        owner.faults += row.faults
        if row.cells:
            owner.lines.append((row.number, row.cells))


def _names_a_slip(row: _Row) -> bool:
    """Whether the line says whose it is, though perhaps a slip that isn't there."""
    header = header_of(LINE_COLUMNS, "slip")
    return bool(row.cells["slip"]) and all(each.column != header for each in row.faults)


def _stop(slip: Slip, unclear: Sequence[int]) -> None:
    """A slip is registered whole: it waits where a line beside its own may be one of them."""
    slip.faults += [_fault(LINES_SHEET, row, "slip", "slip_of_line_unclear") for row in unclear]


def _check_line_of(owner: Slip, row: _Row) -> None:
    stall = owner.cells["stall_number"]
    if stall and row.cells["stall_number"] not in ("", ANY_STALL, stall):
        owner.faults.append(_fault(LINES_SHEET, row.number, "stall_number", "slip_stalls_differ"))
    told = row.cells["currency"]
    if told and any(cells["currency"] not in ("", told) for _, cells in owner.lines[:1]):
        owner.faults.append(_fault(LINES_SHEET, row.number, "currency", "slip_currencies_differ"))


def _line_of_no_slip(row: _Row) -> Slip:
    number = row.cells.get("slip", "")
    faults = [_fault(LINES_SHEET, row.number, "slip", "slip_unknown")] if number else []
    return Slip(number or f"row {row.number}", row.number, {}, faults=faults)


def _fault(sheet: str, row: int, name: str, code: str) -> Fault:
    return Fault(sheet, row, header_of(SHEETS[sheet], name), Breach(code, "", ""))
