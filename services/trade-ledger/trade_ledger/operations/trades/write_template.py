"""An empty trade workbook: the two sheets with their headers, and what each column holds."""

from __future__ import annotations

import io

import xlsxwriter

from trade_ledger.domain.workbook import SHEETS

_ROWS_WITH_CHOICES = 2000


def write_template() -> bytes:
    """The workbook's bytes; every cell is text, so that numbers arrive as they were typed."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    text = book.add_format({"num_format": "@"})
    head = book.add_format({"bold": True, "num_format": "@"})
    for name, columns in SHEETS.items():
        sheet = book.add_worksheet(name)
        sheet.set_column(0, len(columns) - 1, 16, text)
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(columns):
            sheet.write_string(0, number, column.header + ("*" if column.required else ""), head)
            sheet.write_comment(0, number, column.meaning)
            if column.kind == "choice" and column.choices is not None:
                words = [words[0] for words in column.choices.words.values()]
                source = [*words, *column.choices.codes]
                among = {"validate": "list", "source": source, "ignore_blank": not column.required}
                sheet.data_validation(1, number, _ROWS_WITH_CHOICES, number, among)
    book.close()
    return file.getvalue()
