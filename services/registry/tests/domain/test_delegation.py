"""Which delegation may be granted, accepted and ended (V65)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from registry.domain.delegation import (
    DelegationFacts,
    breaches_of_acceptance,
    breaches_of_delegation,
    breaches_of_end,
)

SOUND = DelegationFacts(
    role="stall_holder",
    grantor_roles=frozenset({"stall_holder"}),
    delegate_roles=frozenset({"operator"}),
    to_oneself=False,
    acts=("read", "register_trades"),
    limit_usd=Decimal("5000.00"),
    valid_from=date(2026, 5, 1),
    valid_to=date(2026, 5, 31),
    today=date(2026, 5, 13),
)
CASES: list[tuple[dict[str, Any], list[tuple[str, str, str]]]] = [
    ({}, []),
    ({"delegate_roles": frozenset({"stall_holder"})}, []),
    ({"delegate_roles": None}, []),
    ({"acts": ("read",), "limit_usd": None}, []),
    ({"acts": ("pack",), "limit_usd": None}, []),
    ({"grantor_roles": frozenset({"operator"})}, [("grantor_not_filed", "V1", "")]),
    ({"delegate_roles": frozenset({"buyer"})}, [("delegate_not_filed", "V1", "/delegate_id")]),
    ({"delegate_roles": frozenset()}, [("delegate_not_filed", "V1", "/delegate_id")]),
    ({"to_oneself": True}, [("delegation_to_oneself", "V65", "/delegate_id")]),
    ({"to_oneself": True, "delegate_roles": None}, [("delegation_to_oneself", "V65", "/account")]),
    ({"acts": ("read", "read"), "limit_usd": None}, [("delegated_act_repeated", "V65", "/acts")]),
    ({"limit_usd": None}, [("delegation_limit_unclear", "V65", "/limit_usd")]),
    ({"acts": ("file_returns",)}, []),
    ({"acts": ("file_returns",), "limit_usd": None}, [("delegation_limit_unclear", "V65", "/limit_usd")]),
    ({"acts": ("read_money", "read_tax", "apply_for_certificates"), "limit_usd": None}, []),
    ({"acts": ("read", "pack")}, [("delegation_limit_unclear", "V65", "/limit_usd")]),
    ({"valid_from": date(2026, 5, 31)}, []),
    ({"valid_from": date(2026, 6, 1)}, [("delegation_dates_reversed", "V65", "/valid_to")]),
    ({"valid_to": date(2026, 5, 13)}, []),
    ({"valid_to": date(2026, 5, 12)}, [("delegation_over_already", "V65", "/valid_to")]),
    (
        {"to_oneself": True, "valid_to": date(2026, 4, 30)},
        [("delegation_to_oneself", "V65", "/delegate_id"), ("delegation_dates_reversed", "V65", "/valid_to")],
    ),
]


@pytest.mark.parametrize(("changed", "found"), CASES)
def test_a_delegation_names_acts_value_and_dates_between_filed_parties(
    changed: dict[str, Any], found: list[tuple[str, str, str]]
) -> None:
    breaches = breaches_of_delegation(replace(SOUND, **changed))
    assert [(each.code, each.rule, each.pointer) for each in breaches] == found


@pytest.mark.parametrize(
    ("status", "by_delegate", "found"),
    [
        ("granted", True, []),
        ("granted", False, [("delegation_accepted_by_oneself", "V65")]),
        ("in_force", True, [("delegation_not_waiting", "V65")]),
        ("ended", True, [("delegation_not_waiting", "V65")]),
    ],
)
def test_a_delegation_is_accepted_once_by_its_delegate(
    status: str, by_delegate: bool, found: list[tuple[str, str]]
) -> None:
    assert [(each.code, each.rule) for each in breaches_of_acceptance(status, by_delegate=by_delegate)] == found


@pytest.mark.parametrize(
    ("status", "codes"), [("granted", []), ("in_force", []), ("ended", ["delegation_ended_already"])]
)
def test_a_delegation_ends_once(status: str, codes: list[str]) -> None:
    assert [(each.code, each.rule) for each in breaches_of_end(status)] == [(code, "V65") for code in codes]
