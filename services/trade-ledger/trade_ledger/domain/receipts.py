"""Computes a declaration from the set of customs' receipts, whatever their order (R-DECL-4, R-DECL-7, V30, V31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.rules import Breach

KINDS = ("rejected", "accepted", "inspected", "released", "departed", "amended", "shut_out", "returned", "deleted")
# Any of these shows that customs accepted the declaration; the first one received counts as the acceptance.
_TAKING = ("accepted", "inspected", "released", "departed", "amended", "shut_out")
# A declaration in one of these holds no declared quantity.
INACTIVE = frozenset({"draft", "rejected", "withdrawn", "deleted"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message of customs; `quantities` by portion where it concerns a part only, or what it amends them to.

    `corrects` is the id of an earlier message that this one replaces.
    """

    receipt_id: str
    kind: str
    issued_at: datetime
    customs_number: str | None = None
    export_date: date | None = None
    quantities: Mapping[str, Decimal] = field(default_factory=dict)
    values: Mapping[str, Decimal] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    recorded_at: datetime | None = None
    corrects: str | None = None


def breaches_of_portions(named: Sequence[str]) -> tuple[Breach, ...]:
    """Breach for a portion named twice in one message: the second would hide the first (R-DECL-7)."""
    first = {each: index for index, each in reversed([*enumerate(named)])}
    return tuple(
        Breach("portion_twice", "R-DECL-7", f"/portions/{index}/portion_id")
        for index, each in enumerate(named)
        if first[each] != index
    )


@dataclass(frozen=True, slots=True)
class PortionState:
    """A portion's quantities: what it declares now, and cumulatively what became of it.

    `departed` includes what was returned later; `value` and `hs_code` are set only where an amendment named them.
    """

    declared: Decimal
    released: Decimal
    departed: Decimal
    shut_out: Decimal
    returned: Decimal
    value: Decimal | None = None
    hs_code: str | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Facts that don't agree: which receipt shows it, who must act, and which portions it concerns (none: all)."""

    code: str
    receipt_id: str
    detail: str
    must_act: str
    portions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The declaration as the receipts have it; `proof` is the receipt that shows that customs took it."""

    status: str
    customs_number: str | None
    accepted_at: datetime | None
    released_at: datetime | None
    export_date: date | None
    proof: str | None
    portions: dict[str, PortionState]
    conflicts: tuple[Conflict, ...]


ByKind = Mapping[str, Sequence[Receipt]]


def outcome_of(receipts: Sequence[Receipt], submitted: Mapping[str, Decimal]) -> Outcome:
    """Fold the receipts of one attempt over the submitted quantities; a later stage implies the ones before it."""
    ranked = sorted(receipts, key=lambda each: (KINDS.index(each.kind), each.issued_at, each.receipt_id))
    by_kind = {kind: [each for each in ranked if each.kind == kind] for kind in KINDS}
    portions = {portion: _portion(by_kind, portion, quantity) for portion, quantity in submitted.items()}
    departed = by_kind["departed"]
    taking = next((by_kind[kind] for kind in _TAKING if by_kind[kind]), [])
    numbers = _numbered(ranked)
    return Outcome(
        status=_status(by_kind, portions),
        customs_number=numbers[0].customs_number if numbers else None,
        accepted_at=_first(taking),
        released_at=_first(by_kind["released"] or departed),
        export_date=min((day_of(each) for each in departed), default=None),
        proof=taking[0].receipt_id if taking else None,
        portions=portions,
        conflicts=(
            *_of_decisions(by_kind, taking),
            *_of_dates(departed),
            *_of_numbers(numbers),
            *_of_quantities(by_kind, submitted, portions),
        ),
    )


def day_of(receipt: Receipt) -> date:
    """The day on which what a receipt tells took place: the day that it names, or else its own in Beijing (V16)."""
    return receipt.export_date or legal_date(receipt.issued_at)


def _first(receipts: Sequence[Receipt]) -> datetime | None:
    return min((each.issued_at for each in receipts), default=None)


def _summed(receipts: Sequence[Receipt], portion: str, whole: Decimal) -> Decimal:
    """What receipts of one kind say for a portion: all of it unless they name quantities."""
    if not receipts:
        return Decimal(0)
    if any(not receipt.quantities for receipt in receipts):
        return whole
    named = sum((receipt.quantities.get(portion, Decimal(0)) for receipt in receipts), Decimal(0))
    return min(named, whole)


def _portion(by_kind: ByKind, portion: str, submitted: Decimal) -> PortionState:
    declared, value, code = submitted, None, None
    for amendment in by_kind["amended"]:
        declared = amendment.quantities.get(portion, declared)
        value = amendment.values.get(portion, value)
        code = amendment.codes.get(portion, code)
    shut_out = _summed(by_kind["shut_out"], portion, declared)
    if by_kind["deleted"]:
        return PortionState(declared, Decimal(0), Decimal(0), shut_out, Decimal(0), value, code)
    room = declared - shut_out
    released = min(_summed(by_kind["released"], portion, declared), room)
    # A departure that names no quantities concerns what was released, or everything while no release is known.
    departed = min(_summed(by_kind["departed"], portion, released if by_kind["released"] else room), room)
    returned = min(_summed(by_kind["returned"], portion, departed), departed)
    return PortionState(declared, max(released, departed), departed, shut_out, returned, value, code)


def _status(by_kind: ByKind, portions: Mapping[str, PortionState]) -> str:
    if by_kind["deleted"]:
        return "deleted"
    if portions and by_kind["shut_out"] and all(each.declared == each.shut_out for each in portions.values()):
        return "shut_out"
    departed = sum((each.departed for each in portions.values()), Decimal(0))
    if departed and departed == sum((each.returned for each in portions.values()), Decimal(0)):
        return "returned"
    for kind in ("departed", "released", "inspected", "accepted"):
        if by_kind[kind]:
            return kind
    if by_kind["amended"] or by_kind["shut_out"]:
        return "accepted"
    return "rejected" if by_kind["rejected"] else "submitted"


def _of_decisions(by_kind: ByKind, taking: Sequence[Receipt]) -> list[Conflict]:
    found: list[Conflict] = []
    if by_kind["returned"] and not by_kind["departed"]:
        found.append(
            Conflict("returned_not_departed", by_kind["returned"][0].receipt_id, "nothing departed", "customs")
        )
    # A deletion ends all other disagreement, except that the goods were released.
    if by_kind["deleted"]:
        if by_kind["released"] or by_kind["departed"]:
            deletion = by_kind["deleted"][0].receipt_id
            found.append(Conflict("deleted_after_release", deletion, "the goods were released before", "consignor"))
        return found
    if by_kind["rejected"] and taking:
        found.append(
            Conflict("rejected_and_accepted", by_kind["rejected"][0].receipt_id, "both facts stand", "customs")
        )
    whole = next((each for each in by_kind["shut_out"] if not each.quantities), None)
    if by_kind["departed"] and whole is not None:
        found.append(Conflict("departed_and_shut_out", whole.receipt_id, "both facts stand", "customs"))
    return found


def cases_of_arrival(receipts: Sequence[Receipt], arrivals: Mapping[str, datetime | None]) -> list[Conflict]:
    """Inspection and release need the site's report of every load's arrival, and come after it (R-DECL-1, V16)."""
    told = [each for each in receipts if each.kind in ("inspected", "released", "departed")]
    if not told:
        return []
    first = min(told, key=lambda each: (each.issued_at, KINDS.index(each.kind), each.receipt_id))
    late = sorted(load for load, at in arrivals.items() if at is None or at > first.issued_at)
    if not late:
        return []
    detail = f"{first.kind} before the arrival of {', '.join(late)}"
    return [Conflict("released_before_arrival", first.receipt_id, detail, "site_operator")]


def _of_dates(departed: Sequence[Receipt]) -> list[Conflict]:
    """Parts may leave on different days, the whole only on one, because the day decides the month of exemption."""
    whole = [each for each in departed if not each.quantities]
    days = sorted({day_of(each) for each in whole})
    if len(days) < 2:
        return []
    detail = "departed on " + " and on ".join(day.isoformat() for day in days)
    return [Conflict("export_date_differs", whole[-1].receipt_id, detail, "customs")]


def _numbered(ranked: Sequence[Receipt]) -> list[Receipt]:
    """The receipts with a customs number; a rejected attempt's counts only while there is no other."""
    numbered = [each for each in ranked if each.customs_number]
    return [each for each in numbered if each.kind != "rejected"] or numbered


