"""Every role at every operation, for what is its own and what isn't: the cells of the access tables, one by one (V65).

What a caller doesn't reach answers as what nobody has: the same status, code, text and errors.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import uuid4

import httpx
import pytest

from shared.http.identity import ROLES
from shared.scope import NAMED, PARTIES

# Their types are in conftest.py, which can't be imported: pytest runs in importlib mode.
Table, Operation = Any, Any
Thing = dict[str, str]
Who = tuple[tuple[str, str], ...]
Expected = Literal["answered", "unknown", "refused", "forbidden"]
STATUS = {"unknown": {404}, "refused": {403, 404}, "forbidden": {403}}

NO_PARTY, ELSEWHERE = "019a0000-0000-7000-8000-0000000000ca", "elsewhere"
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# What each answer has of its own.
_VOLATILE = {"instance", "trace_id"}
_NO_VERSION = 999_999
_AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Cell:
    """One request of a role in its relation to the thing, and what it must get."""

    operation: Operation
    role: str
    relation: str
    thing: Thing
    who: Who
    expected: Expected


def cells_of(table: Table, operation: Operation, count: int) -> Iterator[Cell]:
    """Every cell of one operation, for so many things of each relation."""
    things = table.things(operation) if operation.parameters else {}
    first = next(reversed(things.values()), operation.nobodys if operation.parameters else {})
    for role in ROLES:
        party = next(iter(table.parties[role]), NO_PARTY)
        if role not in operation.grant.roles:
            yield Cell(operation, role, "not its role", first, table.called(role, party), "forbidden")
            continue
        if not operation.parameters:
            yield Cell(operation, role, "own", first, table.called(role, party), "answered")
        elif role in NAMED and table.entry(operation).get("everybody"):
            yield from _of_everybody(table, operation, role, things)
        elif role in NAMED:
            yield from _of_party(table, operation, role, things, count)
        else:
            yield from _of_authority(table, operation, role, things, count)
        if operation.parameters:
            yield Cell(operation, role, "nobody's", operation.nobodys, table.called(role, party), "unknown")
        if role in NAMED:
            yield from _without_party(table, operation, role, first)


def _of_authority(
    table: Table, operation: Operation, role: str, things: dict[str, Thing], count: int
) -> Iterator[Cell]:
    for thing in table.some(things.values(), count):
        yield Cell(operation, role, "own", thing, table.called(role), "answered")
        yield Cell(operation, role, "elsewhere", thing, table.called(role, pilot=ELSEWHERE), "unknown")


def _of_everybody(table: Table, operation: Operation, role: str, things: dict[str, Thing]) -> Iterator[Cell]:
    for thing in table.some(things.values(), 1):
        for party in table.parties[role][:1]:
            yield Cell(operation, role, "own", thing, table.called(role, party), "answered")


def _of_party(table: Table, operation: Operation, role: str, things: dict[str, Thing], count: int) -> Iterator[Cell]:
    owners, parties = table.owners(operation, role), table.parties[role]
    own = [(key, party) for key in things for party in sorted(owners[key] & set(parties))]
    other = [(key, party) for key in things for party in table.some(parties, 7) if party not in owners[key]]
    # Whose it is and whose name it isn't told: what such a one is shown is less.
    masked = [each for each in own if operation.service == "registry" and each[1] not in table.named(role)[each[0]]]
    for key, party in dict.fromkeys([*table.some(own, count), *masked[:1]]):
        yield Cell(operation, role, "own", things[key], table.called(role, party), "answered")
        # Who asks a service that has only a copy of it for itself learns that nothing of it is there.
        if key != party or operation.service == "registry":
            who = table.called(role, party, pilot=ELSEWHERE)
            yield Cell(operation, role, "elsewhere", things[key], who, "refused")
    for key, party in table.some(other, count):
        yield Cell(operation, role, "other", things[key], table.called(role, party), "unknown")
    for thing in table.some(things.values(), 1):
        yield Cell(operation, role, "a party that nobody filed", thing, table.called(role, NO_PARTY), "refused")
    if role == "stall_holder":
        yield from _delegated(table, operation, role, things, owners)
    if role in ("stall_holder", "operator"):
        party, other_party = parties[-2:]
        first = next(iter(things.values()), operation.nobodys)
        who = table.called(role, party, on_behalf_of=other_party)
        yield Cell(operation, role, "not delegated", first, who, "forbidden")


def _without_party(table: Table, operation: Operation, role: str, first: Thing) -> Iterator[Cell]:
    if not (operation.grant.newcomers and role in PARTIES):
        yield Cell(operation, role, "without its party", first, table.called(role), "forbidden")
    elif operation.parameters and not table.entry(operation).get("everybody"):
        yield Cell(operation, role, "without its party", first, table.called(role), "unknown")


def _delegated(
    table: Table, operation: Operation, role: str, things: dict[str, Thing], owners: dict[str, set[str]]
) -> Iterator[Cell]:
    """Who acts for another party reaches that party's things, where the operation may be delegated, and no others."""
    assert (operation.act is not None) == ("On-Behalf-Of" in operation.takes("header"))
    for grantor, acts, delegate in table.delegations:
        who = (*delegate, ("on_behalf_of", grantor))
        if operation.act not in acts:
            first = next(iter(things.values()), operation.nobodys)
            yield Cell(operation, role, "delegated", first, who, "forbidden")
            continue
        for key in table.some((key for key in things if grantor in owners[key]), 2):
            yield Cell(operation, role, "delegated", things[key], who, "answered")
        for key in table.some((key for key in things if grantor not in owners[key]), 2):
            yield Cell(operation, role, "delegated, another's", things[key], who, "unknown")


