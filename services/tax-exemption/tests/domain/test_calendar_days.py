"""A day is published by two persons and corrected with a reason (R-TAX-2, V6)."""

from __future__ import annotations

import pytest

from tax_exemption.domain.calendar_days import breaches_of_confirming, breaches_of_publishing


@pytest.mark.parametrize(
    ("already", "changed", "reason", "found"),
    [
        (False, True, None, []),
        (False, False, None, []),
        (True, True, "the notice was withdrawn", []),
        (True, True, None, ["calendar_reason_missing"]),
        (True, True, "", ["calendar_reason_missing"]),
        (True, False, "again", ["calendar_day_published_already"]),
        (True, False, None, ["calendar_day_published_already", "calendar_reason_missing"]),
    ],
)
def test_a_published_day_is_corrected_to_the_other_answer_with_a_reason(
    already: bool, changed: bool, reason: str | None, found: list[str]
) -> None:
    breaches = breaches_of_publishing(published_already=already, changed=changed, reason=reason)
    assert [(each.code, each.rule) for each in breaches] == [(code, "R-TAX-2") for code in found]
    pointers = {"calendar_day_published_already": "/day", "calendar_reason_missing": "/reason"}
    assert [each.pointer for each in breaches] == [pointers[code] for code in found]


@pytest.mark.parametrize(
    ("second", "already", "newest", "found"),
    [
        ("b", False, True, []),
        ("a", False, True, [("second_person_needed", "V6")]),
        ("b", True, True, [("calendar_day_confirmed_already", "R-TAX-2")]),
        ("b", True, False, [("calendar_day_confirmed_already", "R-TAX-2")]),
        ("b", False, False, [("calendar_day_superseded", "R-TAX-2")]),
    ],
)
def test_a_day_is_confirmed_once_by_a_second_person(
    second: str, already: bool, newest: bool, found: list[tuple[str, str]]
) -> None:
    breaches = breaches_of_confirming("a", second, confirmed_already=already, newest=newest)
    assert [(each.code, each.rule) for each in breaches] == found
