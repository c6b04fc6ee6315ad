"""A process of its own that reads one workbook from standard input: a hostile file can only end this process.

A sheet whose two cells lie at opposite corners is small as a file and billions of cells as a table.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import zipfile
import zlib
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

MOST_ENTRIES = 100
MOST_BYTES = 50 * 1024 * 1024
_MOST_MEMORY = 1024 * 1024 * 1024
_MOST_SECONDS = 20


class Unreadable(Exception):
    """Why not, as a code of the problem catalogue."""


def _unpacked(content: bytes) -> io.BytesIO:
    """The same workbook uncompressed: what an entry claims to hold is all that is read of it."""
    safe = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(safe, "w") as copy:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES or sum(each.file_size for each in entries) > MOST_BYTES:
                raise Unreadable("workbook_too_large")
            if any(each.flag_bits & 0x1 or "vbaProject" in each.filename for each in entries):
                raise Unreadable("workbook_locked")
            for each in entries:
                copy.writestr(each.filename, archive.read(each))
    # NotImplementedError: a compression or a zip version that zipfile can't read.
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise Unreadable("workbook_unreadable") from error
    safe.seek(0)
    return safe


def _text(cell: Any) -> str:
    """A cell as text: dates as ISO; a number in the 15 digits that Excel counts with, whole ones without a point.

    A formula's 2.55 * 120 is kept as 305.99999999999994 in the file and shown as 306.
    """
    if isinstance(cell, float):
        plain = f"{Decimal(f'{cell:.15g}'):f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if isinstance(cell, (date, datetime)):
        return cell.strftime("%Y-%m-%d")
    return str(cell).strip()


def sheets_of(content: bytes, names: list[str]) -> dict[str, list[list[str]]]:
    """The named sheets as rows of text."""
    try:
        book = CalamineWorkbook.from_filelike(_unpacked(content))
        found = [name for name in names if name in book.sheet_names]
        tables = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in found}
    except CalamineError as error:
        raise Unreadable("workbook_unreadable") from error
    return {name: [[_text(cell) for cell in row] for row in rows] for name, rows in tables.items()}


def main() -> int:
    """Sheets as JSON, or {"problem": the code of why not}."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    try:
        said: dict[str, Any] = {"sheets": sheets_of(sys.stdin.buffer.read(), sys.argv[1:])}
    except Unreadable as error:
        said = {"problem": str(error)}
    sys.stdout.write(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
