from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shared.vocabulary.money import rounded
from tax_exemption.domain.filing import DeclaredAt, LineFacts, corrected_at, exempt_rmb

CENTS = st.integers(1, 10**9).map(lambda cents: Decimal(cents) / 100)
RATES = st.integers(1, 10**7).map(lambda parts: Decimal(parts) / 10**4)


def test_an_amount_is_rounded_half_up() -> None:
    assert exempt_rmb([LineFacts(Decimal("100.05"), Decimal("6.98"))]) == [Decimal("698.35")]


def test_first_lines_of_one_rate_are_rounded_once_on_their_sum() -> None:
    lines = [LineFacts(Decimal(fob), Decimal("1.35")) for fob in ("1357.13", "1357.13", "2714.25")]
    assert sum(exempt_rmb(lines)) == Decimal("7328.49")


@given(fobs=st.lists(CENTS, min_size=1, max_size=20), rate=RATES)
def test_a_line_is_less_than_a_cent_off_and_the_sum_is_exact(fobs: list[Decimal], rate: Decimal) -> None:
    parts = exempt_rmb([LineFacts(fob, rate) for fob in fobs])
    assert sum(parts) == rounded(sum(fobs) * rate, "CNY")
    assert all(abs(part - fob * rate) < Decimal("0.01") for part, fob in zip(parts, fobs, strict=True))


@given(fobs=st.lists(CENTS, min_size=1, max_size=20), rate=RATES, left=CENTS)
def test_a_correction_leaves_what_is_left_and_goods_all_back_leave_nothing(
    fobs: list[Decimal], rate: Decimal, left: Decimal
) -> None:
    declared = exempt_rmb([LineFacts(fob, rate) for fob in fobs])
    for kept in (Decimal(0), left):
        later = [LineFacts(kept - fob, rate, fob, part, first=False) for fob, part in zip(fobs, declared, strict=True)]
        assert {part + more for part, more in zip(declared, exempt_rmb(later), strict=True)} == {
            rounded(kept * rate, "CNY")
        }


def test_goods_returned_after_another_settlement_are_converted_by_themselves() -> None:
    lines = [LineFacts(Decimal("-400.00"), Decimal("7.00")), LineFacts(Decimal("10.00"), Decimal("7.00"))]
    assert exempt_rmb(lines) == [Decimal("-2800.00"), Decimal("70.00")]


def test_a_correction_goes_by_the_rates_that_were_declared_the_newest_first() -> None:
    """R-TAX-6: goods all back leave nothing exempt, at whatever rates their parts were declared."""
    first = DeclaredAt("a", Decimal("7.00"), Decimal(600), Decimal(4200))
    second = DeclaredAt("b", Decimal("6.90"), Decimal(400), Decimal(2760))
    both = [first, second]
    assert corrected_at(Decimal(-400), both) == [(Decimal(-400), second)]
    assert corrected_at(Decimal(-401), both) == [(Decimal(-400), second), (Decimal(-1), first)]
    assert corrected_at(Decimal(-1), both) == [(Decimal(-1), second)]
    assert corrected_at(Decimal(5), both) == [(Decimal(5), first)]
    assert corrected_at(Decimal("0.5"), both) == [(Decimal("0.5"), first)]
    assert corrected_at(Decimal(0), both) == []
    assert corrected_at(Decimal(-700), [first]) == [(Decimal(-700), first)]
    parts = corrected_at(Decimal(-1000), both)
    lines = [LineFacts(fob, at.rate, at.fob, at.rmb, first=False) for fob, at in parts]
    assert exempt_rmb(lines) == [Decimal(-2760), Decimal(-4200)]
