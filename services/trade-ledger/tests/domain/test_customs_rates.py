"""What may be imported as a customs monthly rate (R-FX-10, V14, V56)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from trade_ledger.domain.customs_rates import breaches_of_currency, breaches_of_rate


@pytest.mark.parametrize(
    ("month", "currency", "rate", "listed", "refused"),
    [
        ("2026-05-01", "USD", "6.98", True, []),
        ("2026-05-02", "USD", "6.98", True, ["R-FX-10 rate_month_not_first /month"]),
        ("2026-04-30", "USD", "6.98", True, ["R-FX-10 rate_month_not_first /month"]),
        ("2026-05-01", "USD", "0.00000001", True, []),
        ("2026-05-01", "USD", "0", True, ["V14 amount_not_positive /cny_per_unit"]),
        ("2026-05-01", "USD", "-6.98", True, ["V14 amount_not_positive /cny_per_unit"]),
        ("2026-05-01", "CNY", "1", True, ["R-FX-10 rate_is_one /currency"]),
        ("2026-05-01", "ZZZ", "1", False, ["V56 currency_unknown /currency"]),
    ],
)
def test_every_reason_why_a_rate_is_not_imported(
    month: str, currency: str, rate: str, listed: bool, refused: list[str]
) -> None:
    found = breaches_of_rate(date.fromisoformat(month), currency, Decimal(rate), listed=listed)
    assert [f"{each.rule} {each.code} {each.pointer}" for each in found] == refused


def test_an_unlisted_currency_is_named() -> None:
    assert breaches_of_currency("USD", listed=True) == ()
    assert [each.params for each in breaches_of_currency("ZZZ", listed=False)] == [{"currency": "ZZZ"}]
