"""Every pair of step and state: what the table allows, and that the submitter never decides."""

from __future__ import annotations

from typing import get_args

import pytest

from registry.domain.lifecycle import (
    ACTIVE,
    ENDED,
    STEPS,
    breaches_of_refiling,
    breaches_of_stating,
    breaches_of_step,
    was_reviewed,
)
from shared.events.registry import FilingStatus

STATES = get_args(FilingStatus)
LEGAL = {
    "submit": {"draft": "submitted", "returned": "submitted"},
    "review": {"submitted": "under_review"},
    "approve": {"submitted": "approved", "under_review": "approved", "effective": "approved"},
    "return": {"submitted": "returned", "under_review": "returned", "effective": "returned"},
    "reject": {"submitted": "rejected", "under_review": "rejected", "effective": "rejected"},
    "suspend": {"approved": "suspended", "effective": "suspended", "suspended": "suspended"},
    "reinstate": {"suspended": "approved"},
    "exit": {"approved": "exited", "effective": "exited", "suspended": "exited"},
    "amend": {"draft": "draft", "returned": "returned", "approved": "approved", "effective": "effective"},
}
BY_AUTHORITY = {"review", "approve", "return", "reject", "suspend", "reinstate"}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", STATES)
def test_a_step_is_possible_from_its_states_only(step: str, state: str) -> None:
    found = breaches_of_step(step, state, decided_by="officer", submitted_by="party")
    assert [(each.code, each.rule) for each in found] == (
        [] if state in LEGAL[step] else [("filing_state_wrong", "R-FILE-3")]
    )


def test_a_step_leads_to_the_state_of_the_rule() -> None:
    for step, moves in LEGAL.items():
        assert {STEPS[step].target or state for state in moves} == set(moves.values()), step


@pytest.mark.parametrize("step", STEPS)
def test_the_submitter_takes_no_step_of_an_authority(step: str) -> None:
    state = next(iter(LEGAL[step]))
    found = breaches_of_step(step, state, decided_by="same", submitted_by="same")
    assert [each.code for each in found] == (["own_filing_decided"] if step in BY_AUTHORITY else [])


def test_a_wrong_state_and_an_own_filing_are_both_reported() -> None:
    found = breaches_of_step("approve", "draft", decided_by="same", submitted_by="same")
    assert [each.rule for each in found] == ["R-FILE-3", "V6"]


def test_only_an_approved_or_effective_filing_acts_and_an_ended_one_frees_its_role() -> None:
    assert {"approved", "effective"} == ACTIVE
    assert {"rejected", "exited"} == ENDED


@pytest.mark.parametrize("state", STATES)
def test_a_role_is_filed_again_only_after_its_filing_was_rejected_or_ended(state: str) -> None:
    """R-FILE-4, V3."""
    found = breaches_of_refiling(state, "LS-FI-0000001-10")
    told = [(each.code, dict(each.params)) for each in found]
    held = [("already_filed", {"filing": "LS-FI-0000001-10"})]
    assert told == ([] if state in {"rejected", "exited"} else held)


@pytest.mark.parametrize("state", STATES)
def test_a_subject_is_reviewed_once_a_filing_was_approved(state: str) -> None:
    """R-FILE-7."""
    assert was_reviewed(["draft", state]) is (state in {"approved", "suspended"})
    assert was_reviewed([]) is False


@pytest.mark.parametrize("step", STEPS)
def test_who_drafted_or_edited_a_filing_approves_nothing_of_it(step: str) -> None:
    """V6."""
    state = next(iter(LEGAL[step]))
    found = breaches_of_step(step, state, decided_by="editor", submitted_by="party", edited_by={"editor", "party"})
    assert [(each.code, each.rule) for each in found] == ([("own_filing_decided", "V6")] if step == "approve" else [])


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        (["exited"], "exited"),
        (["rejected", "exited", "exited"], "exited, rejected"),
        (["exited", "draft"], None),
        (["approved"], None),
        ([], None),
    ],
)
def test_of_a_subject_whose_filings_are_all_over_nothing_new_is_stated(statuses: list[str], told: str | None) -> None:
    """R-FILE-3."""
    found = [(each.code, each.rule, dict(each.params)) for each in breaches_of_stating(statuses)]
    said = {"status": told, "step": "qualify"}
    assert found == ([("filing_state_wrong", "R-FILE-3", said)] if told else [])
