from __future__ import annotations

from decimal import Decimal

import pytest

from fx_settlement.domain.room import Asked, Room, refused_of


def room(collectable: int, tolerance: int = 0, used: int = 0, frozen: bool = False) -> Room:
    return Room(Decimal(collectable), Decimal(tolerance), Decimal(used), frozen)


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ([("a", 60), ("b", 40)], {}),
        ([("a", 60), ("a", 40), ("a", 10)], {}),
        ([("a", 60), ("a", 40), ("a", 11)], {2: Decimal(0)}),
        ([("a", 111), ("a", 110)], {0: Decimal(100)}),
        # All portions share the declaration's bound. A request that doesn't fit takes nothing from the next one.
        ([("a", 100), ("b", 100), ("b", 11), ("b", 10)], {2: Decimal(0)}),
        ([("c", 1), ("a", 1)], {0: Decimal(5)}),
    ],
)
def test_requests_are_served_one_after_the_other(asked: list[tuple[str, int]], refused: dict[int, Decimal]) -> None:
    portions = {"a": room(100, 10), "b": room(100, 100), "c": room(5, frozen=True)}
    wanted = [Asked(portion, "whole", Decimal(value)) for portion, value in asked]
    assert refused_of(wanted, portions, {"whole": room(205, 5)}) == refused


def test_a_frozen_declaration_takes_nothing() -> None:
    asked = [Asked("a", "whole", Decimal(1))]
    assert refused_of(asked, {"a": room(100)}, {"whole": room(100, frozen=True)}) == {0: Decimal(100)}
