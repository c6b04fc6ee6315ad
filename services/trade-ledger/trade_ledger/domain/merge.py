"""Simplified declaration: the most valuable kinds single, the rest by chapter; nothing is lost (R-DECL-2, V25, V26)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

KILOGRAM = "千克"


@dataclass(frozen=True, slots=True)
class Share:
    """One portion as the merge sees it."""

    portion: str
    hs_code: str
    goods_name: str
    unit: str
    quantity: Decimal
    value: Decimal
    packages: int
    gross_weight_kg: Decimal
    net_weight_kg: Decimal
    barred: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A declared item and the portions behind it."""

    hs_code: str
    goods_name: str
    unit: str
    quantity: Decimal
    value: Decimal
    packages: int
    gross_weight_kg: Decimal
    net_weight_kg: Decimal
    merged: bool
    portions: tuple[str, ...]


Kind = tuple[str, str, str]


def kind_of(share: Share) -> Kind:
    """What counts as one kind: code, name and unit (practice, not law)."""
    return (share.hs_code, share.goods_name, share.unit)


def kinds_that_count(shares: Sequence[Share]) -> int:
    """How many kinds may be merged; barred goods don't count (practice, not law)."""
    return len({kind_of(share) for share in shares if not share.barred})


def items_of(shares: Sequence[Share], *, simplified: bool, single_kinds: int) -> list[Item]:
    """The declared items, most valuable first; the order of the input doesn't matter.

    In a simplified declaration the kinds that stay single for their value go before barred goods and what is merged.
    """
    kinds: dict[Kind, list[Share]] = defaultdict(list)
    for share in shares:
        kinds[kind_of(share)].append(share)
    ranked = sorted(kinds, key=lambda kind: (-_value(kinds[kind]), kind))
    mergeable = [kind for kind in ranked if not any(share.barred for share in kinds[kind])]
    first = mergeable[:single_kinds] if simplified else []
    merged_kinds = mergeable[single_kinds:] if simplified else []
    apart = {*first, *merged_kinds}
    items = [_item(kinds[kind], kind, merged=False) for kind in ranked if kind not in apart]
    chapters: dict[str, list[Kind]] = defaultdict(list)
    for kind in merged_kinds:
        chapters[kind[0][:2]].append(kind)
    for group in chapters.values():
        behind = [share for kind in group for share in kinds[kind]]
        items.append(_item(behind, group[0], merged=len(group) > 1))
    rest = sorted(items, key=lambda item: (-item.value, item.hs_code, item.goods_name, item.unit))
    return [_item(kinds[kind], kind, merged=False) for kind in first] + rest


def _value(shares: Sequence[Share]) -> Decimal:
    return sum((share.value for share in shares), Decimal(0))


def _item(shares: Sequence[Share], head: Kind, *, merged: bool) -> Item:
    """Quantities add in equal units only; across units each line's own net weight is the factor (V57)."""
    net = sum((share.net_weight_kg for share in shares), Decimal(0))
    same_unit = len({share.unit for share in shares}) == 1
    return Item(
        hs_code=head[0],
        goods_name=head[1],
        unit=head[2] if same_unit else KILOGRAM,
        quantity=sum((share.quantity for share in shares), Decimal(0)) if same_unit else net,
        value=_value(shares),
        packages=sum(share.packages for share in shares),
        gross_weight_kg=sum((share.gross_weight_kg for share in shares), Decimal(0)),
        net_weight_kg=net,
        merged=merged,
        portions=tuple(sorted(share.portion for share in shares)),
    )


@dataclass(frozen=True, slots=True)
class Behind:
    """A portion behind an item, as it is declared now."""

    hs_code: str
    unit: str
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Now:
    """What an item declares now."""

    hs_code: str
    quantity: Decimal
    value: Decimal


def item_now(hs_code: str, unit: str, quantity: Decimal, behind: Sequence[Behind]) -> Now:
    """An item moves with its portions (R-DECL-2); across codes or units it keeps those that were submitted."""
    codes = {each.hs_code for each in behind}
    same_unit = {each.unit for each in behind} == {unit}
    return Now(
        hs_code=codes.pop() if len(codes) == 1 else hs_code,
        quantity=sum((each.quantity for each in behind), Decimal(0)) if same_unit else quantity,
        value=sum((each.value for each in behind), Decimal(0)),
    )
