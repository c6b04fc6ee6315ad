"""Whose a stall is on which days: at the day, the day before, the day after."""

from __future__ import annotations

from datetime import date

import pytest

from registry.domain.stalls import StallDays, breaches_of_holder, days_held

DAY = date(2026, 5, 13)
BEFORE, AFTER = date(2026, 5, 12), date(2026, 5, 14)


def days(since: date, until: date | None = None, number: str = "1") -> StallDays:
    return StallDays(number, since, until)


@pytest.mark.parametrize(
    ("rule", "stated", "earlier", "held"),
    [
        ("a first stall", [days(DAY)], [], [days(DAY)]),
        ("one that is given up keeps its past", [], [days(BEFORE)], [days(BEFORE, BEFORE)]),
        ("one that ended before stays", [], [days(BEFORE, BEFORE)], [days(BEFORE, BEFORE)]),
        ("one that begins on the day is gone", [], [days(DAY)], []),
        ("stated on, it is one", [days(DAY)], [days(BEFORE)], [days(BEFORE)]),
        ("with an end now", [days(BEFORE, AFTER)], [days(BEFORE)], [days(BEFORE, AFTER)]),
        ("after a gap it is two", [days(AFTER)], [days(BEFORE, BEFORE)], [days(BEFORE, BEFORE), days(AFTER)]),
        ("another stall", [days(DAY, number="2")], [days(BEFORE)], [days(BEFORE, BEFORE), days(DAY, number="2")]),
        ("stated twice", [days(DAY, AFTER), days(DAY, DAY)], [], [days(DAY, AFTER)]),
        ("stated twice, once for ever", [days(DAY), days(DAY, DAY)], [], [days(DAY)]),
    ],
)
def test_the_past_of_a_stall_stays_and_its_days_are_one(
    rule: str, stated: list[StallDays], earlier: list[StallDays], held: list[StallDays]
) -> None:
    assert list(days_held(stated, earlier, DAY)) == held, rule


@pytest.mark.parametrize(
    ("rule", "stated", "taken", "refused"),
    [
        ("R-FILE-2: nobody's", days(DAY), [], False),
        ("R-FILE-2: another's from now on", days(DAY), [days(AFTER)], True),
        ("R-FILE-2: until the day", days(DAY), [days(BEFORE, DAY)], True),
        ("R-FILE-2: until the day before", days(DAY), [days(BEFORE, BEFORE)], False),
        ("R-FILE-2: from the day of the end", days(BEFORE, DAY), [days(DAY)], True),
        ("R-FILE-2: from the day after the end", days(BEFORE, DAY), [days(AFTER)], False),
        ("R-FILE-2: another stall", days(DAY), [days(DAY, number="2")], False),
    ],
)
def test_a_stall_has_one_holder_on_a_day(rule: str, stated: StallDays, taken: list[StallDays], refused: bool) -> None:
    found = breaches_of_holder([days(DAY, number="0"), stated], taken)
    told = [(each.code, each.rule, each.pointer, dict(each.params)) for each in found]
    assert told == ([("stall_held_by_another", "R-FILE-2", "/stalls/1", {"stall": "1"})] if refused else []), rule
