"""The room of an export, and which of several requests, taken in order, fit into it (V37, V38)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from shared.vocabulary.money import rounded
from shared.vocabulary.rules import Breach

K = TypeVar("K")


def is_collected_for(kind: str, settlement_method: str) -> bool:
    """Samples and gifts have a value for customs and none to collect (R-TRADE-7); cash is never collected (R-FX-6)."""
    return kind == "goods" and settlement_method != "cash"


@dataclass(frozen=True, slots=True)
class PortionValue:
    """A portion's value; `paid_at_home_percent` of it was paid in RMB inside the country and isn't collected again."""

    kind: str
    settlement_method: str
    currency: str
    released: Decimal
    returned: Decimal
    paid_at_home_percent: Decimal = Decimal(0)


def collectable_of(value: PortionValue) -> Decimal:
    """The amount that may be collected for a portion: released less returned; zero where it has no collection.

    Goods that were shut out no longer count as released, so they aren't subtracted again. What the domestic leg paid
    is subtracted where it needs no cross-border collection (R-TRADE-6), rounded once.
    """
    if not is_collected_for(value.kind, value.settlement_method):
        return Decimal(0)
    return rounded((value.released - value.returned) * (100 - value.paid_at_home_percent) / 100, value.currency)


def is_shut_out(released: Decimal, shut_out: Decimal) -> bool:
    """Whether all of a portion was given back before it left: its trade may be exported again (退关)."""
    return shut_out > 0 and released == 0


class Used(Protocol):
    """How much of a room is held and matched."""

    @property
    def held(self) -> Decimal: ...

    @property
    def matched(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Bound:
    """The limit of a room: collectable value and tolerance."""

    collectable: Decimal
    tolerance: Decimal

    def excess(self, room: Used) -> Decimal:
        """How far the use exceeds the limit; zero or negative where it doesn't."""
        return room.held + room.matched - self.collectable - self.tolerance


class Counted(Used, Protocol):
    """A room with what it carries."""

    @property
    def collectable(self) -> Decimal: ...

    @property
    def tolerance(self) -> Decimal: ...


def excess_of(whole: Counted, rooms: Iterable[Counted]) -> Decimal:
    """By how much a declaration or one of its portions is used beyond what it carries; not above zero where all fit."""
    return max(Bound(each.collectable, each.tolerance).excess(each) for each in (whole, *rooms))


@dataclass(frozen=True, slots=True)
class Room:
    """What a portion or a declaration carries, and how much of it is held or matched."""

    collectable: Decimal
    tolerance: Decimal
    used: Decimal
    frozen: bool

    def takes(self, value: Decimal) -> bool:
        """Whether so much more fits."""
        return not self.frozen and self.used + value <= self.collectable + self.tolerance


@dataclass(frozen=True, slots=True)
class Asked(Generic[K]):
    """A request for room of a portion, and so of its declaration."""

    portion: K
    declaration: K
    value: Decimal


def refused_of(
    asked: Sequence[Asked[K]], portions: Mapping[K, Room], declarations: Mapping[K, Room]
) -> dict[int, Decimal]:
    """For each request that doesn't fit, by its index: what was left of the portion, without its tolerance."""
    rooms, wholes = dict(portions), dict(declarations)
    refused = {}
    for index, each in enumerate(asked):
        room, whole = rooms[each.portion], wholes[each.declaration]
        if not room.takes(each.value) or not whole.takes(each.value):
            refused[index] = max(room.collectable - room.used, Decimal(0))
            continue
        rooms[each.portion] = replace(room, used=room.used + each.value)
        wholes[each.declaration] = replace(whole, used=whole.used + each.value)
    return refused


def breach_of_room(value: Decimal, left: Decimal, at: str) -> Breach:
    """The breach of a request for more than is left of the portion or its declaration (R-FX-1, V37)."""
    return Breach("collection_over_entitlement", "R-FX-1", at, {"value": value, "left": left})
