"""Reads and writes the workbooks of the sample days."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineWorkbook

FOLDER = Path(__file__).with_name("workbooks")
Rows = Sequence[Sequence[str]]
# The same bytes on every machine and day: the file carries no time of its own.
_CREATED = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC).replace(tzinfo=None)


def write_workbook(file: Path | BytesIO, sheets: Mapping[str, tuple[Sequence[str], Rows]]) -> None:
    """One workbook: each sheet with its headers, every cell text."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"created": _CREATED})
    for name, (headers, rows) in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, headers)
        for number, row in enumerate(rows, 1):
            sheet.write_row(number, 0, [str(cell) for cell in row])
    book.close()


def read_sheet(file: Path, sheet: str) -> list[dict[str, str]]:
    """The rows of a sheet by header, every cell as text."""
    rows = CalamineWorkbook.from_path(file).get_sheet_by_name(sheet).to_python()
    table = [[str(cell).strip() for cell in row] for row in rows]
    return [dict(zip(table[0], row, strict=False)) for row in table[1:] if any(row)]
