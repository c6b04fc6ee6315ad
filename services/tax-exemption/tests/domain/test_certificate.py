"""Certificates of agency export, rule by rule."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tax_exemption.domain.certificate import (
    breaches_of_application,
    breaches_of_issue,
    breaches_of_voiding,
    is_outdated,
)


@pytest.mark.parametrize(
    ("rule", "live", "codes"),
    [
        ("R-TAX-5: the first of its declaration and principal", None, []),
        ("R-TAX-5: one is live", "LS-CE-0000001-10", ["certificate_applied_already"]),
    ],
)
def test_an_application(rule: str, live: str | None, codes: list[str]) -> None:
    assert [each.code for each in breaches_of_application(live, frozen=False)] == codes, rule
    held = [each.code for each in breaches_of_application(live, frozen=True)]
    assert held == [*codes, "export_frozen"], rule


@pytest.mark.parametrize(
    ("rule", "status", "used_by", "codes"),
    [
        ("R-TAX-5: it waits for its number", "applied", None, []),
        ("R-TAX-5: it has its number", "issued", None, ["certificate_not_applied"]),
        ("R-TAX-5: it is void", "void", None, ["certificate_not_applied"]),
        ("R-TAX-5: tax's number stands on another", "applied", "LS-CE-0000001-10", ["issued_number_used"]),
        ("R-TAX-5: both", "void", "LS-CE-0000001-10", ["certificate_not_applied", "issued_number_used"]),
    ],
)
def test_an_issue(rule: str, status: str, used_by: str | None, codes: list[str]) -> None:
    assert [each.code for each in breaches_of_issue(status, number_used_by=used_by, frozen=False)] == codes, rule
    held = [each.code for each in breaches_of_issue(status, number_used_by=used_by, frozen=True)]
    assert held == [*codes, "export_frozen"], rule


@pytest.mark.parametrize(
    ("rule", "status", "codes"),
    [
        ("V52: applied for", "applied", []),
        ("V52: issued", "issued", []),
        ("V52: void already", "void", ["certificate_void_already"]),
    ],
)
def test_a_voiding(rule: str, status: str, codes: list[str]) -> None:
    assert [each.code for each in breaches_of_voiding(status)] == codes, rule


@pytest.mark.parametrize(
    ("rule", "value", "currency", "outdated"),
    [
        ("V52: the value that it states", "1000.00", "USD", False),
        ("V52: written otherwise", "1000", "USD", False),
        ("V52: a cent more", "1000.01", "USD", True),
        ("V52: a cent less", "999.99", "USD", True),
        ("V52: in another currency", "1000.00", "EUR", True),
    ],
)
def test_a_certificate_whose_declaration_changed(rule: str, value: str, currency: str, outdated: bool) -> None:
    assert is_outdated((Decimal("1000.00"), "USD"), (Decimal(value), currency)) is outdated, rule


def test_a_certificate_of_what_is_no_longer_released_is_outdated() -> None:
    """V52."""
    assert is_outdated((Decimal("1000.00"), "USD"), None)
