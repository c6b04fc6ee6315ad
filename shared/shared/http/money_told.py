"""Money in answers: as many digits as its currency has, JPY "100" and KWD "0.180" (V54)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from shared.vocabulary.money import IN_THOUSANDTHS, WHOLE_ONLY, currency_digits, currency_in_use

MONEY = frozenset(
    [
        "amount",
        "balance",
        "bank_charges",
        "charges",
        "claims",
        "collectable",
        "collected",
        "declared_value",
        "departed_fob",
        "departed_value",
        "exempt_rmb",
        "fob",
        "fob_usd",
        "fob_value",
        "freight",
        "held",
        "inland",
        "insurance",
        "left",
        "limit_usd",
        "linked",
        "matched",
        "open_fob",
        "owed",
        "passed_on",
        "refunded",
        "released_fob",
        "released_value",
        "returned_fob",
        "returned_value",
        "rmb_amount",
        "shut_out_fob",
        "shut_out_value",
        "slip_value",
        "tolerance",
        "total",
        "total_fob",
        "total_fob_usd",
        "total_rmb",
        "total_value",
        "unit_price",
        "unmatched",
        "value",
        "value_now_rmb",
        "value_now_usd",
        "value_then_rmb",
        "value_then_usd",
        "value_usd",
    ]
)
"""The names under which answers tell money; tests/architecture holds them against the answers' types."""

# With two digits money is told right already.
_OTHER_DIGITS = re.compile(rb'currency": ?"(?:%b)"' % b"|".join(f"{WHOLE_ONLY} {IN_THOUSANDTHS}".encode().split()))
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def money_told(answer: bytes) -> bytes:
    """A JSON answer with each amount in the digits of its currency; digits that aren't zero are never cut off."""
    if _OTHER_DIGITS.search(answer) is None:
        return answer
    return json.dumps(_told(json.loads(answer), None), ensure_ascii=False, separators=(",", ":")).encode()


def _told(value: Any, currency: str | None) -> Any:
    if isinstance(value, list):
        return [_told(each, currency) for each in value]
    if not isinstance(value, dict):
        return value
    own = value.get("currency", currency)
    return {name: _of(name, each, value, own) for name, each in value.items()}


def _of(name: str, value: Any, beside: Mapping[str, Any], own: str | None) -> Any:
    if isinstance(value, str) and name in MONEY and _NUMBER.fullmatch(value):
        return _spelled(value, _currency_of(name, beside, own))
    # The domestic leg is RMB, whatever the trade's currency (R-TRADE-6).
    return _told(value, "CNY" if name == "domestic_leg" else own)


def _currency_of(name: str, beside: Mapping[str, Any], own: str | None) -> str | None:
    if name.endswith("_usd"):
        return "USD"
    if name.endswith("_rmb") or name == "rmb_amount":
        return "CNY"
    if name == "slip_value":
        slip: str | None = beside.get("slip_currency", own)
        return slip
    if name == "value":
        return beside.get("declared_currency") or beside.get("trade_currency") or own
    return own


def _spelled(number: str, currency: str | None) -> str:
    if currency is None or not currency_in_use(currency):
        return number
    whole, _, fraction = number.partition(".")
    fraction = fraction.rstrip("0").ljust(currency_digits(currency), "0")
    return f"{whole}.{fraction}" if fraction else whole
