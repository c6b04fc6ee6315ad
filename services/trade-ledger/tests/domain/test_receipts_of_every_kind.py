"""V70: whatever customs says of a declaration in whatever state leaves agreeing facts or exactly one case more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations

import pytest

from shared.events.lifecycles import LIFECYCLES
from trade_ledger.domain.receipts import KINDS, Outcome, Receipt, outcome_of

SUBMITTED = {"p1": Decimal(100), "p2": Decimal(40)}
DAYS = {"departed": date(2026, 5, 14)}


def message(kind: str, name: str, **quantities: int) -> Receipt:
    named = {portion: Decimal(quantity) for portion, quantity in quantities.items()}
    issued_at = datetime(2026, 5, 13, 4, tzinfo=UTC) + timedelta(hours=KINDS.index(kind))
    return Receipt(f"{kind} {name}", kind, issued_at, "N1", DAYS.get(kind), named)


MESSAGES = [
    *(message(kind, "whole") for kind in KINDS),
    *(message(kind, "part", p1=30) for kind in ("released", "departed", "shut_out", "returned")),
    *(message(kind, "rest", p1=70, p2=40) for kind in ("released", "departed", "shut_out", "returned")),
    message("amended", "down", p1=80),
]
TAKEN = {"accepted", "inspected", "released", "departed", "amended", "shut_out"}


def agreeing() -> Iterator[tuple[Receipt, ...]]:
    """Every set of up to three messages that leaves no case."""
    for size in range(4):
        for told in combinations(MESSAGES, size):
            if not outcome_of(told, SUBMITTED).conflicts:
                yield told


def agree(told: tuple[Receipt, ...], outcome: Outcome) -> bool:
    """Whether the messages agree: decided from the messages, independently of the rule under test."""
    kinds = {each.kind for each in told}
    whole = {each.kind for each in told if not each.quantities}
    return (
        not ("rejected" in kinds and "deleted" not in kinds and kinds & TAKEN)
        and not ("deleted" in kinds and kinds & {"released", "departed"})
        and not ("departed" in kinds and "shut_out" in whole and "deleted" not in kinds)
        and not ("returned" in kinds and "departed" not in kinds)
        and (outcome.status in {"submitted", "rejected", "deleted"} or bool(kinds & TAKEN))
    )


def test_each_message_in_each_state_leaves_agreement_or_exactly_one_case() -> None:
    """V70."""
    seen = set()
    for told in agreeing():
        before = outcome_of(told, SUBMITTED)
        assert agree(told, before), told
        for each in MESSAGES:
            after = outcome_of([*told, each], SUBMITTED) if each not in told else before
            seen.add((before.status, each.kind))
            assert len(after.conflicts) <= 1, (
                [x.receipt_id for x in told],
                each.receipt_id,
                [c.code + c.receipt_id + c.detail for c in after.conflicts],
            )
            assert after.conflicts or agree((*told, each), after), (told, each)
            assert after.status in LIFECYCLES["declaration"][before.status], (told, each)
            for portion in after.portions.values():
                assert 0 <= portion.returned <= portion.departed <= portion.released, (told, each)
                assert portion.released + portion.shut_out <= portion.declared, (told, each)
    states = {
        "submitted",
        "rejected",
        "accepted",
        "inspected",
        "released",
        "departed",
        "shut_out",
        "returned",
        "deleted",
    }
    assert seen == {(state, kind) for state in states for kind in KINDS}


@pytest.mark.parametrize("kind", sorted(TAKEN))
def test_a_message_that_implies_acceptance_counts_as_the_acceptance(kind: str) -> None:
    outcome = outcome_of([message(kind, "whole")], SUBMITTED)
    assert (outcome.proof, outcome.accepted_at is not None) == (f"{kind} whole", True)
    assert outcome.status not in {"submitted", "rejected"}


def test_the_whole_departs_on_one_day_its_parts_on_several() -> None:
    other = Receipt("again", "departed", datetime(2026, 6, 1, 4, tzinfo=UTC))
    both = outcome_of([message("departed", "whole"), other], SUBMITTED)
    assert [each.code for each in both.conflicts] == ["export_date_differs"]
    part = Receipt("again", "departed", datetime(2026, 6, 1, 4, tzinfo=UTC), None, None, {"p1": Decimal(1)})
    assert outcome_of([message("departed", "part", p1=30), part], SUBMITTED).conflicts == ()


def test_what_was_shut_out_by_name_did_not_depart_by_name() -> None:
    facts = [message("departed", "named", p1=71), message("shut_out", "part", p1=30)]
    assert [each.code for each in outcome_of(facts, SUBMITTED).conflicts] == ["quantity_over_declared"]


def test_the_number_of_a_rejected_attempt_gives_way() -> None:
    rejected = Receipt("r", "rejected", datetime(2026, 5, 13, tzinfo=UTC), "N0")
    assert outcome_of([rejected], SUBMITTED).customs_number == "N0"
    outcome = outcome_of([rejected, message("accepted", "whole")], SUBMITTED)
    assert (outcome.customs_number, [each.code for each in outcome.conflicts]) == ("N1", ["rejected_and_accepted"])
