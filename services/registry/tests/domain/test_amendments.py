"""What waits for commerce, and who decides on it, case by case (R-FILE-3, V6)."""

from __future__ import annotations

import pytest

from registry.domain.amendments import (
    breaches_of_basis,
    breaches_of_decided_amendment,
    breaches_of_open_amendment,
    breaches_of_proposal,
    goes_to_review,
)


@pytest.mark.parametrize(
    ("rule", "parts", "statuses", "waits"),
    [
        ("R-FILE-3", ("name",), {"stall_holder": "approved"}, True),
        ("R-FILE-3", ("stalls",), {"stall_holder": "approved"}, True),
        ("R-FILE-3", ("stalls",), {"stall_holder": "suspended"}, True),
        ("R-FILE-3", ("qualification",), {"buyer": "suspended"}, True),
        ("another role was approved", ("name",), {"operator": "approved", "buyer": "draft"}, True),
        ("another role has no stalls", ("stalls",), {"operator": "approved", "stall_holder": "draft"}, False),
        ("one part waits", ("name", "stalls"), {"operator": "approved", "stall_holder": "draft"}, True),
        ("nothing is approved", ("name", "stalls"), {"stall_holder": "submitted"}, False),
        ("effective before review", ("name",), {"buyer": "effective"}, False),
        ("ended", ("name",), {"operator": "exited"}, False),
        ("no stall holder", ("stalls",), {}, False),
        ("nothing of the subject", (), {"stall_holder": "approved"}, False),
    ],
)
def test_what_commerce_approved_waits(rule: str, parts: tuple[str, ...], statuses: dict[str, str], waits: bool) -> None:
    assert goes_to_review(parts, statuses) is waits, rule


@pytest.mark.parametrize(
    ("parts", "waiting", "pointers"),
    [
        (("name",), {"stalls"}, []),
        (("name",), {"name", "stalls"}, ["/name"]),
        (("stalls", "name"), {"name", "stalls"}, ["/name", "/stalls"]),
        ((), {"name"}, []),
    ],
)
def test_one_amendment_of_a_part_waits(parts: tuple[str, ...], waiting: set[str], pointers: list[str]) -> None:
    found = breaches_of_proposal(parts, waiting)
    assert [(each.code, each.rule, each.pointer) for each in found] == [
        ("amendment_open_already", "R-FILE-3", each) for each in pointers
    ]


@pytest.mark.parametrize(
    ("status", "decided_by", "found"),
    [
        ("open", "officer", []),
        ("open", "holder", [("own_amendment_decided", "V6")]),
        ("approved", "officer", [("amendment_decided_already", "R-FILE-3")]),
        ("withdrawn", "holder", [("amendment_decided_already", "R-FILE-3"), ("own_amendment_decided", "V6")]),
    ],
)
def test_an_open_amendment_is_decided_by_another(status: str, decided_by: str, found: list[tuple[str, str]]) -> None:
    breaches = breaches_of_decided_amendment(status, proposed_by="holder", decided_by=decided_by)
    assert [(each.code, each.rule) for each in breaches] == found
    assert len(breaches_of_open_amendment(status)) == (status != "open")


@pytest.mark.parametrize(("changed", "codes"), [(False, []), (True, ["amendment_outdated"])])
def test_an_amendment_is_approved_of_what_it_was_made_against(changed: bool, codes: list[str]) -> None:
    assert [each.code for each in breaches_of_basis(changed=changed)] == codes
