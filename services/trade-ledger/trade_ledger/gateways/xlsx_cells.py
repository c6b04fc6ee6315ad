"""One sheet of a workbook, streamed: only what is filled is kept, however large the sheet is as a table."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from trade_ledger.domain.cells import Cell, CellType, Sheet
from trade_ledger.gateways.xlsx_numbers import cell_of_number
from trade_ledger.gateways.xlsx_parts import (
    LOST,
    Attributes,
    Package,
    TextRuns,
    Unreadable,
    counted,
    is_blank,
    local,
    unescaped,
)

MOST_ROWS = 20_000
"""The filled rows of a sheet that are read."""
MOST_CELLS = 1_000_000
_MOST_SIGNS = 32 * 1024 * 1024
_MOST_MERGED = 20_000
_AT = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9:.]+)Z?)?")
_ERRORS = frozenset({"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!"})
_ON = ("1", "true")
Range = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Book:
    """What the cells of all sheets refer to."""

    texts: list[tuple[bool, str]]
    formats: list[str]
    from_1904: bool


@dataclass(slots=True)
class _Raw:
    """A cell as it is written: `runs` is its inline text, `value` its value, None without one."""

    at: tuple[int, int]
    kind: str
    style: int
    formula: bool = False
    value: list[str] | None = None
    runs: TextRuns | None = None


@dataclass(slots=True)
class _Reader:
    book: Book
    name: str
    sheet: Sheet = field(default_factory=Sheet)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[Range] = field(default_factory=list)
    row: int = 0
    column: int = -1
    row_hidden: bool = False
    cells: int = 0
    signs: int = 0
    raw: _Raw | None = None

    def start(self, name: str, told: Attributes) -> None:
        name = local(name)
        if self.raw is not None:
            self._start_inside(self.raw, name, told)
        elif name == "c":
            self._start_cell(told)
        elif name == "row":
            self.row = counted(told["r"]) if "r" in told else self.row + 1
            self.column = -1
            self.row_hidden = told.get("hidden") in _ON or told.get("ht") == "0"
        elif name == "col" and (told.get("hidden") in _ON or told.get("width") == "0"):
            self.hidden_columns.append((int(told["min"]) - 1, int(told["max"]) - 1))
        elif name == "mergeCell":
            self._merge(told["ref"])

    def _start_cell(self, told: Attributes) -> None:
        if "r" in told:
            self.column, self.row = _place(told["r"])
        else:
            self.column += 1
        self.raw = _Raw((self.row, self.column), told.get("t", "n"), counted(told.get("s", "0")))

    def _start_inside(self, raw: _Raw, name: str, told: Attributes) -> None:
        if raw.runs is not None:
            raw.runs.start(name, told)
        elif name == "v":
            raw.value = []
        elif name == "f":
            raw.formula = True
        elif name == "is":
            raw.runs = TextRuns()

    def end(self, name: str) -> None:
        name, raw = local(name), self.raw
        if raw is None:
            return
        if name == "c":
            self.raw = None
            self._keep(raw)
        elif raw.runs is not None and name != "is":
            raw.runs.end(name)

    def data(self, text: str) -> None:
        if self.raw is not None:
            if self.raw.runs is not None:
                self.raw.runs.data(text)
            elif self.raw.value is not None:
                self.raw.value.append(text)

    def _keep(self, raw: _Raw) -> None:
        cell = _cell(raw, self.book)
        if cell is None:
            return
        self.cells += 1
        self.signs += len(cell.text)
        if self.cells > MOST_CELLS or self.signs > _MOST_SIGNS:
            raise Unreadable("workbook_too_large")
        row, column = raw.at
        if row not in self.sheet.rows:
            if len(self.sheet.rows) >= MOST_ROWS:
                raise Unreadable("sheet_too_long", self.name)
            self.sheet.rows[row] = {}
            if self.row_hidden and row > 1:
                self.sheet.hidden_rows.append(row)
        self.sheet.rows[row][column] = cell

    def _merge(self, ref: str) -> None:
        first, _, last = ref.partition(":")
        (left, top), (right, bottom) = _place(first), _place(last or first)
        if (left, top) != (right, bottom):
            self.merged.append((top, left, bottom, right))


def read_cells(package: Package, part: str, name: str, book: Book) -> Sheet:
    """The filled cells of a sheet; those of a merged range have its first cell's content."""
    reader = _Reader(book, name)
    if not package.parse(part, reader.start, reader.end, reader.data):
        raise Unreadable("workbook_unreadable")
    sheet = reader.sheet
    sheet.rows = dict(sorted(sheet.rows.items()))
    _fill_merged(sheet, reader.merged)
    used = {column for number, row in sheet.rows.items() if number > 1 for column in row}
    sheet.hidden_columns = [
        column for column in sorted(used) if any(first <= column <= last for first, last in reader.hidden_columns)
    ]
    return sheet


def _fill_merged(sheet: Sheet, ranges: Iterable[Range]) -> None:
    """Rows that nothing else fills stay empty: a column merged down to the last row of the sheet is no long table."""
    numbers, steps = list(sheet.rows), 0
    for top, left, bottom, right in ranges:
        rows = numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]
        columns = range(left, right + 1)
        steps += len(rows) * len(columns)
        if steps > MOST_CELLS:
            raise Unreadable("workbook_too_large")
        head = sheet.rows.get(top, {}).get(left)
        for number in rows:
            for column in columns:
                covered = sheet.rows[number].get(column)
                if (number, column) != (top, left) and (
                    covered is not None or (head is not None and top == 1 < number)
                ):
                    shown = covered or head
                    sheet.rows[number][column] = Cell(shown.type, shown.text, "under")  # type: ignore[union-attr]  # one is there
                elif head is not None:
                    sheet.rows[number][column] = Cell(head.type, head.text, "down" if left == right else "across")


def _place(at: str) -> tuple[int, int]:
    """Column from 0 and row from 1 of `B7`."""
    found = _AT.fullmatch(at.upper())
    if found is None:
        raise Unreadable("workbook_unreadable")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return column - 1, int(found[2])


def _cell(raw: _Raw, book: Book) -> Cell | None:
    """What the cell holds; None where it shows nothing."""
    value = None if raw.value is None else "".join(raw.value)
    if raw.formula and (value is None or (not value and raw.kind == "n")):
        return Cell("uncomputed", "")
    if raw.runs is not None:
        return _text(raw.runs.text(), raised=raw.runs.raised)
    if not value:
        return None
    if raw.kind == "s":
        raised, text = book.texts[counted(value)]
        return _text(text, raised=raised)
    return _text(unescaped(value)) if raw.kind in ("str", "inlineStr") else _other(raw, value, book)


def _text(text: str, *, raised: bool = False) -> Cell | None:
    if is_blank(text):
        return None
    text = text.strip()
    kind: CellType = "error" if text in _ERRORS or LOST in text else "raised" if raised else "text"
    return Cell(kind, text)


def _other(raw: _Raw, value: str, book: Book) -> Cell:
    if raw.kind == "e":
        return Cell("error", value)
    if raw.kind == "b":
        return Cell("boolean", "TRUE" if value in _ON else "FALSE")
    if raw.kind == "d":
        found = _ISO.fullmatch(value)
        if found is None:
            return Cell("time", value)
        clock = (found[2] or "").strip("0:.")
        return Cell("moment", value) if clock else Cell("date", found[1])
    code = book.formats[raw.style] if raw.style < len(book.formats) else "General"
    return Cell(*cell_of_number(value, code, from_1904=book.from_1904))
