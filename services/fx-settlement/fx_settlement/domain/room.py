"""The room of an export, and which of several requests, taken in order, fit into it (V37, V38)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from shared.vocabulary.rules import Breach

K = TypeVar("K")


def is_collected_for(kind: str, settlement_method: str) -> bool:
    """Samples and gifts have a value for customs and none to collect (R-TRADE-7); cash is never collected (R-FX-6)."""
    return kind == "goods" and settlement_method != "cash"


def collectable_of(kind: str, settlement_method: str, released: Decimal, returned: Decimal) -> Decimal:
    """What a portion entitles to collect: released less returned, where it is collected for at all.

    What was shut out is not released any more, so it is not taken off a second time.
    """
    return released - returned if is_collected_for(kind, settlement_method) else Decimal(0)


class Used(Protocol):
    """A room's use."""

    @property
    def held(self) -> Decimal: ...

    @property
    def matched(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Bound:
    """What a room carries, or will."""

    collectable: Decimal
    tolerance: Decimal

    def excess(self, room: Used) -> Decimal:
        """By how much the room's use is above it; not above zero where it fits."""
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
        """Whether it carries so much more."""
        return not self.frozen and self.used + value <= self.collectable + self.tolerance


@dataclass(frozen=True, slots=True)
class Asked(Generic[K]):
    """Room asked for of a portion and, with it, of its declaration."""

    portion: K
    declaration: K
    value: Decimal


def refused_of(
    asked: Sequence[Asked[K]], portions: Mapping[K, Room], declarations: Mapping[K, Room]
) -> dict[int, Decimal]:
    """By index what was left of the portion, without its tolerance, for each request that doesn't fit."""
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
    """What the counter refused: more than is left of the portion or its declaration (R-FX-1, V37)."""
    return Breach("collection_over_entitlement", "R-FX-1", at, {"value": value, "left": left})
