"""What each kind of agency needs, who confirms, and what held on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from registry.domain.agency import AgencyFacts, breaches_of_agency, breaches_of_confirmation, breaches_of_termination
from registry.domain.archive import AgreementDates, status_before, was_in_force

EXPORT = AgencyFacts(
    kind="export_agency",
    principal_roles=frozenset({"stall_holder"}),
    agent_roles=frozenset({"operator"}),
    same_subject=False,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    collector="agent",
    exemption_filer="principal",
)
PROCUREMENT = replace(
    EXPORT, kind="procurement_agency", principal_roles=frozenset({"buyer"}), collector=None, exemption_filer=None
)
MORNING = datetime(2026, 5, 13, 1, tzinfo=UTC)
DATES = AgreementDates(None, MORNING, None, date(2026, 5, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        pytest.param(EXPORT, [], id="an export agency"),
        pytest.param(PROCUREMENT, [], id="a procurement agency"),
        pytest.param(replace(PROCUREMENT, agent_roles=frozenset({"agent"})), [], id="an agent buys for a buyer"),
        pytest.param(replace(EXPORT, principal_roles=frozenset({"supplier"})), [], id="another owner of the goods"),
        pytest.param(
            replace(EXPORT, principal_roles=frozenset({"buyer"})), ["principal_not_filed"], id="a buyer exports"
        ),
        pytest.param(
            replace(PROCUREMENT, principal_roles=frozenset({"stall_holder"})),
            ["principal_not_filed"],
            id="a stall holder procures",
        ),
        pytest.param(replace(EXPORT, agent_roles=frozenset({"agent"})), ["agent_not_filed"], id="an agent exports"),
        pytest.param(replace(EXPORT, same_subject=True), ["agency_with_oneself"], id="with oneself"),
        pytest.param(replace(EXPORT, valid_to=date(2026, 1, 1)), [], id="for one day"),
        pytest.param(replace(EXPORT, valid_to=date(2025, 12, 31)), ["agency_dates_reversed"], id="dates reversed"),
        pytest.param(
            replace(EXPORT, collector=None, exemption_filer=None),
            ["agency_term_missing", "agency_term_missing"],
            id="neither term named",
        ),
    ],
)
def test_an_agency_is_made_between_the_right_parties_with_its_terms(facts: AgencyFacts, codes: list[str]) -> None:
    assert [each.code for each in breaches_of_agency(facts)] == codes


def test_only_the_other_party_confirms_and_only_a_proposed_one() -> None:
    assert breaches_of_confirmation("proposed", confirmed_by_caller=False) == ()
    own = breaches_of_confirmation("proposed", confirmed_by_caller=True)
    assert [each.code for each in own] == ["agency_confirmed_by_oneself"]
    for status in ("confirmed", "terminated"):
        late = breaches_of_confirmation(status, confirmed_by_caller=False)
        assert [each.code for each in late] == ["agency_not_proposed"]


def test_an_agreement_has_the_state_that_its_steps_gave_it_before_an_instant() -> None:
    confirmed = replace(DATES, principal_confirmed_at=MORNING + timedelta(hours=1))
    ended = replace(confirmed, terminated_at=MORNING + timedelta(hours=2))
    instants = [MORNING, *(MORNING + timedelta(hours=hours, seconds=1) for hours in (0, 1, 2))]
    assert [status_before(ended, instant) for instant in instants] == [None, None, "confirmed", "terminated"]
    assert status_before(confirmed, MORNING + timedelta(hours=1)) is None
    assert status_before(DATES, MORNING + timedelta(days=9)) is None


@pytest.mark.parametrize(
    ("day", "status", "in_force"),
    [
        (date(2026, 5, 1), "confirmed", True),
        (date(2026, 4, 30), "confirmed", False),
        (date(2026, 12, 31), "confirmed", True),
        (date(2027, 1, 1), "confirmed", False),
        (date(2026, 6, 1), None, False),
        (date(2026, 6, 1), "terminated", False),
    ],
)
def test_a_confirmed_agreement_is_in_force_on_its_days(day: date, status: str | None, in_force: bool) -> None:
    assert was_in_force(DATES, status, day) is in_force


@pytest.mark.parametrize(
    ("rule", "status", "codes"),
    [
        ("R-FILE-6: proposed", "proposed", []),
        ("R-FILE-6: confirmed", "confirmed", []),
        ("R-FILE-6: ended already", "terminated", ["agency_terminated_already"]),
    ],
)
def test_a_termination(rule: str, status: str, codes: list[str]) -> None:
    assert [each.code for each in breaches_of_termination(status)] == codes, rule
