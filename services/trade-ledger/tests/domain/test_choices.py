"""The words for coded values: each stands for one code, and every choice has a Chinese word."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from shared.events.trade_ledger import BrandStatement, ExportMode, PriceTerm, SettlementMethod
from shared.vocabulary.identifiers import IDENTITY_KINDS
from trade_ledger.domain.choices import WORDS, code_of, shown
from trade_ledger.domain.workbook import SHEETS

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("field", WORDS)
def test_each_word_stands_for_one_code(field: str) -> None:
    words = [(word.casefold(), code) for code, told in WORDS[field].items() for word in (code, *told)]
    assert len(dict(words)) == len(words)
    assert [code_of(field, word) for word, _ in words] == [code for _, code in words]
    assert all(CHINESE.search(told[0]) for told in WORDS[field].values())


def test_every_column_of_choices_has_its_words() -> None:
    columns = [column for columns in SHEETS.values() for column in columns if column.choices]
    assert {column.field for column in columns} == set(WORDS) - {"currency"}
    assert all(column.choices == tuple(WORDS[column.field]) for column in columns)
    assert all(column.kind == "choice" for column in columns)
    assert all(len(",".join([*column.choices, *(told[0] for told in WORDS[column.field].values())])) <= 255
               for column in columns)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "codes"),
    [
        ("buyer_kind", IDENTITY_KINDS),
        ("export_mode", get_args(ExportMode)),
        ("settlement_method", get_args(SettlementMethod)),
        ("price_term", get_args(PriceTerm)),
        ("brand_statement", get_args(BrandStatement)[1:]),
    ],
)
def test_the_codes_are_those_that_are_stored(field: str, codes: tuple[str, ...]) -> None:
    assert tuple(WORDS[field]) == codes


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("settlement_method", "现金", "cash"),
        ("settlement_method", "FX", "fx"),
        ("settlement_method", "现", "现"),
        ("price_term", "cfr", "C&F"),
        ("currency", "美元", "USD"),
        ("currency", "usd", "USD"),
        ("goods_name", "现金", "现金"),
    ],
)
def test_a_word_is_read_as_its_code(field: str, text: str, code: str) -> None:
    assert code_of(field, text) == code


def test_choices_are_shown_in_both_languages() -> None:
    assert shown("settlement_method") == "外汇 fx，人民币 rmb，现金 cash"
