"""A process of its own that reads one workbook from standard input: a hostile file can only end this process.

It answers a line of JSON for each sheet and each filled row, so that nobody has to parse all of it at one go.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.parsers.expat import ExpatError

from trade_ledger.domain.cells import Sheet
from trade_ledger.gateways.xlsx_cells import MOST_ROWS, Book, read_cells
from trade_ledger.gateways.xlsx_parts import Attributes, Package, Unreadable, formats_of_styles, local, shared_texts

MOST_MEMORY = 512 * 1024 * 1024
MOST_SECONDS = 20
# NotImplementedError: a compression or a zip version that zipfile can't read.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, ExpatError, EOFError, NotImplementedError, LookupError, ValueError, ArithmeticError,
)  # fmt: skip


def sheets_of(content: bytes, names: Sequence[str]) -> dict[str, Sheet]:
    """The named sheets that the workbook has."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(Package(archive), names)
    except _DAMAGED as error:
        raise Unreadable("workbook_unreadable") from error


def _read(package: Package, names: Sequence[str]) -> dict[str, Sheet]:
    main = next((part for kind, part in package.related("").values() if kind == "officeDocument"), "xl/workbook.xml")
    sheets: dict[str, tuple[str, bool]] = {}
    from_1904 = False

    def start(name: str, told: Attributes) -> None:
        nonlocal from_1904
        if local(name) == "sheet":
            relation = next((value for key, value in told.items() if ":" in key and local(key) == "id"), "")
            sheets[told["name"]] = relation, told.get("state", "visible") != "visible"
        elif local(name) == "workbookPr":
            from_1904 = told.get("date1904") in ("1", "true")

    if not package.parse(main, start):
        raise Unreadable("workbook_unreadable")
    parts = package.related(main)
    by_kind = {kind: part for kind, part in parts.values()}
    texts = shared_texts(package, by_kind["sharedStrings"]) if "sharedStrings" in by_kind else []
    formats = formats_of_styles(package, by_kind["styles"]) if "styles" in by_kind else []
    book, found = Book(texts, formats, from_1904), {}
    for name in names:
        if name in sheets:
            relation, hidden = sheets[name]
            found[name] = read_cells(package, parts[relation][1], name, book)
            found[name].hidden = hidden
    return found


def _lines(sheets: Mapping[str, Sheet]) -> Iterator[Any]:
    for name, sheet in sheets.items():
        yield {
            "sheet": name,
            "hidden": sheet.hidden,
            "hidden_rows": sheet.hidden_rows,
            "hidden_columns": sheet.hidden_columns,
        }
        for number, row in sheet.rows.items():
            yield [number, [[column, cell.type, cell.text, cell.merged] for column, cell in row.items()]]


def main() -> int:
    """The sheets line by line, or {"problem": the code of why not}."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    try:
        said = _lines(sheets_of(sys.stdin.buffer.read(), sys.argv[1:]))
    except Unreadable as error:
        said = iter([{"problem": error.code, "about": error.sheet, "limit": MOST_ROWS}])
    for line in said:
        sys.stdout.write(json.dumps(line) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
