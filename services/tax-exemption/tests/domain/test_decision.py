"""What the tax officer may decide, rule by rule: on the last day, the day before, the day after."""

from __future__ import annotations

from datetime import date

import pytest

from tax_exemption.domain.decision import breaches_of_item_decision, breaches_of_return_decision


@pytest.mark.parametrize(
    ("rule", "status", "decided_by", "codes"),
    [
        ("R-TAX-6: filed", "filed", "officer", []),
        ("R-TAX-6: asked about before", "queried", "officer", []),
        ("R-TAX-6: filed outside", "filed_outside", "officer", []),
        ("R-TAX-6: accepted", "accepted", "officer", ["return_accepted_already"]),
        ("V6: by who filed it", "filed", "filer", ["own_return_decided"]),
        ("R-TAX-6, V6: both", "accepted", "filer", ["return_accepted_already", "own_return_decided"]),
    ],
)
def test_a_decision_on_a_return(rule: str, status: str, decided_by: str, codes: list[str]) -> None:
    found = breaches_of_return_decision(status, filed_by="filer", decided_by=decided_by)
    assert [each.code for each in found] == codes, rule


@pytest.mark.parametrize(
    ("rule", "something_open", "today", "codes"),
    [
        ("R-TAX-7: the day before the window's last", True, date(2026, 6, 14), ["window_still_open"]),
        ("R-TAX-7: the window's last day", True, date(2026, 6, 15), ["window_still_open"]),
        ("R-TAX-7: the day after it", True, date(2026, 6, 16), []),
        ("R-TAX-7: nothing is open", False, date(2026, 6, 16), ["nothing_to_declare"]),
        ("R-TAX-7: neither", False, date(2026, 6, 15), ["nothing_to_declare", "window_still_open"]),
    ],
)
def test_a_decision_on_an_item(rule: str, something_open: bool, today: date, codes: list[str]) -> None:
    last_day = date(2026, 6, 15)
    found = breaches_of_item_decision(something_open=something_open, today=today, last_day=last_day)
    assert [each.code for each in found] == codes, rule
    assert [each.params["last"] for each in found if each.params] == ["2026-06-15"] * ("window_still_open" in codes)
