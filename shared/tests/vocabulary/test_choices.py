"""The words for coded values: each stands for one code, and an unknown one for none."""

from __future__ import annotations

import re

import pytest

from shared.vocabulary.choices import all_choices, choices_of, known_value, value_choices
from shared.vocabulary.words import in_chinese

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("name", all_choices())
def test_each_word_stands_for_one_code_and_each_code_has_a_chinese_word(name: str) -> None:
    choices = choices_of(name)
    told = [(word, code) for code, words in choices.words.items() for word in (code, *words)]
    assert [choices.code_of(word) for word, _ in told] == [code for _, code in told]
    assert [choices.code_of(f" {word.upper()} ") for word, _ in told] == [code for _, code in told]
    assert all(CHINESE.search(words[0]) for words in choices.words.values())
    assert choices.name == name
    assert len(choices.codes) > 1


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("fx_class", "C", "C"),
        ("fx_class", "c", "C"),
        ("fx_class", "C 类", "C"),
        ("fx_class", "Ｃ类", "C"),
        ("fx_class", "class c", "C"),
        ("fx_class", "C\u200b", "C"),
        ("fx_class", "D", None),
        ("fx_class", "CC", None),
        ("fx_class", "", None),
        ("fx_class", "不是C类", None),
        ("filing_frequency", "quarterly", "quarter"),
        ("filing_frequency", "按季", "quarter"),
        ("filing_frequency", "Monthly", "month"),
        ("filing_frequency", "yearly", None),
        ("taxpayer_kind", "small-scale", "small_scale"),
        ("taxpayer_kind", "Small Scale", "small_scale"),
        ("taxpayer_kind", "一般纳税人", "general"),
        ("settlement_method", "现金", "cash"),
        ("settlement_method", "现", None),
        ("price_term", "cfr", "C&F"),
        ("price_term", "Ｃ＆Ｆ", "C&F"),
        ("currency", "usd", "USD"),
    ],
)
def test_a_word_is_read_as_its_code(name: str, text: str, code: str | None) -> None:
    assert choices_of(name).code_of(text) == code


def test_choices_are_told_in_both_languages() -> None:
    choices = choices_of("settlement_method")
    assert choices.told_in_chinese == "外汇 fx，人民币 rmb，现金 cash"
    assert choices.told == "fx (外汇), rmb (人民币), cash (现金)"
    with pytest.raises(KeyError):
        choices_of("colour")


@pytest.mark.parametrize(
    ("kind", "value", "known"),
    [
        ("fx_directory", "A", "A"),
        ("fx_directory", "a类", "A"),
        ("fx_directory", "X", None),
        ("filing_frequency", "季", "quarter"),
        ("filing_frequency", "x", None),
        ("taxpayer_kind", "general", "general"),
        ("taxpayer_kind", "x", None),
        ("customs_filing", "5012990001", "5012990001"),
        ("tax_authority", "大足区税务局", "大足区税务局"),
        ("quality_undertaking", "signed", "signed"),
        ("a kind of a later release", "x", "x"),
    ],
)
def test_a_qualifications_value_is_judged_by_its_kind(kind: str, value: str, known: str | None) -> None:
    """R-FILE-7."""
    assert known_value(kind, value) == known
    assert (value_choices(kind) is None) == (kind not in ("fx_directory", "filing_frequency", "taxpayer_kind"))


def test_messages_say_the_official_word() -> None:
    assert [in_chinese(code) for code in ("stall_holder", "fx_directory", "sale_day")] == [
        "市场经营户", "外汇名录登记", "销售当日汇率",
    ]  # fmt: skip
