"""What a list's entries and a person's decision may say."""

from __future__ import annotations

import pytest

from registry.domain.commodities import breaches_of_decision
from shared.vocabulary.recognition import Decision, Entry, recognise


def entry(name: str, prefix: str = "", *keywords: str, verdict: Decision = "eligible") -> Entry:
    return Entry(name, prefix, keywords, verdict, "because", "理由")


TOOLS = entry("positive@1#1", "82")
ARMS = entry("negative@1#1", "", "仿真枪", verdict="not_eligible")


@pytest.mark.parametrize(
    ("entries", "verdict", "has_expiry", "codes"),
    [
        pytest.param([], "eligible", False, [], id="open goods"),
        pytest.param([ARMS], "eligible", True, ["prohibition_not_overridable"], id="never over a prohibition"),
        pytest.param(
            [ARMS, TOOLS], "eligible", True, ["prohibition_not_overridable"], id="nor beside a positive entry"
        ),
        pytest.param([ARMS], "not_eligible", False, [], id="with the prohibition"),
        pytest.param([TOOLS], "not_eligible", False, ["override_without_expiry"], id="against a list for ever"),
        pytest.param([TOOLS], "not_eligible", True, [], id="against a list until a day"),
        pytest.param([TOOLS], "eligible", False, [], id="as the list says"),
    ],
)
def test_a_person_decides_what_the_lists_leave_open(
    entries: list[Entry], verdict: str, has_expiry: bool, codes: list[str]
) -> None:
    found = recognise("仿真枪", "8204120000", entries)
    assert [each.code for each in breaches_of_decision(found, verdict, has_expiry=has_expiry)] == codes
