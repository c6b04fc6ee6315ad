"""Write what customs' receipts made of a declaration: portions, items, packing lists, counters."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.vocabulary.money import currency_digits, round_half_up
from trade_ledger.domain.receipts import INACTIVE, Outcome, PortionState
from trade_ledger.store.declarations import packing_lists_for_update
from trade_ledger.store.movements import Move, booked_by, move_what_fits
from trade_ledger.store.tables.declarations import DeclarationRow, PortionRow

_INWARDS = ("packed", "declared", "released", "departed", "returned")


async def book_outcome(
    session: AsyncSession, row: DeclarationRow, portions: list[PortionRow], outcome: Outcome, *, before: str, act: Act
) -> list[str]:
    """The lines whose counters have no room for the fact; `row.status` is the new status already."""
    if (before in INACTIVE) != (row.status in INACTIVE):
        await hold_packing_lists(session, row, held=row.status not in INACTIVE)
    for portion in portions:
        _rewrite(portion, outcome.portions[str(portion.id)])
    row.content = {**row.content, **_totals(row.content, portions)}
    return await _book(session, row, portions, outcome, act)


async def hold_packing_lists(session: AsyncSession, row: DeclarationRow, *, held: bool) -> None:
    """Keep the declaration's packing lists for it, or give them back to be declared elsewhere."""
    for each in await packing_lists_for_update(session, [UUID(i) for i in row.content["packing_list_ids"]]):
        if held and each.declaration_id is None:
            each.declaration_id = row.id
        elif not held and each.declaration_id == row.id:
            each.declaration_id = None


def submitted_quantity(portion: PortionRow) -> Decimal:
    """What the portion declared when it was born; amendments count from there, whatever their order."""
    return Decimal(_born(portion)["quantity"])


def _born(portion: PortionRow) -> dict[str, str]:
    born = {name: portion.content[name] for name in (*_AMENDABLE, "slip_value")}
    return born | dict(portion.content.get("submitted", {}))


_AMENDABLE = ("quantity", "declared_value", "fob_value", "fob_usd")


def _part(value: Decimal, part: Decimal, whole: Decimal, digits: int) -> Decimal:
    return round_half_up(value * part / whole, digits) if whole else round_half_up(Decimal(0), digits)


def _rewrite(portion: PortionRow, new: PortionState) -> None:
    born = {name: Decimal(text) for name, text in _born(portion).items()}
    digits = currency_digits(portion.content["declared_currency"])
    value = new.value
    if value is None:
        value = _part(born["declared_value"], new.declared, born["quantity"], digits)
    content: dict[str, Any] = {**portion.content, "submitted": _born(portion)}
    portion.quantity = new.declared
    portion.declared_value = value
    portion.fob_value = _part(born["fob_value"], value, born["declared_value"], digits)
    portion.fob_usd = _part(born["fob_usd"], value, born["declared_value"], 2)
    content |= {name: f"{getattr(portion, name):f}" for name in _AMENDABLE}
    # What an amendment takes away goes back to the line at the slip's own price.
    slip_digits = currency_digits(portion.content["slip_currency"])
    content["slip_value"] = f"{_part(born['slip_value'], new.declared, born['quantity'], slip_digits):f}"
    content["hs_code"] = new.hs_code or portion.content["hs_code"]
    stages = {"released": new.released, "departed": new.departed, "shut_out": new.shut_out, "returned": new.returned}
    for stage, quantity in stages.items():
        content[f"{stage}_quantity"] = f"{quantity:f}"
        content[f"{stage}_value"] = f"{_part(portion.declared_value, quantity, portion.quantity, digits):f}"
        content[f"{stage}_fob"] = f"{_part(portion.fob_value, quantity, portion.quantity, digits):f}"
    portion.content = content
    portion.released_quantity, portion.departed_quantity = new.released, new.departed
    portion.returned_quantity = new.returned
    portion.released_fob_usd = _part(portion.fob_usd, new.released, portion.quantity, 2)


def _totals(content: dict[str, Any], portions: list[PortionRow]) -> dict[str, Any]:
    """An amendment moves the totals and items with its portions; across units the item's own quantity stays."""
    by_id = {str(each.id): each for each in portions}
    items = []
    for item in content["items"]:
        behind = [by_id[each] for each in item["portion_ids"]]
        changed = {**item, "value": f"{sum((each.declared_value for each in behind), Decimal(0)):f}"}
        codes = {each.content["hs_code"] for each in behind}
        changed["hs_code"] = codes.pop() if len(codes) == 1 else item["hs_code"]
        if {each.content["unit"] for each in behind} == {item["unit"]}:
            changed["quantity"] = f"{sum((each.quantity for each in behind), Decimal(0)):f}"
        items.append(changed)
    return {
        "items": items,
        "total_value": f"{sum((each.declared_value for each in portions), Decimal(0)):f}",
        "total_fob": f"{sum((each.fob_value for each in portions), Decimal(0)):f}",
        "total_fob_usd": f"{sum((each.fob_usd for each in portions), Decimal(0)):f}",
    }


async def _book(
    session: AsyncSession, row: DeclarationRow, portions: list[PortionRow], outcome: Outcome, act: Act
) -> list[str]:
    """Book the difference between what the counters should hold of this declaration and what it booked so far.

    Falling counters go first and from the outside in, so that no step passes a state that the CHECKs forbid.
    """
    booked = await booked_by(session, row.number, {each.line_id for each in portions})
    falling: list[Move] = []
    rising: list[Move] = []
    for portion in portions:
        wanted = _counters(outcome.portions[str(portion.id)], active=row.status not in INACTIVE)
        by_kind = {kind: wanted[kind] - booked.get((portion.line_id, kind), Decimal(0)) for kind in _INWARDS}
        moves = [Move(portion.line_id, kind, by) for kind, by in by_kind.items() if by]
        falling += reversed([each for each in moves if each.quantity < 0])
        rising += [each for each in moves if each.quantity > 0]
    stuck = await move_what_fits(session, falling + rising, reference=row.number, act=act)
    return sorted(portion.content["goods_name"] for portion in portions if portion.line_id in stuck)


def _counters(state: PortionState, *, active: bool) -> dict[str, Decimal]:
    """A shut-out gives the quantity back to the trade line and to no one else (V31)."""
    return {
        "packed": -state.shut_out,
        "declared": state.declared - state.shut_out if active else Decimal(0),
        "released": state.released if active else Decimal(0),
        "departed": state.departed if active else Decimal(0),
        "returned": state.returned if active else Decimal(0),
    }
