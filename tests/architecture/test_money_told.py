"""Money in answers has the digits of its currency, under every name that answers use (V54)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.http.money_told import MONEY, money_told
from shared.wire import DecimalText, MoneyAmount, PositiveMoney, UnsignedMoney

_FORMS = [each for kind in (MoneyAmount, PositiveMoney, UnsignedMoney) for each in get_args(kind)]


def names_of_money(type_: Any, name: str, told: tuple[Any, ...], seen: set[Any]) -> Iterator[str]:
    """The names under which a type of an answer holds money."""
    if get_origin(type_) is Annotated:
        inner, *more = get_args(type_)
        yield from names_of_money(inner, name, (*told, *more), seen)
    elif any(isinstance(each, DecimalText) and each in _FORMS for each in told):
        yield name
    elif get_origin(type_) is not None or get_args(type_):
        for each in get_args(type_):
            yield from names_of_money(each, name, told if each is not type_ else (), seen)
    elif isinstance(type_, type) and issubclass(type_, BaseModel) and type_ not in seen:
        seen.add(type_)
        for field_name, field in type_.model_fields.items():
            yield from names_of_money(field.annotation, field_name, tuple(field.metadata), seen)


@pytest.mark.parametrize("service", SERVICES)
def test_every_field_of_an_answer_that_is_money_is_told_as_money(service: str) -> None:
    routes = [
        each
        for router in described(service).load_service().routers
        for each in router.routes
        if isinstance(each, APIRoute)
    ]
    seen: set[Any] = set()
    found = {
        name
        for route in routes
        if route.response_field is not None
        for name in names_of_money(route.response_field.field_info.annotation, "", (), seen)
    }
    assert len(seen) > 10
    assert found <= MONEY


@pytest.mark.parametrize("name", sorted(MONEY))
@pytest.mark.parametrize(("currency", "shown"), [("JPY", "100"), ("KWD", "100.180"), ("USD", "100.18")])
def test_each_amount_has_the_digits_of_its_currency(name: str, currency: str, shown: str) -> None:
    own = name.endswith(("_usd", "_rmb")) or name == "rmb_amount"
    amount = {"JPY": "100.00", "KWD": "100.18", "USD": "100.18"}[currency]
    told = json.loads(
        money_told(json.dumps({"items": [{"currency": currency, name: amount, "note": amount}]}).encode())
    )
    expected = amount if own and currency != "JPY" else "100.00" if own else shown
    assert told == {"items": [{"currency": currency, name: expected, "note": amount}]}


def test_a_part_is_told_in_its_own_currency_and_digits_are_never_cut_off() -> None:
    answer = {
        "collection": {
            "currency": "JPY",
            "amount": "1000.00",
            "matches": [{"amount": "100.00", "value": "1.50", "declared_currency": "USD"}],
            "advances": [{"amount": "0.00", "value": "0.18", "trade_currency": "KWD"}],
            "lines": [{"unit_price": "2.50", "quantity": "2"}],
            "domestic_leg": {"amount": "7.50"},
            "bank_charges": None,
        }
    }
    told = json.loads(money_told(json.dumps(answer).encode()))["collection"]
    assert told["amount"] == "1000"
    assert told["matches"] == [{"amount": "100", "value": "1.50", "declared_currency": "USD"}]
    assert told["advances"] == [{"amount": "0", "value": "0.180", "trade_currency": "KWD"}]
    assert told["lines"] == [{"unit_price": "2.5", "quantity": "2"}]
    assert (told["domestic_leg"], told["bank_charges"]) == ({"amount": "7.50"}, None)


def test_an_answer_of_two_digits_is_passed_on_as_it_is() -> None:
    body = b'{"currency": "USD",  "amount": "1.00"}'
    assert money_told(body) is body