def _of_numbers(numbered: Sequence[Receipt]) -> list[Conflict]:
    """V34: one declaration has at most one live number."""
    other = next((each for each in numbered if each.customs_number != numbered[0].customs_number), None)
    if other is None:
        return []
    detail = "customs numbers: " + ", ".join(sorted({each.customs_number or "" for each in numbered}))
    return [Conflict("customs_number_differs", other.receipt_id, detail, "customs")]


def _of_quantities(
    by_kind: ByKind, submitted: Mapping[str, Decimal], portions: Mapping[str, PortionState]
) -> list[Conflict]:
    """Conflicts of quantities that name an unknown portion, or together more than there is of it."""
    found: list[Conflict] = []
    for kind in ("released", "amended", "shut_out", "departed", "returned"):
        if kind in ("departed", "returned") and found:
            break  # The limits of departure and return depend on quantities that are in dispute already.
        total: dict[str, Decimal] = {}
        for each in by_kind[kind]:
            for portion, quantity in each.quantities.items():
                total[portion] = total.get(portion, Decimal(0)) + quantity
            wrong = [
                portion
                for portion in sorted(each.quantities)
                if portion not in submitted
                or total[portion] > _most(each, portion, by_kind, submitted[portion], portions[portion])
            ]
            if wrong:
                detail = f"{kind}: {', '.join(wrong)}"
                known = tuple(portion for portion in wrong if portion in submitted)
                found.append(Conflict("quantity_over_declared", each.receipt_id, detail, "customs", known))
    return found


_ANY = Decimal("Infinity")


def _most(receipt: Receipt, portion: str, by_kind: ByKind, submitted: Decimal, state: PortionState) -> Decimal:
    """A return may not exceed what departed, a departure what was released and not shut out, all else the declared.

    What departed although all was shut out, or came back although nothing departed, is a case of its own.
    """
    if receipt.kind == "amended" or by_kind["deleted"]:
        return _ANY
    # A quantity that an amendment takes away could be released before it.
    before = [each for each in by_kind["amended"] if each.issued_at <= receipt.issued_at]
    declared = next((each.quantities[portion] for each in reversed(before) if portion in each.quantities), submitted)
    if receipt.kind in ("released", "shut_out"):
        return declared
    if any(not each.quantities for each in by_kind["shut_out"]) or not by_kind["departed"]:
        return _ANY
    if receipt.kind == "returned":
        return state.departed
    released = _summed(by_kind["released"], portion, declared) if by_kind["released"] else declared
    return min(released, declared - state.shut_out)
