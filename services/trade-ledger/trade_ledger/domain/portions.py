"""A portion's numbers: what it declares now, and what became of it (R-DECL-4, V11, V12, V31, V54)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.vocabulary.money import currency_digits, round_half_up
from trade_ledger.domain.merge import KILOGRAM
from trade_ledger.domain.receipts import PortionState


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a portion declared when it was submitted; amendments count from there, whatever their order.

    `slip_value` is in `slip_currency`, `declared_value` and `fob_value` in `currency`.
    """

    quantity: Decimal
    slip_value: Decimal
    declared_value: Decimal
    fob_value: Decimal
    fob_usd: Decimal
    currency: str
    slip_currency: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a portion declares now, and cumulatively what became of it; `departed` includes what was returned later."""

    quantity: Decimal
    slip_value: Decimal
    declared_value: Decimal
    fob_value: Decimal
    fob_usd: Decimal
    released_quantity: Decimal
    released_value: Decimal
    released_fob: Decimal
    released_fob_usd: Decimal
    departed_quantity: Decimal
    departed_value: Decimal
    departed_fob: Decimal
    shut_out_quantity: Decimal
    shut_out_value: Decimal
    shut_out_fob: Decimal
    returned_quantity: Decimal
    returned_value: Decimal
    returned_fob: Decimal


def untouched(quantity: Decimal) -> PortionState:
    """A portion on which customs has sent no receipt yet."""
    nothing = Decimal(0)
    return PortionState(declared=quantity, released=nothing, departed=nothing, shut_out=nothing, returned=nothing)


def numbers_of(submitted: Submitted, now: PortionState) -> Numbers:
    """The numbers that follow from the quantities after customs' receipts.

    Values follow the quantity unless an amendment names one; FOB and dollars follow the value. What an amendment takes
    away goes back to the line at the slip's own price.
    """
    digits, slip_digits = currency_digits(submitted.currency), currency_digits(submitted.slip_currency)
    value = now.value
    if value is None:
        value = _part(submitted.declared_value, now.declared, submitted.quantity, digits)
    fob = _part(submitted.fob_value, value, submitted.declared_value, digits)
    fob_usd = _part(submitted.fob_usd, value, submitted.declared_value, 2)
    return Numbers(
        quantity=now.declared,
        slip_value=_part(submitted.slip_value, now.declared, submitted.quantity, slip_digits),
        declared_value=value,
        fob_value=fob,
        fob_usd=fob_usd,
        released_quantity=now.released,
        released_value=_part(value, now.released, now.declared, digits),
        released_fob=_part(fob, now.released, now.declared, digits),
        released_fob_usd=_part(fob_usd, now.released, now.declared, 2),
        departed_quantity=now.departed,
        departed_value=_part(value, now.departed, now.declared, digits),
        departed_fob=_part(fob, now.departed, now.declared, digits),
        shut_out_quantity=now.shut_out,
        shut_out_value=_part(value, now.shut_out, now.declared, digits),
        shut_out_fob=_part(fob, now.shut_out, now.declared, digits),
        returned_quantity=now.returned,
        returned_value=_part(value, now.returned, now.declared, digits),
        returned_fob=_part(fob, now.returned, now.declared, digits),
    )


def spread(parts: Sequence[Decimal], whole: Decimal, digits: int) -> list[Decimal]:
    """`whole` over some quantities in order; each rounding carries into the next, so that the parts sum up (V54)."""
    total, upto, told, shares = sum(parts, Decimal(0)), Decimal(0), Decimal(0), []
    for part in parts:
        upto += part
        shares.append(_part(whole, upto, total, digits) - told)
        told += shares[-1]
    return shares


def _part(value: Decimal, part: Decimal, whole: Decimal, digits: int) -> Decimal:
    return round_half_up(value * part / whole, digits) if whole else round_half_up(Decimal(0), digits)


def statutory_quantity(line: Decimal, unit: str, ratio: Decimal, net_weight_kg: Decimal) -> Decimal:
    """A portion's part of its line's statutory quantity (V11); kilograms are the goods' own net weight (V12)."""
    return net_weight_kg if unit == KILOGRAM else round_half_up(line * ratio, 6)


def second_statutory_quantity(line: Decimal | None, ratio: Decimal) -> Decimal | None:
    """A portion's part of its line's second statutory quantity, where the goods have one (V11)."""
    return None if line is None else round_half_up(line * ratio, 6)


def counters_of(now: PortionState, *, active: bool) -> dict[str, Decimal]:
    """What a declaration's portion holds of its line's counters; an inactive declaration only what was shut out.

    A shut-out gives the quantity back to the trade line alone (V31).
    """
    nothing = Decimal(0)
    return {
        "packed": -now.shut_out,
        "declared": now.declared - now.shut_out if active else nothing,
        "released": now.released if active else nothing,
        "departed": now.departed if active else nothing,
        "returned": now.returned if active else nothing,
    }
