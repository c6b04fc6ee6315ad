"""What customs' receipts make of a declaration: a function of the set, not of the order (R-DECL-4, R-DECL-7, V30, V31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

KINDS = ("rejected", "accepted", "inspected", "released", "departed", "shut_out", "returned", "deleted")


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message of customs; `quantities` by portion where it concerns a part only."""

    receipt_id: str
    kind: str
    issued_at: datetime
    customs_number: str | None = None
    export_date: date | None = None
    quantities: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PortionState:
    """A portion's cumulative quantities; departed includes what was returned later."""

    released: Decimal
    departed: Decimal
    shut_out: Decimal
    returned: Decimal


@dataclass(frozen=True, slots=True)
class Conflict:
    """Facts that don't agree: which receipt shows it, and who must act."""

    code: str
    receipt_id: str
    detail: str
    must_act: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The declaration as the receipts have it."""

    status: str
    customs_number: str | None
    accepted_at: datetime | None
    released_at: datetime | None
    export_date: date | None
    portions: dict[str, PortionState]
    conflicts: tuple[Conflict, ...]


def _ranked(receipts: Sequence[Receipt]) -> list[Receipt]:
    return sorted(receipts, key=lambda each: (KINDS.index(each.kind), each.issued_at, each.receipt_id))


def _summed(receipts: Sequence[Receipt], portion: str, whole: Decimal) -> Decimal:
    """What receipts of one kind say for a portion: all of it unless they name quantities."""
    if not receipts:
        return Decimal(0)
    if any(not receipt.quantities for receipt in receipts):
        return whole
    named = sum((receipt.quantities.get(portion, Decimal(0)) for receipt in receipts), Decimal(0))
    return min(named, whole)


def outcome_of(receipts: Sequence[Receipt], declared: Mapping[str, Decimal]) -> Outcome:
    """Fold the receipts of one attempt over the declared quantities; a later stage implies the ones before it."""
    by_kind = {kind: [each for each in _ranked(receipts) if each.kind == kind] for kind in KINDS}
    portions = {portion: _portion(by_kind, portion, quantity) for portion, quantity in declared.items()}
    departed = by_kind["departed"]
    numbers = [each.customs_number for each in _ranked(receipts) if each.customs_number]
    return Outcome(
        status=_status(by_kind, portions),
        customs_number=numbers[0] if numbers else None,
        accepted_at=_first(by_kind["accepted"] or by_kind["released"] or departed),
        released_at=_first(by_kind["released"] or departed),
        export_date=next((each.export_date for each in departed if each.export_date), None),
        portions=portions,
        conflicts=_conflicts(by_kind, numbers, declared),
    )


def _first(receipts: Sequence[Receipt]) -> datetime | None:
    return min((each.issued_at for each in receipts), default=None)


def _portion(by_kind: Mapping[str, Sequence[Receipt]], portion: str, quantity: Decimal) -> PortionState:
    if by_kind["deleted"]:
        zero = Decimal(0)
        return PortionState(zero, zero, zero, zero)
    shut_out = _summed(by_kind["shut_out"], portion, quantity)
    departed = min(_summed(by_kind["departed"], portion, quantity), quantity - shut_out)
    released = _summed(by_kind["released"], portion, quantity)
    return PortionState(
        released=max(min(released, quantity - shut_out), departed),
        departed=departed,
        shut_out=shut_out,
        returned=min(_summed(by_kind["returned"], portion, quantity), departed),
    )


def _status(by_kind: Mapping[str, Sequence[Receipt]], portions: Mapping[str, PortionState]) -> str:
    if by_kind["deleted"]:
        return "deleted"
    if portions and by_kind["shut_out"] and not any(each.released for each in portions.values()):
        return "shut_out"
    departed = sum((each.departed for each in portions.values()), Decimal(0))
    if departed and departed == sum((each.returned for each in portions.values()), Decimal(0)):
        return "returned"
    for kind in ("departed", "released", "inspected", "accepted", "rejected"):
        if by_kind[kind]:
            return kind
    return "submitted"


def _conflicts(
    by_kind: Mapping[str, Sequence[Receipt]], numbers: Sequence[str], declared: Mapping[str, Decimal]
) -> tuple[Conflict, ...]:
    found = []
    if by_kind["rejected"] and (by_kind["accepted"] or by_kind["released"] or by_kind["departed"]):
        found.append(
            Conflict("rejected_and_accepted", by_kind["rejected"][0].receipt_id, "both facts stand", "customs")
        )
    if len(set(numbers)) > 1:
        carrier = next(each for kind in KINDS for each in by_kind[kind] if each.customs_number == numbers[-1])
        detail = "two customs numbers: " + ", ".join(sorted(set(numbers)))
        found.append(Conflict("customs_number_differs", carrier.receipt_id, detail, "customs"))
    if by_kind["deleted"] and (by_kind["released"] or by_kind["departed"]):
        deletion = by_kind["deleted"][0].receipt_id
        found.append(Conflict("deleted_after_release", deletion, "the goods were released before", "consignor"))
    if by_kind["returned"] and not by_kind["departed"]:
        found.append(
            Conflict("returned_not_departed", by_kind["returned"][0].receipt_id, "nothing departed", "customs")
        )
    for kind in ("released", "departed", "shut_out", "returned"):
        for each in by_kind[kind]:
            unknown = sorted(set(each.quantities) - set(declared))
            over = sorted(p for p, q in each.quantities.items() if p in declared and q > declared[p])
            if unknown or over:
                detail = f"{kind}: " + ", ".join([*unknown, *over])
                found.append(Conflict("quantity_over_declared", each.receipt_id, detail, "customs"))
    return tuple(found)
