"""Asks the four services for everything about one number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from marketctl.page.asking import Answer, Asking
from marketctl.page.facts import Facts, facts_of, parties_between

MOST = 20
"""How many declarations and returns of one trace are read."""

_OF_COLLECTIONS = ("fx_settlement.collection_", "fx_settlement.payer_", "fx_settlement.advance_")
_LISTS = (
    ("registry", "/v1/subjects", ("number",)),
    ("fx-settlement", "/v1/collections", ("number", "bank_reference")),
    ("fx-settlement", "/v1/pass-ons", ("number", "bank_reference")),
    ("fx-settlement", "/v1/conversions", ("number", "bank_reference")),
    ("fx-settlement", "/v1/entitlements", ("customs_number",)),
    ("tax-exemption", "/v1/returns", ("number", "outside_reference")),
    ("tax-exemption", "/v1/certificates", ("number", "issued_number", "customs_number")),
)


@dataclass(frozen=True, slots=True)
class Record:
    """What one service has of a number, where there is no trace."""

    service: str
    what: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Traced:
    """The answer of the trace; its facts where there is one, else what the services have of the number."""

    answer: Answer
    facts: Facts | None
    more: bool = False
    records: tuple[Record, ...] = ()
    silent: tuple[str, ...] = ()


async def traced(asking: Asking, asked: str) -> Traced:
    """Everything that the visitor may see of a number."""
    answer = await asking.ask("trade-ledger", f"/v1/trace/{quote(asked, safe='')}")
    if answer.is_good:
        facts, more = await _facts(asking, answer.content)
        return Traced(answer, facts, more, silent=facts.silent)
    if answer.status in (401, 422):
        return Traced(answer, None)
    records, silent = await _elsewhere(asking, asked)
    return Traced(answer, None, records=records, silent=(*(("trade-ledger",) if answer.is_silent else ()), *silent))


async def _facts(asking: Asking, trace: Mapping[str, Any]) -> tuple[Facts, bool]:
    declarations = trace["declarations"]
    numbers = [each["customs_number"] for each in trace["progress"]["declarations"] if each["customs_number"]]
    returns = {each["key"] for each in trace["timeline"] if each["type"].startswith("tax_exemption.return_")}
    rooms = [("fx-settlement", f"/v1/entitlements/{each}") for each in declarations[:MOST]]
    filed = [("tax-exemption", f"/v1/returns/{each}") for each in sorted(returns)[:MOST]]
    money = await asking.ask_all(rooms)
    receipts = sorted({each["key"] for each in trace["timeline"] if each["type"].startswith(_OF_COLLECTIONS)})
    booked = await asking.ask_all([("fx-settlement", f"/v1/collections/{each}") for each in receipts[:MOST]])
    between = sorted(parties_between(trace))
    owed = [
        await asking.listed("fx-settlement", "/v1/payables", agent_id=agent, principal_id=principal)
        for agent, principal in between[:MOST]
    ]
    items = [await asking.listed("tax-exemption", "/v1/items", customs_number=each) for each in numbers[:MOST]]
    tax = [*items, *await asking.ask_all(filed)]
    more = any(len(each) > MOST for each in (declarations, returns, receipts, between))
    return facts_of(trace, money, booked, tax, owed), more


async def _elsewhere(asking: Asking, asked: str) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """What the lists of the services have under a number."""
    questions = [(service, path, name) for service, path, names in _LISTS for name in names]
    found = await asking.ask_all(
        [(service, f"{path}?{name}={quote(asked, safe='')}") for service, path, name in questions]
    )
    records = {
        (path, each.get("id") or each.get("declaration_id")): Record(service, path.rpartition("/")[2], each)
        for (service, path, _), answer in zip(questions, found, strict=True)
        if answer.is_good
        for each in answer.content["items"]
    }
    return tuple(records.values()), tuple(sorted({each.service for each in found if each.is_silent}))
