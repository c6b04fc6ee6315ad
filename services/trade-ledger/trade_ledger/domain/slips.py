"""A slip of a trade workbook: its cells and lines as read, and in which cell each breach is to be mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shared.vocabulary.rules import Breach
from trade_ledger.domain.workbook import LINE_COLUMNS, LINES_SHEET, SLIP_COLUMNS, SLIPS_SHEET, Column

Rows = list[tuple[int, dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in one cell; `letters` where its column has no header."""

    sheet: str
    row: int
    column: str
    breach: Breach
    letters: str = ""


@dataclass(slots=True)
class Slip:
    """One slip with its lines as read; `faults` where cells can't be used."""

    number: str
    row: int
    cells: dict[str, str]
    lines: Rows = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def usable_lines(self) -> Rows:
        """The lines without a fault; the rules are checked on these only."""
        faulty = {each.row for each in self.faults if each.sheet == LINES_SHEET}
        return [(row, cells) for row, cells in self.lines if row not in faulty]

    def blame(self, breaches: Sequence[Breach]) -> None:
        """Record the breaches of an entry's form as faults of its cells, one of each kind per cell."""
        # The total follows from the lines: a fault in an amount isn't reported again for the sum.
        named = {(self._place_of(breach.pointer), breach.code): breach for breach in reversed(breaches)}
        self.faults += [Fault(*place, breach) for (place, _), breach in reversed(named.items())]

    def all_faults(self, breaches: Sequence[Breach]) -> Iterator[Fault]:
        """The faults of cells and rules; an unusable cell gets its own fault only."""
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
            return SLIPS_SHEET, self.row, header_of(SLIP_COLUMNS, f"domestic_{parts[-1]}")
        usable = self.usable_lines()
        if parts[0] in _OF_ALL_LINES and usable:
            return LINES_SHEET, usable[0][0], header_of(LINE_COLUMNS, _OF_ALL_LINES[parts[0]])
        if parts[0] == "lines" and len(parts) > 1 and parts[1].isdigit():
            row = usable[int(parts[1])][0]
            return LINES_SHEET, row, header_of(LINE_COLUMNS, parts[2] if len(parts) > 2 else "")
        return SLIPS_SHEET, self.row, header_of(SLIP_COLUMNS, _SLIP_FIELD.get(parts[0], parts[0]))


_OF_ALL_LINES = {"currency": "currency", "total": "amount"}
_SLIP_FIELD = {
    "seller_id": "stall_number",
    "buyer_id": "buyer_number",
    "export_agency_id": "export_agency",
    "procurement_agency_id": "procurement_agency",
    "external_ref": "slip",
    "document_hashes": "document_hash",
}


def header_of(columns: Sequence[Column], name: str) -> str:
    """The header of a field's column; empty where it has none."""
    return next((column.header for column in columns if column.field == name), "")
