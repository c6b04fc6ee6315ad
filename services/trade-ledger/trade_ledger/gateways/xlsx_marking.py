"""A process of its own that marks a workbook's errors in its cells, and adds a sheet that sums the report up.

It reads the report, a line of JSON, and then the workbook from standard input, and writes the marked workbook.
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

SUMMARY = "导入结果"
"""The sheet of the report; one that an earlier import left is replaced."""
AUTHOR = "导入结果 / import report"
_OURS = "\n\n—— 导入结果 ——\n"
"""What stands between a comment of the user's and ours."""
_MOST_MEMORY = 768 * 1024 * 1024
_MOST_SECONDS = 25
_WRONG = PatternFill("solid", fgColor="FFFFC7CE")
_WIDTHS = (16, 16, 10, 16, 28, 44, 44, 44, 44)
_HEADS = (
    "结果 Result",
    "交易单号 Slip",
    "单元格 Cell",
    "列 Column",
    "代码 Code",
    "问题",
    "处理办法",
    "Problem",
    "What to do",
)
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_MODIFIED = re.compile(rb"<dcterms:modified.*?</dcterms:modified>", re.DOTALL)
Problem = Mapping[str, Any]


def marked(report: Mapping[str, Any], content: bytes) -> bytes:
    """The workbook with the report's problems in its cells."""
    with warnings.catch_warnings():
        # What openpyxl can't keep of a file it warns of; nobody reads a process's warnings.
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(content), rich_text=True)
    _take_old_marks(book)
    by_cell: dict[tuple[str, str], list[Problem]] = {}
    for result in report["results"]:
        for problem in result["problems"]:
            by_cell.setdefault((problem["sheet"], problem["cell"]), []).append(problem)
    for (sheet, at), problems in by_cell.items():
        _mark(book, sheet, at, problems)
    _sum_up(book, report, pictures=_has_pictures(content))
    if book.calculation is not None:
        book.calculation.fullCalcOnLoad = True
    file = io.BytesIO()
    book.save(file)
    return _without_times(file.getvalue())


def _take_old_marks(book: Workbook) -> None:
    """A marked workbook that was mended and sent again shows the newest errors only."""
    if SUMMARY in book.sheetnames:
        del book[SUMMARY]
    for sheet in book.worksheets:
        # Its own list of cells: iter_rows makes a cell for each place of a sheet with a blank in its last row.
        for cell in list(sheet._cells.values()):
            if cell.comment is not None and cell.comment.author == AUTHOR:
                before = cell.comment.text.partition(_OURS)[0] if _OURS in cell.comment.text else ""
                cell.comment = Comment(before, "") if before else None
                if cell.fill.fgColor.rgb == _WRONG.fgColor.rgb:
                    cell.fill = PatternFill()


def _mark(book: Workbook, sheet: str, at: str, problems: Iterable[Problem]) -> None:
    if sheet not in book.sheetnames:
        return
    cell = book[sheet][at]
    if isinstance(cell, MergedCell):
        # Of a merged range only the first cell can be marked.
        within = next(each for each in book[sheet].merged_cells.ranges if at in each)
        cell = book[sheet].cell(within.min_row, within.min_col)
    said = "\n\n".join(f"{each['message_zh']} {each['fix_zh']}\n{each['message']} {each['fix']}" for each in problems)
    before = f"{cell.comment.text}{_OURS}" if cell.comment is not None else ""
    cell.fill = _WRONG
    cell.comment = Comment(_plain(before + said), AUTHOR, height=160, width=360)


def _sum_up(book: Workbook, report: Mapping[str, Any], *, pictures: bool) -> None:
    sheet = book.create_sheet(SUMMARY, 0)
    book.active = 0
    for other in book.worksheets[1:]:
        other.sheet_view.tabSelected = False
    registered, refused = report["registered"], report["refused"]
    rows: list[Sequence[str]] = [
        (
            f"已登记 {registered} 单，未登记 {refused} 单",
            "",
            "",
            "",
            "",
            "",
            "",
            f"{registered} registered, {refused} refused",
        ),
        *_remarks(report, pictures=pictures),
        _HEADS,
    ]
    heads = len(rows)
    for result in report["results"]:
        rows += _rows_of(result)
    for number, row in enumerate(rows, 1):
        for column, text in enumerate(row, 1):
            _write(sheet.cell(number, column), text, bold=number == heads)
    for column, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = f"A{heads + 1}"


def _remarks(report: Mapping[str, Any], *, pictures: bool) -> list[Sequence[str]]:
    remarks: list[Sequence[str]] = []
    for part in report["hidden"]:
        where = "、".join([*(f"行 {each}" for each in part["rows"]), *(f"列 {each}" for each in part["columns"])])
        chinese = f"工作表 {part['sheet']} 有隐藏内容，已一并读取：{where or '整表'}"
        remarks.append((chinese, "", "", "", "", "", "", "Hidden rows, columns and sheets were read like the rest"))
    if pictures:
        remarks.append(("图片未保留", "", "", "", "", "", "", "Pictures are not carried over"))
    return remarks


def _rows_of(result: Mapping[str, Any]) -> list[Sequence[str]]:
    reference = result["reference"]
    if result["id"] is not None:
        return [("已登记 registered", reference, "", "", result["number"] or "", "", "", "", "")]
    return [
        (
            "未登记 refused", reference, f"{each['sheet']}!{each['cell']}", each["column"], each["code"],
            each["message_zh"], each["fix_zh"], each["message"], each["fix"],
        )
        for each in result["problems"]
    ]  # fmt: skip


def _write(cell: Cell, text: str, *, bold: bool) -> None:
    """Text and never a formula, whatever a slip number begins with."""
    cell.value = _plain(text)
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(_RISKY)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.font = Font(bold=bold)


def _plain(text: str) -> str:
    return str(ILLEGAL_CHARACTERS_RE.sub("", text))[:32_000]


def _has_pictures(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return any("/media/" in name for name in archive.namelist())


def _without_times(content: bytes) -> bytes:
    """The same report and workbook give the same bytes at any time."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.infolist():
            part = old.read(each)
            if each.filename == "docProps/core.xml":
                part = _MODIFIED.sub(b"", part)
            info = zipfile.ZipInfo(each.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, part)
    return file.getvalue()


def main() -> int:
    """The marked workbook on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    report = json.loads(sys.stdin.buffer.readline())
    sys.stdout.buffer.write(marked(report, sys.stdin.buffer.read()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
