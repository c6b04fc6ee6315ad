"""R-FILE-1, R-FILE-3, V2: how a party stands in a role by its filing, and what it may do then."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.events.registry import RoleFiling
from shared.vocabulary.standing import Standing, may_act, standing_in

AT = datetime(2026, 5, 1, tzinfo=UTC)
UNFILED, IN_FORCE, ENDED = Standing.UNFILED, Standing.IN_FORCE, Standing.ENDED


@pytest.mark.parametrize(
    ("status", "once_in_force", "filed_anew", "never"),
    [
        ("draft", IN_FORCE, ENDED, UNFILED),
        ("submitted", IN_FORCE, ENDED, UNFILED),
        ("under_review", IN_FORCE, ENDED, UNFILED),
        ("returned", IN_FORCE, ENDED, UNFILED),
        ("approved", IN_FORCE, IN_FORCE, IN_FORCE),
        ("effective", IN_FORCE, IN_FORCE, IN_FORCE),
        ("suspended", IN_FORCE, IN_FORCE, IN_FORCE),
        ("rejected", ENDED, ENDED, UNFILED),
        ("exited", ENDED, ENDED, UNFILED),
    ],
)
def test_a_filing_counts_from_when_it_took_effect_until_it_ended(
    status: Any, once_in_force: Standing, filed_anew: Standing, never: Standing
) -> None:
    filing = RoleFiling(role="operator", filing_number="F", status=status, version=1)
    ever: list[tuple[dict[str, Any], Standing]] = [
        ({"effective_from": AT}, once_in_force), ({"exited_at": AT}, filed_anew), ({}, never)
    ]  # fmt: skip
    for dates, expected in ever:
        held = filing.model_copy(update=dates)
        assert standing_in("operator", [held]) is expected
        assert standing_in("operator", [held.model_copy(update={"role": "buyer"}), held]) is expected
        assert standing_in("buyer", [held]) is UNFILED
    assert standing_in("operator", []) is UNFILED


@pytest.mark.parametrize(
    ("standing", "reads", "also_ended", "may"),
    [
        (IN_FORCE, False, False, True),
        (IN_FORCE, True, True, True),
        (ENDED, False, False, False),
        (ENDED, True, False, True),
        (ENDED, False, True, True),
        (UNFILED, True, True, False),
        (UNFILED, False, False, False),
    ],
)
def test_after_its_end_a_party_reads_and_completes_what_it_began(
    standing: Standing, reads: bool, also_ended: bool, may: bool
) -> None:
    assert may_act(standing, reads=reads, also_ended=also_ended) is may
