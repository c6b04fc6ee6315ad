"""What a cell holds, told from the file: formulas, errors, formats, raised text, merged and hidden parts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trade_ledger.domain.cells import Cell, Sheet
from trade_ledger.gateways.xlsx_process import sheets_of

Make = Callable[..., bytes]


def read(content: bytes) -> Sheet:
    return sheets_of(content, ["S"])["S"]


def only(content: bytes) -> Cell | None:
    rows = read(content).rows
    return next(iter(rows[1].values())) if rows else None


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        ('<c r="A1"/>', None),
        ('<c r="A1" t="inlineStr"><is><t xml:space="preserve"> \u00a0\u200b\u3000</t></is></c>', None),
        ('<c r="A1" t="str"><f>IF(B1="","","x")</f><v></v></c>', None),
        ('<c r="A1" t="str"><f>IF(B1="","","x")</f><v> </v></c>', None),
        ('<c r="A1" t="str"><f>VLOOKUP(A2,X!A:D,2,0)</f></c>', Cell("uncomputed", "")),
        ('<c r="A1"><f>1+1</f></c>', Cell("uncomputed", "")),
        ('<c r="A1"><f>1+1</f><v/></c>', Cell("uncomputed", "")),
        ('<c r="A1"><f t="shared" si="0"/></c>', Cell("uncomputed", "")),
        ('<c r="A1"><f>2.55*120</f><v>305.99999999999994</v></c>', Cell("number", "306")),
        ('<c r="A1" t="str"><f>"a"&amp;"b"</f><v>ab</v></c>', Cell("text", "ab")),
        ('<c r="A1" t="e"><v>#N/A</v></c>', Cell("error", "#N/A")),
        ('<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>', Cell("error", "#DIV/0!")),
        ('<c r="A1" t="inlineStr"><is><t>#REF!</t></is></c>', Cell("error", "#REF!")),
        ('<c r="A1" t="b"><v>1</v></c>', Cell("boolean", "TRUE")),
        ('<c r="A1" t="b"><v>0</v></c>', Cell("boolean", "FALSE")),
        ('<c r="A1" t="d"><v>2026-05-13</v></c>', Cell("date", "2026-05-13")),
        ('<c r="A1" t="d"><v>2026-05-13T00:00:00Z</v></c>', Cell("date", "2026-05-13")),
        ('<c r="A1" t="d"><v>2026-05-13T08:30:00</v></c>', Cell("moment", "2026-05-13T08:30:00")),
        ('<c r="A1"><v>8204120000</v></c>', Cell("number", "8204120000")),
        ('<c r="A1"><v>8.20412E9</v></c>', Cell("number", "8204120000")),
        ('<c r="A1"><v>2.5491666666666668</v></c>', Cell("number", "2.54916666666667")),
        ('<c r="A1"><v>-0.5</v></c>', Cell("number", "-0.5")),
        ('<c r="A1"><v>999999999999999</v></c>', Cell("number", "999999999999999")),
        ('<c r="A1"><v>1000000000000000</v></c>', Cell("long_number", "1000000000000000")),
        ('<c r="A1"><v>1.1010519491231E17</v></c>', Cell("long_number", "1.1010519491231E17")),
        ('<c r="A1" t="inlineStr"><is><t>a</t><rPh sb="0" eb="1"><t>ei</t></rPh></is></c>', Cell("text", "a")),
        ('<c r="A1" t="inlineStr"><is><t>a_x000D_b_x5F3A_</t></is></c>', Cell("text", "a\rb强")),
    ],
)  # fmt: skip
def test_a_cell_is_told_by_what_it_holds(make_workbook: Make, written: str, cell: Cell | None) -> None:
    assert only(make_workbook(f'<row r="1">{written}</row>')) == cell


@pytest.mark.parametrize(
    ("code", "value", "cell"),
    [
        ("General", "46089", ("number", "46089")),
        ("@", "46089", ("number", "46089")),
        ("0.00E+00", "8204120000", ("number", "8204120000")),
        ("0000000000", "101210010", ("number", "0101210010")),
        ("0", "5", ("number", "5")),
        ("#,##0.00_);[Red](#,##0.00)", "1234.5", ("number", "1234.5")),
        ("_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * &quot;-&quot;??_ ;_ @_ ", "1234.5", ("number", "1234.5")),
        ("[$¥-804]#,##0.00", "306", ("dressed_number", "306")),
        ("0&quot;箱&quot;", "6", ("dressed_number", "6")),
        ("&quot;02-&quot;000000", "1", ("dressed_number", "1")),
        ("# ?/?", "0.375", ("dressed_number", "0.375")),
        ("[DBNum1]0", "6", ("dressed_number", "6")),
        ("0%", "0.5", ("percentage", "0.5")),
        ("0.0,", "1500", ("percentage", "1500")),
        ("yyyy/m/d", "46089", ("date", "2026-03-08")),
        ("m/d/yyyy", "46089.0", ("date", "2026-03-08")),
        ("mmm-yy", "46089", ("date", "2026-03-08")),
        ("[$-804]yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@", "46089", ("date", "2026-03-08")),
        ("[$-804]aaaa", "46089", ("date", "2026-03-08")),
        ("yyyy-mm-dd", "46089.75", ("date", "2026-03-08")),
        ("yyyy-mm-dd hh:mm", "46089", ("date", "2026-03-08")),
        ("yyyy-mm-dd hh:mm", "46089.75", ("moment", "2026-03-08 18:00:00")),
        ("h:mm AM/PM", "0.75", ("time", "18:00:00")),
        ("[h]:mm", "1.25", ("time", "06:00:00")),
        ("yyyy-mm-dd", "0.75", ("time", "18:00:00")),
        ("yyyy-mm-dd", "59", ("date", "1900-02-28")),
        ("yyyy-mm-dd", "61", ("date", "1900-03-01")),
        ("yyyy-mm-dd", "-1", ("error", "#####")),
        ("yyyy-mm-dd", "2958466", ("error", "#####")),
    ],
)  # fmt: skip
def test_a_number_is_told_by_how_its_cell_shows_it(
    make_workbook: Make, code: str, value: str, cell: tuple[str, str]
) -> None:
    content = make_workbook(f'<row r="1"><c r="A1" s="1"><v>{value}</v></c></row>', formats=(code,))
    assert only(content) == Cell(*cell)  # type: ignore[arg-type]  # one of the types


@pytest.mark.parametrize(("number", "kind"), [("14", "date"), ("31", "date"), ("58", "date"), ("22", "moment"),
                                              ("20", "time"), ("9", "percentage"), ("49", "number")])  # fmt: skip
def test_formats_that_a_file_need_not_spell_out_are_known(make_workbook: Make, number: str, kind: str) -> None:
    found = only(make_workbook('<row r="1"><c r="A1" s="1"><v>46089.5</v></c></row>', built_in=number))
    assert found is not None
    assert found.type == kind


@pytest.mark.parametrize(
    ("runs", "cell"),
    [
        ("<r><t>6</t></r><r><rPr><vertAlign val='superscript'/></rPr><t>2</t></r>", ("raised", "6²")),
        ("<r><t>H</t></r><r><rPr><vertAlign val='subscript'/></rPr><t>2</t></r><r><t>O</t></r>", ("raised", "H₂O")),
        ("<r><rPr><b/></rPr><t>扳</t></r><r><t>手</t></r>", ("text", "扳手")),
        ("<r><rPr><vertAlign val='baseline'/></rPr><t>62</t></r>", ("text", "62")),
        ("<t>6²</t>", ("text", "6²")),
    ],
)
def test_a_raised_digit_stays_raised(make_workbook: Make, runs: str, cell: tuple[str, str]) -> None:
    inline = make_workbook(f'<row r="1"><c r="A1" t="inlineStr"><is>{runs}</is></c></row>')
    shared = make_workbook('<row r="1"><c r="A1" t="s"><v>1</v></c></row>', texts=f"<si><t>x</t></si><si>{runs}</si>")
    assert only(inline) == only(shared) == Cell(*cell)  # type: ignore[arg-type]  # one of the types


def rows(*rows_of: str) -> str:
    return "".join(f'<row r="{number}">{cells}</row>' for number, cells in enumerate(rows_of, 1))


def word(at: str, text: str) -> str:
    return f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>'


def merged(*ranges: str) -> str:
    return "<mergeCells>" + "".join(f'<mergeCell ref="{each}"/>' for each in ranges) + "</mergeCells>"


def test_rows_of_a_merged_range_have_its_first_cells_content(make_workbook: Make) -> None:
    body = rows(word("A1", "h"), word("A2", "S-1") + word("B2", "x"), word("B3", "y"))
    assert read(make_workbook(body, after=merged("A2:A1048576"))).rows == {
        1: {0: Cell("text", "h")},
        2: {0: Cell("text", "S-1", "down"), 1: Cell("text", "x")},
        3: {1: Cell("text", "y"), 0: Cell("text", "S-1", "down")},
    }


def test_a_range_over_columns_and_what_lies_under_a_range_are_told(make_workbook: Make) -> None:
    body = rows(word("A1", "h") + word("B1", "i"), word("A2", "1") + word("C2", "x"), word("A3", "2") + word("A4", "3"))
    found = read(make_workbook(body, after=merged("A2:B2", "A3:A4"))).rows
    assert [found[2][column].merged for column in (0, 1, 2)] == ["across", "across", ""]
    assert (found[3][0].merged, found[4][0]) == ("down", Cell("text", "3", "under"))


def test_a_header_merged_over_the_first_row_of_data_is_no_content_of_it(make_workbook: Make) -> None:
    body = rows(word("A1", "h") + word("B1", "i"), word("B2", "x"))
    assert read(make_workbook(body, after=merged("A1:A2"))).rows[2][0] == Cell("text", "h", "under")


def test_an_empty_merged_range_changes_nothing(make_workbook: Make) -> None:
    body = rows(word("A1", "h"), word("B2", "x"), word("B3", "y"))
    assert read(make_workbook(body, after=merged("A2:A3"))).rows[3] == {1: Cell("text", "y")}


def test_what_is_hidden_is_read_and_named(make_workbook: Make) -> None:
    hidden = '<row r="2" hidden="1">' + word("A2", "x") + word("C2", "z") + '</row><row r="3" hidden="1"/>'
    content = make_workbook(rows(word("A1", "h")) + hidden, state="hidden")
    sheet = read(content)
    assert (sheet.hidden, sheet.hidden_rows, sheet.rows[2][0]) == (True, [2], Cell("text", "x"))


def test_hidden_columns_are_named_where_they_hold_something(make_workbook: Make) -> None:
    body = '</sheetData><cols><col min="2" max="3" hidden="1"/></cols><sheetData>' + rows(
        word("B1", "h") + word("C1", "i"), word("C2", "x")
    )
    assert read(make_workbook(body)).hidden_columns == [2]


def test_rows_and_cells_without_an_address_count_from_the_one_before(make_workbook: Make) -> None:
    body = "<row><c t='inlineStr'><is><t>a</t></is></c><c><v>1</v></c></row><row><c/><c><v>2</v></c></row>"
    assert read(make_workbook(body)).rows == {
        1: {0: Cell("text", "a"), 1: Cell("number", "1")},
        2: {1: Cell("number", "2")},
    }


def test_days_count_from_1904_where_the_workbook_says_so(make_workbook: Make) -> None:
    content = make_workbook(
        '<row r="1"><c r="A1" s="1"><v>44627</v></c></row>', formats=("yyyy-mm-dd",), about='<workbookPr date1904="1"/>'
    )
    assert only(content) == Cell("date", "2026-03-08")