def send(table: Table, cell: Cell) -> httpx.Response:
    """One request. A command names a version that nothing has; without one, who may do it sends an empty form.

    So nothing of the market changes.
    """
    operation, body, how = cell.operation, None, dict(cell.who)
    changes = "If-Match" in operation.takes("header")
    if operation.method == "post":
        how |= {"key": f"matrix:{uuid4()}"} | ({"version": _NO_VERSION} if changes else {})
    if operation.form is not None:
        would_be_done = cell.expected == "answered" and not changes
        body = {} if would_be_done else table.bodies[operation.service, operation.name]
    path = operation.path.format_map(cell.thing)
    answer: httpx.Response = table.market.callers.send(operation.method.upper(), operation.service, path, body, **how)
    return answer


def told(answer: httpx.Response) -> str:
    """What an answer says, whatever ids it says it of."""
    order: dict[str, str] = {}
    kept = {name: value for name, value in answer.json().items() if name not in _VOLATILE}
    text = _ID.sub(lambda found: order.setdefault(found[0], f"id-{len(order)}"), json.dumps(kept, ensure_ascii=False))
    return f"{answer.status_code} {text}"


@dataclass
class Compared:
    """What was sent, what was counted, and what differs."""

    table: Table
    counted: Counter[str] = field(default_factory=Counter)
    # How often an operation answered who may, and hid what is there from who may not.
    answered: Counter[tuple[str, str]] = field(default_factory=Counter)
    hidden: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    nobodys: dict[Any, str] = field(default_factory=dict)

    def compare(self, cell: Cell) -> None:
        self.counted[cell.relation] += 1
        answer, operation = send(self.table, cell), (cell.operation.service, cell.operation.name)
        said = f"\n  {answer.status_code} {answer.text[:400]}"
        if cell.expected == "answered":
            as_promised = answers(cell, answer)
            self.answered[operation] += as_promised
            if party := next((value for name, value in cell.who if name.endswith("_id")), None):
                strange = self.table.strange(cell.operation, answer.text, cell.role, party)
                as_promised, said = as_promised and not strange, f"{said}\n  tells of others {strange[:3]}"
        else:
            nobodys = self.of_nobody(cell)
            allowed = STATUS[cell.expected] | ({200} if lists_nothing(cell, answer) else set())
            as_promised = answer.status_code in allowed and told(answer) == nobodys
            self.hidden[operation] += as_promised and answer.status_code != httpx.codes.FORBIDDEN
            said += f"\n  {nobodys[:400]}"
        if not as_promised:
            self.wrong.append(f"{' '.join(operation)} as {cell.role}, {cell.relation}, {cell.who} {cell.thing}: {said}")

    def of_nobody(self, cell: Cell) -> str:
        """What the same caller is told of a thing that nobody has."""
        key = (cell.operation.service, cell.operation.name, cell.who)
        if key not in self.nobodys:
            nobodys = cell.operation.nobodys if cell.operation.parameters else {}
            self.nobodys[key] = told(send(self.table, replace(cell, thing=nobodys)))
        return self.nobodys[key]


def answers(cell: Cell, answer: httpx.Response) -> bool:
    """Whether a caller who may was let in: a thing is read; a command is understood, whatever it lacks then."""
    if cell.operation.method == "get" and cell.operation.parameters:
        return answer.is_success
    return answer.status_code not in {401, 403, 404, 429} and not answer.is_server_error


def lists_nothing(cell: Cell, answer: httpx.Response) -> bool:
    """Whether it is an empty list of what belongs to the thing."""
    return cell.operation.name.startswith("list_") and answer.is_success and answer.json()["items"] == []


# Operations that name a thing of which the market has none.
NOTHING_THERE = {
    "confirm_policy_parameter": "nobody has proposed a parameter",
    "release_administrator": "a service knows an administrator once it has called",
    "release_parked_event": "nothing is parked",
    "retry_parked_event": "nothing is parked",
    "settle_lost_act": "nothing was restored",
    "take_parked_event": "nothing is parked",
}
_LEAST_CELLS = 6500


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("every", "count"), [(8, 1), pytest.param(1, 2, marks=pytest.mark.long)])
def test_each_role_gets_of_each_thing_what_the_access_tables_say(table: Table, every: int, count: int) -> None:
    compared = Compared(table)
    cells = [cell for each in table.operations.values() for cell in cells_of(table, each, count)][::every]
    with ThreadPoolExecutor(_AT_ONCE) as crowd:
        list(crowd.map(compared.compare, cells))
    print(f"{len(cells)} cells, {len(compared.wrong)} differences: {dict(compared.counted)}")  # noqa: T201 - what it reports
    assert not compared.wrong, "\n".join(compared.wrong[:20])
    named = {key: each for key, each in table.operations.items() if each.parameters}
    unknown = {name for (_, name), each in named.items() if "things" not in table.entry(each)}
    assert unknown <= set(NOTHING_THERE), "say in whose.toml whose these are"
    if every == 1:
        assert len(cells) >= _LEAST_CELLS
        assert {name for key in table.operations.keys() - +compared.answered for name in key[1:]} == set(NOTHING_THERE)
        assert named.keys() - +compared.hidden == set()
