"""A slip of a trade workbook: its cells and lines as read, and in which cell each breach is to be mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.vocabulary.rules import Breach
from trade_ledger.domain.workbook import (
    DOMESTIC_LEG,
    LINE_COLUMNS,
    LINES_SHEET,
    SHEETS,
    SLIP_COLUMNS,
    SLIPS_SHEET,
    Column,
)

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

    def unread(self) -> set[str]:
        """The pointers of the entry's fields that a fault makes unreadable."""
        if not self.cells:
            return {"/lines", *_OF_NO_SLIP} if not self.lines else set(_OF_NO_SLIP) | self._unread_of_faults()
        return self._unread_of_faults() | (set() if self.lines else {"/lines"})

    def _unread_of_faults(self) -> set[str]:
        index = {row: n for n, (row, _) in enumerate(self.lines)}
        found: set[str] = set()
        for each in self.faults:
            name = field_of(each.sheet, each.column)
            if each.sheet == SLIPS_SHEET:
                found.update(_RESULTS_OF.get(name, (f"/{name}",)) if name else ())
            elif name and each.row in index:
                found.add(f"/lines/{index[each.row]}/{name}")
        return found

    def doubt_stall(self) -> None:
        """Several hold the stall on the day of the trade: whose goods they are can't be told (R-FILE-2)."""
        place = (SLIPS_SHEET, self.row, header_of(SLIP_COLUMNS, "stall_number"))
        self.faults.append(Fault(*place, Breach("stall_ambiguous", "R-FILE-2", "/stall_number")))

    def all_faults(self, breaches: Sequence[Breach]) -> Iterator[Fault]:
        """The faults of cells and of the entry made from them; an unreadable cell gets its own fault only."""
        yield from self.faults
        unreadable = {(each.sheet, each.row, each.column) for each in self.faults}
        said = set()
        # The total follows from the lines: a fault in an amount isn't reported again for the sum.
        summed = not any(each.pointer.endswith("/amount") for each in breaches if not each.rule)
        for breach in breaches:
            place = self._place_of(breach.pointer) if summed or breach.pointer != "/total" else None
            if place is not None and place not in unreadable and (place, breach.code) not in said:
                said.add((place, breach.code))
                yield Fault(*place, breach)
        if breaches and not said and not self.faults:
            yield Fault(SLIPS_SHEET, self.row, "", breaches[0])

    def _place_of(self, pointer: str) -> tuple[str, int, str] | None:
        """Sheet, row and column header of a breach's pointer; None where its cells have their own fault."""
        parts = pointer.strip("/").split("/")
        if parts[0] == "lines" and len(parts) > 1 and parts[1].isdigit():
            if int(parts[1]) >= len(self.lines):
                return None
            row = self.lines[int(parts[1])][0]
            return LINES_SHEET, row, header_of(LINE_COLUMNS, parts[2] if len(parts) > 2 else "")
        if not self.cells:
            return None
        if parts[0] == "domestic_leg":
            return SLIPS_SHEET, self.row, header_of(SLIP_COLUMNS, f"domestic_{parts[-1]}")
        if parts[0] in _OF_ALL_LINES:
            return self._place_in_lines(_OF_ALL_LINES[parts[0]])
        return SLIPS_SHEET, self.row, header_of(SLIP_COLUMNS, _SLIP_FIELD.get(parts[0], parts[0]))

    def _place_in_lines(self, name: str) -> tuple[str, int, str] | None:
        """Where what all lines share or add up to is said: at the first line of which it can be read."""
        header = header_of(LINE_COLUMNS, name)
        faulty = {each.row for each in self.faults if (each.sheet, each.column) == (LINES_SHEET, header)}
        readable = [row for row, _ in self.lines if row not in faulty]
        if not readable or (name == "amount" and faulty):
            return None
        return LINES_SHEET, readable[0], header


_OF_ALL_LINES = {"currency": "currency", "total": "amount"}
_SLIP_FIELD = {
    "seller_id": "stall_number",
    "buyer_id": "buyer_number",
    "export_agency_id": "export_agency",
    "procurement_agency_id": "procurement_agency",
    "external_ref": "slip",
    "document_hashes": "document_hash",
    "lines": "slip",
}
_BUYER = ("/buyer_id", "/procurement_agency_id")
_RESULTS_OF: Mapping[str, tuple[str, ...]] = {
    "stall_number": ("/seller_id", "/stall_number", "/consignor_id", "/export_agency_id"),
    "buyer_kind": _BUYER,
    "buyer_number": _BUYER,
    "buyer_country": _BUYER,
    "export_mode": ("/export_mode", "/consignor_id", "/export_agency_id"),
    "export_agency": ("/export_agency_id", "/consignor_id"),
    "procurement_agency": ("/procurement", "/procurement_agency_id"),
    "slip": ("/external_ref",),
    "document_hash": ("/document_hashes",),
    **{name: (f"/domestic_leg/{name.removeprefix('domestic_')}",) for name in DOMESTIC_LEG},
}
"""What of an entry is looked up or made by a slip's cell, where it isn't the field of the same name."""
_OF_NO_SLIP = frozenset({
    "/seller_id", "/consignor_id", "/buyer_id", "/export_agency_id", "/procurement_agency_id", "/procurement",
    "/export_mode", "/trade_date", "/domestic_leg", "/external_ref", "/total",
})  # fmt: skip
"""What nothing says of a line whose slip isn't there."""


def header_of(columns: Sequence[Column], name: str) -> str:
    """The header of a field's column; empty where it has none."""
    return next((column.header for column in columns if column.field == name), "")


def field_of(sheet: str, header: str) -> str:
    """The field of a header; empty where it has none."""
    return next((column.field for column in SHEETS[sheet] if column.header == header), "")
