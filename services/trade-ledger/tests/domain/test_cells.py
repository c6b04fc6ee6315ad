"""Every type of cell in every kind of column: what is taken, and why the rest is refused (R-TRADE-1)."""

from __future__ import annotations

import pytest

from trade_ledger.domain.cells import CELL_TYPES, KINDS, MERGED, Cell, breach_of_content, column_letters, text_of

TAKEN, RAISED, LOST, OTHERWISE = "", "cell_raised", "cell_digits_lost", "cell_shown_otherwise"
DATE, TIMED, BOOLEAN, ERROR, UNCOMPUTED = (
    "cell_became_date", "cell_has_time", "cell_is_boolean", "cell_error", "cell_not_computed",
)  # fmt: skip
# Kinds in the order text, reference, code, choice, number, whole, date.
TABLE = {
    "text": [TAKEN] * 7,
    "raised": [TAKEN, RAISED, RAISED, RAISED, RAISED, RAISED, RAISED],
    "number": [TAKEN] * 7,
    "long_number": [LOST] * 7,
    "percentage": [OTHERWISE] * 7,
    "dressed_number": [OTHERWISE, OTHERWISE, OTHERWISE, OTHERWISE, TAKEN, TAKEN, OTHERWISE],
    "date": [DATE, DATE, DATE, DATE, DATE, DATE, TAKEN],
    "moment": [DATE, DATE, DATE, DATE, DATE, DATE, TIMED],
    "time": [DATE, DATE, DATE, DATE, DATE, DATE, TIMED],
    "boolean": [BOOLEAN] * 7,
    "error": [ERROR] * 7,
    "uncomputed": [UNCOMPUTED] * 7,
}


def code_of(*cell: str, kind: str) -> str:
    breach = breach_of_content(Cell(*cell), kind)  # type: ignore[arg-type]  # one of the table's
    return breach.code if breach else TAKEN


@pytest.mark.parametrize("cell_type", CELL_TYPES)
def test_each_kind_of_column_takes_or_refuses_the_type(cell_type: str) -> None:
    assert [code_of(cell_type, "x", kind=kind) for kind in KINDS] == TABLE[cell_type]


def test_the_table_is_of_every_type_and_kind() -> None:
    assert set(TABLE) == set(CELL_TYPES)
    assert KINDS == ("text", "reference", "code", "choice", "number", "whole", "date")


@pytest.mark.parametrize("merged", MERGED)
def test_a_merged_cell_is_filled_downwards_but_never_an_amount(merged: str) -> None:
    refused = [kind for kind in KINDS if code_of("text", "x", merged, kind=kind) == "cell_merged"]
    assert refused == {"": [], "down": ["number", "whole"], "across": list(KINDS), "under": list(KINDS)}[merged]


@pytest.mark.parametrize("hidden", ["\u200b", "\ufeff", "\u202e", "\u00ad", "\n", "\t"])
def test_a_reference_or_code_with_an_invisible_character_is_refused(hidden: str) -> None:
    refused = [kind for kind in KINDS if code_of("text", f"FA{hidden}9", kind=kind) == "cell_invisible"]
    assert refused == ["reference", "code"]


@pytest.mark.parametrize(
    ("kind", "text", "read"),
    [
        ("text", "Φ１２ m²", "Φ１２ m²"),
        ("reference", "ＦＡ－０９", "FA-09"),
        ("code", "８２０４１２", "820412"),
        ("code", "！　～", "! ~"),
        ("code", "｟", "｟"),
        ("choice", "ｆｘ", "fx"),
        ("number", "３０６．００", "306.00"),
        ("whole", "６", "6"),
        ("whole", "6²", "6²"),
        ("number", "①½", "①½"),
        ("date", "２０２６／５／１３", "2026/5/13"),
    ],
)
def test_a_text_is_read_as_its_column_means_it(kind: str, text: str, read: str) -> None:
    assert text_of(Cell("text", text), kind) == read  # type: ignore[arg-type]  # one of the kinds


@pytest.mark.parametrize(("column", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_a_column_has_the_letters_that_the_sheet_shows(column: int, letters: str) -> None:
    assert column_letters(column) == letters
