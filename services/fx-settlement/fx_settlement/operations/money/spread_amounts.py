"""Spread amounts over the open portions that declaration, customs or trade numbers name (R-FX-1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.amounts import exact
from fx_settlement.domain.matching import value_in
from fx_settlement.domain.spreading import Asked, Named, Number, breaches_of_other_currency, breaches_of_spread, spread
from fx_settlement.operations.money.judge_portion import judge_portion
from fx_settlement.operations.money.use_collection import ToMatch
from fx_settlement.store.rooms import portions_by_id, rooms_by_portion
from fx_settlement.store.tables import CollectionRow, EntitlementPortion, EntitlementRow
from shared.vocabulary.rules import Breach

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ToSpread:
    """A part of the collection for what a number names."""

    number: Number
    amount: Decimal


@dataclass(slots=True)
class _Open:
    """What is left of portions and declarations while the parts of one request are dealt out."""

    portions: Mapping[UUID, EntitlementPortion]
    left: dict[UUID, Decimal]
    declarations: dict[UUID, Decimal]

    def take(self, portion_id: UUID, value: Decimal) -> None:
        if portion_id in self.portions:
            self.left[portion_id] -= value
            self.declarations[self.portions[portion_id].declaration_id] -= value


async def spread_amounts(
    session: AsyncSession,
    collection: CollectionRow,
    wanted: Sequence[ToMatch | ToSpread],
    under: Mapping[Number, Sequence[UUID]],
    entitlements: Mapping[UUID, EntitlementRow],
    *,
    held: Mapping[UUID, Decimal] | None = None,
) -> tuple[list[ToMatch], list[Breach]]:
    """The parts for single portions, in the request's order, and why an amount can't be spread whole.

    `under` has the portions of each number. The caller holds the locks of declarations and collection. `held` limits
    to what a hold reserves. A portion that is named by its id, too, is counted first.
    """
    free = await _open(session, collection, under, entitlements, held)
    for each in wanted:
        if isinstance(each, ToMatch) and each.portion_id in free.portions:
            declared = free.portions[each.portion_id].currency
            free.take(
                each.portion_id,
                value_in(declared, each.amount, collection.currency, each.rate, each.rate_source) or _ZERO,
            )
    parts: list[ToMatch] = []
    breaches: list[Breach] = []
    for index, each in enumerate(wanted):
        at = f"/matches/{index}"
        if isinstance(each, ToMatch):
            parts.append(replace(each, at=at))
            continue
        ids = [portion_id for portion_id in under[each.number] if portion_id in free.portions]
        named = [_named(collection, free, portion_id, entitlements, f"{at}/{each.number.kind}") for portion_id in ids]
        amount = exact(each.amount, collection.currency)
        dealt = spread(amount, named, free.declarations)
        asked = Asked(each.number.text, amount, collection.currency, f"{at}/amount", f"{at}/{each.number.kind}")
        if refused := breaches_of_spread(asked, named, dealt):
            breaches += refused
            continue
        for portion_id, part in dealt.items():
            free.take(portion_id, part)
            parts.append(ToMatch(portion_id, part, at=at))
    return parts, breaches


async def _open(
    session: AsyncSession,
    collection: CollectionRow,
    under: Mapping[Number, Sequence[UUID]],
    entitlements: Mapping[UUID, EntitlementRow],
    held: Mapping[UUID, Decimal] | None,
) -> _Open:
    ids = {portion_id for each in under.values() for portion_id in each if held is None or portion_id in held}
    rooms = await rooms_by_portion(session, ids, collection.pilot)
    portions = {
        portion_id: portion
        for portion_id, portion in (await portions_by_id(session, ids)).items()
        # What was released since the locks were taken waits for the next request.
        if portion_id in rooms and portion.declaration_id in entitlements
    }
    if held is not None:
        whole: dict[UUID, Decimal] = defaultdict(Decimal)
        for portion_id, portion in portions.items():
            whole[portion.declaration_id] += held[portion_id]
        return _Open(portions, {each: held[each] for each in portions}, whole)
    return _Open(
        portions,
        {each: rooms[each].collectable - rooms[each].held - rooms[each].matched for each in portions},
        {key: row.collectable + row.tolerance - row.held - row.matched for key, row in entitlements.items()},
    )


def _named(
    collection: CollectionRow, free: _Open, portion_id: UUID, entitlements: Mapping[UUID, EntitlementRow], at: str
) -> Named[UUID]:
    portion = free.portions[portion_id]
    frozen = portion.frozen or entitlements[portion.declaration_id].frozen
    judged = judge_portion(collection, portion, Decimal(1), frozen=frozen, at=at)
    return Named(
        portion=portion_id,
        declaration=portion.declaration_id,
        left=free.left[portion_id],
        departed_on=portion.departed_on,
        item_no=portion.item_no or 0,
        forbidden=(
            *breaches_of_other_currency(portion.currency, collection.currency, at),
            *(replace(each, pointer=at) for each in judged),
        ),
    )
