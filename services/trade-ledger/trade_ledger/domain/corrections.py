"""What a correction of a trade may change (R-TRADE-4, V17, V35)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from shared.vocabulary.rules import Breach


class FixedTerms(Protocol):
    """What stays as it was registered: who sells and exports, under which agency, and what kind of trade it is."""

    @property
    def seller_id(self) -> UUID: ...
    @property
    def stall_number(self) -> str: ...
    @property
    def consignor_id(self) -> UUID: ...
    @property
    def export_mode(self) -> str: ...
    @property
    def export_agency_id(self) -> UUID | None: ...
    @property
    def kind(self) -> str: ...


def breaches_of_new_terms(before: FixedTerms, after: FixedTerms) -> tuple[Breach, ...]:
    """What a correction may not touch: who sells, who exports and under which agency (R-TRADE-4, V35)."""
    fixed = {
        "seller_id": before.seller_id == after.seller_id,
        "stall_number": before.stall_number == after.stall_number,
        "consignor_id": before.consignor_id == after.consignor_id,
        "export_mode": before.export_mode == after.export_mode,
        "export_agency_id": before.export_agency_id == after.export_agency_id,
        "kind": before.kind == after.kind,
    }
    return tuple(
        Breach("trade_term_fixed", "R-TRADE-4", f"/{name}", {"field": name}) for name, same in fixed.items() if not same
    )


def corrected_line_ids(
    before: Mapping[int, UUID], named: Sequence[UUID | None], fresh: Sequence[UUID]
) -> tuple[list[UUID], tuple[Breach, ...]]:
    """The corrected lines' ids: those that they name, else, where none names one, those that stood in their places.

    `before` are the ids by line number, from 1; `fresh` is a new id for each line. A breach for each named id that
    isn't one of the trade's, or stands twice.
    """
    if all(each is None for each in named):
        return [before.get(number, new) for number, new in enumerate(fresh, 1)], ()
    left, breaches = set(before.values()), []
    for index, each in enumerate(named):
        if each is not None and each not in left:
            breaches.append(Breach("line_unknown", "R-TRADE-4", f"/lines/{index}/line_id"))
        left.discard(each) if each is not None else None
    return [new if each is None else each for each, new in zip(named, fresh, strict=True)], tuple(breaches)


@dataclass(frozen=True, slots=True)
class LineQuantity:
    """So much of a unit, on one line."""

    line_id: UUID
    quantity: Decimal
    unit: str


def breaches_of_packed(
    before: Sequence[LineQuantity], after: Sequence[LineQuantity], packed: Mapping[UUID, Decimal]
) -> tuple[Breach, ...]:
    """Breaches where packed goods would lose their line, their unit or a part of their quantity (R-TRADE-4)."""
    units = {line.line_id: line.unit for line in before}
    wanted = {line.line_id: (index, line) for index, line in enumerate(after)}
    breaches = []
    for line_id, quantity in packed.items():
        if not quantity:
            continue
        index, line = wanted.get(line_id, (None, None))
        if line is None or line.unit != units[line_id] or quantity > line.quantity:
            at = "/lines" if index is None else f"/lines/{index}/quantity"
            breaches.append(Breach("quantity_packed", "R-TRADE-4", at, {"packed": f"{quantity.normalize():f}"}))
    return tuple(breaches)
