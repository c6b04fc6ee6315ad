"""Every list shows each role its own rows and nothing else, whatever is asked for (V65)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from shared.http.upkeep import UPKEEP_ACCESS
from shared.scope import NAMED, PARTIES

# Their types are in conftest.py, which can't be imported: pytest runs in importlib mode.
Table, Operation = Any, Any
Row = dict[str, Any]
Who = tuple[tuple[str, str], ...]

NO_PARTY, ELSEWHERE = "019a0000-0000-7000-8000-0000000000ca", "elsewhere"
_NEEDED = {"month": "2026-05"}
_PAGING = {"limit", "cursor"}
_AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Call:
    """A list as somebody asks for it, and the ids that it must show."""

    operation: Operation
    role: str
    party: str | None
    who: Who
    expected: frozenset[str]


def is_list(operation: Operation) -> bool:
    """Whether it lists things; what runs a service has lists of its own."""
    lists = operation.name.startswith("list_") and operation.method == "get" and not operation.parameters
    return lists and operation.name not in UPKEEP_ACCESS


def calls_of(table: Table, operation: Operation, count: int) -> Iterator[Call]:
    """Who may list, for parties and for nobody, in the pilot and in another."""
    nothing: frozenset[str] = frozenset()
    for role in sorted(operation.grant.roles):
        parties = table.some(table.parties[role], count) if role in NAMED else [None]
        for party in parties:
            expected = frozenset(table.reached(operation, role, party))
            yield Call(operation, role, party, table.called(role, party), expected)
            yield Call(operation, role, party, table.called(role, party, pilot=ELSEWHERE), nothing)
        if operation.grant.newcomers and role in PARTIES:
            everybodys = table.reached(operation, role, None) if table.entry(operation).get("everybody") else nothing
            yield Call(operation, role, None, table.called(role), frozenset(everybodys))
    for grantor, acts, delegate in table.delegations:
        if operation.act in acts:
            expected = frozenset(table.reached(operation, "stall_holder", grantor))
            yield Call(operation, "stall_holder", grantor, (*delegate, ("on_behalf_of", grantor)), expected)


@dataclass
class Listed:
    """What was asked and what differs."""

    table: Table
    counted: int = 0
    wrong: list[str] = field(default_factory=list)
    asked_for: set[str] = field(default_factory=set)

    def rows(self, call: Call, **asked: str) -> dict[str, Row]:
        """Every row of a list by the id of its thing, page by page; what it tells of others is noted."""
        operation, found, cursor = call.operation, {}, ""
        needed = {name: value for name, value in _NEEDED.items() if name in operation.takes("query", needed=True)}
        while cursor is not None:
            query = {"limit": "200", **needed, **asked} | ({"cursor": cursor} if cursor else {})
            path = f"{operation.path}?{urlencode(query)}"
            answer = self.table.market.callers.send("GET", operation.service, path, **dict(call.who))
            if answer.status_code == httpx.codes.FORBIDDEN and ("pilot", ELSEWHERE) in call.who:
                break
            if not answer.is_success:
                self.differs(call, f"{asked} {answer.status_code} {answer.text[:300]}")
                break
            found |= {self.table.key(operation, row): row for row in answer.json()["items"]}
            if call.party and (strange := self.table.strange(operation, answer.text, call.role, call.party)):
                self.differs(call, f"tells of others: {strange[:3]}")
            cursor = answer.json()["next_cursor"]
        self.counted += 1
        return found

    def differs(self, call: Call, what: str) -> None:
        self.wrong.append(f"{call.operation.service} {call.operation.name} as {call.role} {call.who}: {what}")

    def compare(self, call: Call) -> None:
        """All that it must show and nothing else."""
        shown = self.rows(call).keys()
        if shown != call.expected:
            foreign, lost = sorted(shown - call.expected), sorted(call.expected - shown)
            self.differs(call, f"{len(foreign)} foreign {foreign[:2]}, {len(lost)} missing {lost[:2]}")

    def ask_for(self, call: Call, all_rows: dict[str, Row]) -> None:
        """Whatever a party asks for narrows its own rows, and shows why each of them is among them."""
        own = self.rows(call)
        foreign = [all_rows[key] for key in all_rows.keys() - call.expected]
        for name in sorted(call.operation.takes("query") - _PAGING):
            # Also what is true of a row of its own that hides it.
            hidden = [all_rows[key] for key, row in own.items() if name in row and row[name] != all_rows[key][name]]
            told = (foreign, list(own.values()), hidden)
            values = {row[name]: None for rows in told for row in rows[:1] if row.get(name)}
            for value in list(values) or guesses(name, foreign):
                shown = self.rows(call, **{name: str(value)})
                if strange := shown.keys() - call.expected:
                    self.differs(call, f"{name}={value} shows {sorted(strange)[:2]}")
                self.asked_for.add(name)
                untold = [key for key, row in shown.items() if name in row and row[name] != value]
                if untold:
                    self.differs(call, f"{name}={value} finds what doesn't say so: {untold[:2]}")


def guesses(name: str, rows: list[Row]) -> list[str]:
    """What somebody may have heard of, where no row shows what is asked for."""
    if name in GUESSED:
        return [GUESSED[name]]
    if name == "name":
        return [row["display_name"] for row in rows[:3]]
    if name.endswith("_id") or name == "party":
        return [str(value) for row in rows[:1] for field, value in row.items() if field.endswith("_id") and value]
    return []


GUESSED = {
    "container_number": "CQSU1000017",
    "declaration_number": "LS-DE-0000001-96",
    "is_open": "true",
    "outside_reference": "1",
    "role": "stall_holder",
    "traded_from": "2026-05-01",
    "traded_to": "2026-05-31",
    "updated_since": "2026-05-01T00:00:00+08:00",
}
# The one unknown good of the days is decided before they end.
NOTHING_LEFT = {"list_tasks"}
# The one case is of a declaration.
NEVER_ASKED = {"collection_id"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("every", "count"), [(5, 1), pytest.param(1, 6, marks=pytest.mark.long)])
def test_a_list_shows_what_is_the_callers_and_nothing_else(table: Table, every: int, count: int) -> None:
    listed = Listed(table)
    lists = [each for each in table.operations.values() if is_list(each)]
    assert [each.name for each in lists if "things" not in table.entry(each)] == []
    calls = [call for each in lists for call in calls_of(table, each, count)][::every]
    with ThreadPoolExecutor(_AT_ONCE) as crowd:
        list(crowd.map(listed.compare, calls))
    print(f"{len(calls)} cells of lists, {len(listed.wrong)} differences")  # noqa: T201 - what it reports
    assert not listed.wrong, "\n".join(listed.wrong[:20])
    if every == 1:
        assert {each.name for each in lists} - {call.operation.name for call in calls if call.expected} == NOTHING_LEFT


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("every", "count"), [(5, 1), pytest.param(1, 3, marks=pytest.mark.long)])
def test_what_is_asked_for_finds_nobody_elses_rows(table: Table, every: int, count: int) -> None:
    listed = Listed(table)
    calls = []
    for operation in filter(is_list, table.operations.values()):
        whole = next((role for role in sorted(operation.grant.roles) if role not in NAMED), None)
        if whole is None or not operation.takes("query") - _PAGING or table.entry(operation).get("everybody"):
            continue
        everything = listed.rows(Call(operation, whole, None, table.called(whole), frozenset()))
        for call in calls_of(table, operation, count):
            if call.party is not None and call.expected:
                calls.append((call, everything))
    with ThreadPoolExecutor(_AT_ONCE) as crowd:
        list(crowd.map(lambda each: listed.ask_for(*each), calls[::every]))
    print(f"{listed.counted} lists asked for, {len(listed.wrong)} differences")  # noqa: T201 - what it reports
    assert not listed.wrong, "\n".join(listed.wrong[:20])
    names = {name for call, _ in calls for name in call.operation.takes("query") - _PAGING}
    assert every > 1 or names - listed.asked_for <= NEVER_ASKED
