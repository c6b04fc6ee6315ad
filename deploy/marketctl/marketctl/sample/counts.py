"""The numbers of a run, counted from the databases and the bus, never from what the script meant to do."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketctl.installation import Installation
from marketctl.layout import SERVICES
from marketctl.sample.expected import EXPECTED_REFUSALS, LEAST, LEAST_OF
from marketctl.verify.questions import ask
from shared.events.catalogue import TOPICS
from shared.messaging.adapters import open_bus

_REFUSALS = "SELECT DISTINCT rule, code FROM audit WHERE outcome IN ('refused', 'denied') AND rule IS NOT NULL"
_PARTIES = "SELECT role, count(*) FROM role_filings WHERE status IN ('approved', 'effective') GROUP BY role"
_LEFT = (
    "SELECT t.number, l.line_no, c.registered - c.void - c.departed FROM trades t JOIN trade_lines l"
    " ON l.trade_id = t.id JOIN trade_line_counters c ON c.line_id = l.id"
    " WHERE t.status <> 'void' AND t.eligible AND c.departed < c.registered - c.void"
    # What waits for customs' answer isn't left behind.
    " AND NOT EXISTS (SELECT FROM portions p JOIN declarations d ON d.id = p.declaration_id"
    " WHERE p.line_id = l.id AND d.status = 'submitted') ORDER BY 1, 2 LIMIT 20"
)
_QUESTIONS: dict[str, tuple[str, str]] = {
    "subjects": (
        "registry",
        "SELECT count(DISTINCT subject_id) FROM role_filings WHERE status IN ('approved', 'effective')",
    ),
    "trades": ("trade-ledger", "SELECT count(*) FROM trades WHERE status <> 'void'"),
    "lines": (
        "trade-ledger",
        # Lines are counted in the newest version: the table keeps lines that a correction dropped, as void.
        "SELECT coalesce(sum(jsonb_array_length(state -> 'lines')), 0) FROM trades WHERE status <> 'void'",
    ),
    "packing_lists": ("trade-ledger", "SELECT count(*) FROM packing_lists WHERE status = 'sealed'"),
    "declarations_released": (
        "trade-ledger",
        "SELECT count(*) FROM declarations WHERE status IN ('released', 'departed')",
    ),
    "collections": ("fx-settlement", "SELECT count(*) FROM collections"),
    "exemptions_accepted": (
        "tax-exemption",
        "SELECT count(*) FROM exemption_returns WHERE status = 'accepted'",
    ),
    "portions_departed": (
        "trade-ledger",
        "SELECT count(*) FROM portions WHERE departed_quantity - returned_quantity > 0",
    ),
    "portions_exempted": (
        "tax-exemption",
        "SELECT count(DISTINCT l.portion_id) FROM return_lines l JOIN exemption_returns r ON r.id = l.return_id"
        " WHERE r.status = 'accepted'",
    ),
    "released_usd": ("trade-ledger", "SELECT coalesce(sum(released_fob_usd), 0) FROM portions"),
    "collected_usd": ("fx-settlement", "SELECT coalesce(sum(matched_usd), 0) FROM portion_rooms"),
}


def refusals(market: Installation) -> set[tuple[str, str]]:
    """The distinct (rule, code) pairs among the audited refusals of all services."""
    return {(row[0], row[1]) for service in SERVICES for row in ask(market, service, _REFUSALS)}


async def _records(market: Installation) -> int:
    bus = open_bus(market.bus)
    try:
        return await bus.count_records(list(TOPICS))
    finally:
        await bus.close()


def counted(market: Installation) -> dict[str, int | str]:
    """All numbers of the last line, in its order."""
    numbers: dict[str, Any] = {}
    for name, (service, question) in _QUESTIONS.items():
        value = ask(market, service, question)[0][0]
        numbers[name] = str(value.quantize(Decimal("0.01"))) if isinstance(value, Decimal) else int(value)
    numbers["refused_as_expected"] = len(refusals(market) & EXPECTED_REFUSALS)
    numbers["events"] = asyncio.run(_records(market))
    order = (
        "subjects trades lines packing_lists declarations_released refused_as_expected collections "
        "exemptions_accepted events portions_departed portions_exempted released_usd collected_usd"
    )
    return {name: numbers[name] for name in order.split()}


def parties(market: Installation) -> Counter[str]:
    """How many are filed, by role."""
    return Counter(dict(ask(market, "registry", _PARTIES)))


def token_that_sees(market: Installation) -> str:
    """The words of a `make token` whose holder has something to look at: the operator with most trades."""
    query = (
        "SELECT consignor_id FROM trades WHERE consignor_id <> owner_id GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    )
    operators = ask(market, "trade-ledger", query)
    return f"ROLE=operator SUBJECT={operators[0][0]}" if operators else "ROLE=commerce"


def lacking(market: Installation) -> list[str]:
    """The roles with too few parties, and the eligible trades that were not exported whole."""
    filed = parties(market)
    few = [(role, least) for role, least in LEAST_OF.items() if filed[role] < least]
    problems = [f"{filed[role]} of {role}, at least {least} expected" for role, least in few]
    problems += [
        f"trade {number}: {left} of line {line} did not depart"
        for number, line, left in ask(market, "trade-ledger", _LEFT)
    ]
    return problems


def shortfalls(
    numbers: dict[str, int | str],
    refused: set[tuple[str, str]],
    expected: frozenset[tuple[str, str]] = EXPECTED_REFUSALS,
) -> list[str]:
    """The numbers below their minimum, and the refusals that differ from the expected ones."""
    problems = [
        f"{name} is {numbers[name]}, at least {least} expected"
        for name, least in LEAST.items()
        if Decimal(str(numbers[name])) < least
    ]
    problems += [f"expected refusal {rule} {code} did not happen" for rule, code in sorted(expected - refused)]
    problems += [f"unexpected refusal {rule} {code}" for rule, code in sorted(refused - expected)]
    if numbers["portions_exempted"] != numbers["portions_departed"]:
        problems.append("a departed portion is in no accepted return, or a returned one still is")
    if Decimal(str(numbers["collected_usd"])) < Decimal("0.9") * Decimal(str(numbers["released_usd"])):
        problems.append("less than 90 % of the released value was collected")
    return problems


@dataclass(frozen=True, slots=True)
class Day:
    """How the sample days came out: what was counted, and what was not as it should be."""

    numbers: dict[str, int | str]
    refused: set[tuple[str, str]]
    unexpected: list[str]
    findings: list[str]
    expected: frozenset[tuple[str, str]] = EXPECTED_REFUSALS

    def problems(self) -> list[str]:
        """Everything that fell short or was unexpected, in sentences."""
        return [*self.unexpected, *self.findings, *shortfalls(self.numbers, self.refused, self.expected)]

    def last_line(self) -> dict[str, int | str]:
        """The object that `make run ONCE=1` ends with."""
        return {**self.numbers, "verify": "failed" if self.findings else "ok"}

    @property
    def status(self) -> int:
        """The exit status of `make run ONCE=1`."""
        return 1 if self.problems() else 0
