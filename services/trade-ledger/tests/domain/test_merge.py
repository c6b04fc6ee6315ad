from __future__ import annotations

from collections import Counter
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from trade_ledger.domain.merge import KILOGRAM, Behind, Item, Now, Share, item_now, items_of, kinds_that_count


def share(
    portion: str, hs_code: str, value: int, *, name: str = "tool", unit: str = "把", barred: bool = False
) -> Share:
    return Share(portion, hs_code, name, unit, Decimal(10), Decimal(value), 2, Decimal(5), Decimal(4), barred)


def shown(items: list[Item]) -> list[tuple[str, bool, tuple[str, ...]]]:
    return [(item.hs_code, item.merged, item.portions) for item in items]


SEVEN = [share(f"p{n}", f"82{n:02d}000000", 100 - n, name=f"tool {n}") for n in range(7)]


def test_the_five_most_valuable_stay_single_and_the_rest_merge_under_the_highest() -> None:
    items = items_of(SEVEN, simplified=True, single_kinds=5)
    assert shown(items)[-1] == ("8205000000", True, ("p5", "p6"))
    assert [item.merged for item in items].count(True) == 1
    assert items[-1].value == Decimal(189)


def test_the_five_most_valuable_go_first_though_others_are_worth_more_together() -> None:
    """R-DECL-2: five singles, then barred goods and merged chapters by their value."""
    barred = share("b", "8299000000", 500, name="inspected", barred=True)
    items = items_of([*reversed(SEVEN), barred], simplified=True, single_kinds=5)
    assert [item.portions for item in items] == [("p0",), ("p1",), ("p2",), ("p3",), ("p4",), ("b",), ("p5", "p6")]


def test_with_exactly_five_kinds_nothing_is_merged() -> None:
    assert not any(item.merged for item in items_of(SEVEN[:5], simplified=True, single_kinds=5))


def test_without_the_choice_nothing_is_merged() -> None:
    """V26."""
    assert len(items_of(SEVEN, simplified=False, single_kinds=5)) == 7


def test_chapters_never_mix() -> None:
    other = [share("q1", "7318000000", 2, name="bolt"), share("q2", "7317000000", 1, name="nail")]
    merged = [item for item in items_of([*SEVEN, *other], simplified=True, single_kinds=5) if item.merged]
    assert shown(merged) == [("8205000000", True, ("p5", "p6")), ("7318000000", True, ("q1", "q2"))]


def test_barred_goods_stay_single_and_do_not_count() -> None:
    barred = share("b", "8299000000", 1, name="inspected", barred=True)
    items = items_of([*SEVEN, barred], simplified=True, single_kinds=5)
    assert ("8299000000", False, ("b",)) in shown(items)
    assert kinds_that_count([*SEVEN, barred]) == 7


def test_pieces_and_kilograms_merge_by_net_weight() -> None:
    mixed = [*SEVEN[:6], share("kg", "8299000000", 1, name="scrap", unit=KILOGRAM)]
    merged = next(item for item in items_of(mixed, simplified=True, single_kinds=5) if item.merged)
    assert (merged.unit, merged.quantity) == (KILOGRAM, merged.net_weight_kg)


def behind(quantity: int, value: int, *, hs_code: str = "82", unit: str = "把") -> Behind:
    return Behind(hs_code, unit, Decimal(quantity), Decimal(value))


def test_an_item_declares_what_its_portions_declare_now() -> None:
    now = item_now("82", "把", Decimal(20), [behind(8, 30), behind(10, 40)])
    assert now == Now("82", Decimal(18), Decimal(70))


def test_an_item_has_its_portions_code_once_they_agree_on_it() -> None:
    assert item_now("82", "把", Decimal(20), [behind(1, 1, hs_code="83"), behind(1, 1, hs_code="83")]).hs_code == "83"
    assert item_now("82", "把", Decimal(20), [behind(1, 1, hs_code="83"), behind(1, 1)]).hs_code == "82"


def test_across_units_an_item_keeps_the_quantity_that_was_submitted() -> None:
    now = item_now("82", KILOGRAM, Decimal(20), [behind(8, 30), behind(10, 40, unit=KILOGRAM)])
    assert now == Now("82", Decimal(20), Decimal(70))


amounts = st.decimals(0, 10_000, places=2, allow_nan=False, allow_infinity=False)
shares = st.lists(
    st.builds(
        Share,
        portion=st.uuids().map(str),
        hs_code=st.sampled_from(["8201000000", "8205400000", "7318150000", "7317000000", "8482100000", "9403200000"]),
        goods_name=st.sampled_from(["a", "b", "c"]),
        unit=st.sampled_from(["把", "件", KILOGRAM]),
        quantity=amounts,
        value=amounts,
        packages=st.integers(0, 50),
        gross_weight_kg=amounts,
        net_weight_kg=amounts,
        barred=st.booleans(),
    ),
    unique_by=lambda each: each.portion,
    max_size=25,
)


@given(shares, st.booleans(), st.integers(0, 6), st.randoms(use_true_random=False))
def test_nothing_is_lost_and_the_order_does_not_matter(given_shares, simplified, single_kinds, random) -> None:  # type: ignore[no-untyped-def]  # hypothesis fills them
    """V25, V26."""
    items = items_of(given_shares, simplified=simplified, single_kinds=single_kinds)
    for name in ("value", "packages", "gross_weight_kg", "net_weight_kg"):
        assert sum(getattr(item, name) for item in items) == sum(getattr(each, name) for each in given_shares)
    assert Counter(portion for item in items for portion in item.portions) == Counter(
        each.portion for each in given_shares
    )
    shuffled = list(given_shares)
    random.shuffle(shuffled)
    assert items_of(shuffled, simplified=simplified, single_kinds=single_kinds) == items
