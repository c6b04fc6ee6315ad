from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import get_args

import pytest

from shared.reference import CodeList, customs_code, unit_factor
from shared.reference import _customs_codes as rows_of

DAY = date(2026, 5, 13)


@pytest.mark.parametrize("kind", get_args(CodeList))
def test_codes_map_one_to_one_on_any_day(kind: CodeList) -> None:
    for day in (date(2010, 1, 1), DAY):
        current = [customs for rows in rows_of(kind).values() for customs, first, last in rows if first <= day <= last]
        assert current
        assert set(Counter(current).values()) == {1}


@pytest.mark.parametrize(
    ("kind", "code", "day", "expected"),
    [
        ("country", "RU", DAY, "RUS"),
        ("country", "RU", date(2018, 7, 31), "344"),
        ("country", "RU", date(2018, 8, 1), "RUS"),
        ("country", "ZZ", DAY, None),
        ("currency", "USD", DAY, "USD"),
        ("currency", "XAU", DAY, None),
        ("unit", "千克", DAY, "035"),
        ("unit", "公斤", DAY, None),
    ],
)
def test_a_code_is_known_in_its_time(kind: CodeList, code: str, day: date, expected: str | None) -> None:
    assert customs_code(kind, code, day) == expected


def test_units_convert_by_the_table_or_not_at_all() -> None:
    assert unit_factor("吨", "千克", DAY) == Decimal(1000)
    assert unit_factor("打", "个", DAY) == Decimal(12)
    assert unit_factor("把", "把", DAY) == Decimal(1)
    assert unit_factor("套", "个", DAY) is None
