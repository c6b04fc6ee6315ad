"""What a cell of a workbook holds, and whether its column may take it: judged before it becomes text (R-TRADE-1)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from shared.vocabulary.rules import Breach
from shared.vocabulary.spelling import Unreadable, reference_spelling

CellType = Literal[
    "text",
    "raised",
    "number",
    "long_number",
    "percentage",
    "dressed_number",
    "date",
    "moment",
    "time",
    "boolean",
    "error",
    "uncomputed",
]
"""What a filled cell holds; a formula's cell holds what the formula gave.

- `raised`: text with superscript or subscript;
- `long_number`: a number of more digits than Excel keeps;
- `percentage`: a number shown as another number; `dressed_number`: one shown with signs or words;
- `moment`: a date with its time;
- `uncomputed`: a formula whose value the file doesn't hold.
"""
CELL_TYPES: tuple[str, ...] = get_args(CellType)
Kind = Literal["text", "reference", "code", "choice", "number", "whole", "date"]
"""What a column is for."""
KINDS: tuple[str, ...] = get_args(Kind)
Merged = Literal["", "down", "across", "under"]
"""`down`: one of several rows of a column. `across`: of several columns. `under`: covered, with a value of its own."""
MERGED: tuple[str, ...] = get_args(Merged)
_FULL_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: 0x20}


@dataclass(frozen=True, slots=True)
class Cell:
    """A filled cell of a sheet."""

    type: CellType
    text: str
    merged: Merged = ""


@dataclass(slots=True)
class Sheet:
    """A sheet's filled rows by number, each with its filled cells by column from 0; what of it isn't shown."""

    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    hidden: bool = False
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)


def _taken_by(*kinds: str, otherwise: str, **other: str) -> Mapping[str, str]:
    return {kind: "" if kind in kinds else other.get(kind, otherwise) for kind in KINDS}


REFUSED: Mapping[str, Mapping[str, str]] = {
    "text": _taken_by(*KINDS, otherwise=""),
    "raised": _taken_by("text", otherwise="cell_raised"),
    "number": _taken_by(*KINDS, otherwise=""),
    "long_number": _taken_by(otherwise="cell_digits_lost"),
    "percentage": _taken_by(otherwise="cell_shown_otherwise"),
    "dressed_number": _taken_by("number", "whole", otherwise="cell_shown_otherwise"),
    "date": _taken_by("date", otherwise="cell_became_date"),
    "moment": _taken_by(otherwise="cell_became_date", date="cell_has_time"),
    "time": _taken_by(otherwise="cell_became_date", date="cell_has_time"),
    "boolean": _taken_by(otherwise="cell_is_boolean"),
    "error": _taken_by(otherwise="cell_error"),
    "uncomputed": _taken_by(otherwise="cell_not_computed"),
}
"""By what a cell holds and what its column is for: why it is refused, empty where its text is read on."""


def breach_of_content(cell: Cell, kind: Kind) -> Breach | None:
    """Why a column of the kind can't take what the cell holds, whatever its text says."""
    params = {"value": cell.text}
    if code := REFUSED[cell.type][kind]:
        return Breach(code, "", "", params)
    # One amount over two rows is the sum of both or the amount of each: nobody can tell.
    if cell.merged in ("across", "under") or (cell.merged and kind in ("number", "whole")):
        return Breach("cell_merged", "", "", params)
    if kind in ("reference", "code") and any(unicodedata.category(sign) in ("Cc", "Cf") for sign in cell.text):
        return Breach("cell_invisible", "", "")
    return None


def narrowed(text: str) -> str:
    """Full-width digits, letters and signs as ordinary ones; a raised digit stays what it is: 6² is not 62."""
    return text.translate(_FULL_WIDTH).strip()


def text_of(cell: Cell, kind: Kind) -> str:
    """The cell's text as its column means it; a reference is the same however wide it was typed."""
    if kind == "text":
        return cell.text
    if kind != "reference":
        return narrowed(cell.text)
    # With an invisible character it is refused, and no other text.
    visible = not any(unicodedata.category(sign) in ("Cc", "Cf") for sign in cell.text)
    try:
        return reference_spelling(cell.text) if visible else cell.text
    except Unreadable:
        return cell.text


def column_letters(column: int) -> str:
    """The letters of a column counted from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
