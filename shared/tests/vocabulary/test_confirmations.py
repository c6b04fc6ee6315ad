"""What a second person confirms, rule by rule (V6)."""

from __future__ import annotations

import pytest

from shared.vocabulary.confirmations import breaches_of_parameter_confirmation, breaches_of_second_person


@pytest.mark.parametrize(("second", "codes"), [("b", []), ("a", ["second_person_needed"])])
def test_who_proposed_does_not_confirm(second: str, codes: list[str]) -> None:
    assert [(each.code, each.rule) for each in breaches_of_second_person("a", second)] == [
        (code, "V6") for code in codes
    ]


@pytest.mark.parametrize(
    ("second", "already", "newest", "codes"),
    [
        ("b", False, True, []),
        ("a", False, True, ["second_person_needed"]),
        ("b", True, True, ["parameter_confirmed_already"]),
        ("b", True, False, ["parameter_confirmed_already"]),
        ("b", False, False, ["parameter_superseded"]),
        ("a", False, False, ["parameter_superseded", "second_person_needed"]),
    ],
)
def test_a_parameter_is_confirmed_once_and_only_the_newest(
    second: str, already: bool, newest: bool, codes: list[str]
) -> None:
    found = breaches_of_parameter_confirmation("a", second, confirmed_already=already, newest=newest)
    assert [(each.code, each.rule) for each in found] == [(code, "V6") for code in codes]
