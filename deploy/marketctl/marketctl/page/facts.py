"""What the services said of traced goods, as plain facts; None where a service didn't say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketctl.page.asking import Answer


@dataclass(frozen=True, slots=True)
class Step:
    """One event: when, what, of which aggregate, who, and the few fields that it shows."""

    at: str
    type: str
    key: str
    actor: str
    shown: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade and where its quantities are, each summed over lines only to be compared with the others."""

    number: str
    currency: str
    total: Decimal
    status: str = "registered"
    eligible: bool = True
    buyer_named: bool = True
    needs_handover: bool = False
    to_pack: bool = False
    by_agency: bool = False
    needs_original: bool = False


@dataclass(frozen=True, slots=True)
class Packing:
    """A packing list, and its load."""

    number: str
    status: str
    load_status: str
    declared: bool


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declaration with who must act on its open cases."""

    number: str
    status: str
    cases: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Portion:
    """A declared share in the declaration's currency; what fx and tax say is None where they didn't."""

    currency: str
    declared: Decimal
    released: Decimal
    departed: Decimal
    collectable: Decimal | None = None
    collected: Decimal | None = None
    not_exempted: Decimal | None = None
    passed_between: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """A bank receipt as far as the visitor may see its sums: what of it is neither used nor kept for a trade."""

    number: str
    currency: str
    unused: Decimal
    blocked_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything of one trace."""

    steps: tuple[Step, ...] = ()
    trades: tuple[Trade, ...] = ()
    packings: tuple[Packing, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    portions: tuple[Portion, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    passed_on: tuple[tuple[str, Decimal], ...] | None = None
    owed: tuple[tuple[str, Decimal], ...] | None = None
    exempted_cny: Decimal | None = None
    returns: tuple[tuple[str, str], ...] = ()
    certificates: tuple[tuple[str, str], ...] = ()
    silent: tuple[str, ...] = ()


def parties_between(trace: Mapping[str, Any]) -> set[tuple[str, str]]:
    """(collector, owner) of the traced portions that another than the owner collects."""
    parties = ((each["collector_id"], each["owner_id"]) for each in trace["progress"]["portions"])
    return {(collector, owner) for collector, owner in parties if collector != owner}


def facts_of(
    trace: Mapping[str, Any],
    money: Sequence[Answer],
    booked: Sequence[Answer],
    tax: Sequence[Answer],
    owed: Sequence[Answer],
) -> Facts:
    """The facts in a trace, the rooms of its declarations, its collections, items and returns, and what is owed."""
    progress, steps = trace["progress"], tuple(Step(**_only(each, Step)) for each in trace["timeline"])
    portions = progress["portions"]
    rooms = _rooms(money)
    items = _items(tax)
    return Facts(
        steps,
        tuple(_trade(each) for each in progress["trades"]),
        tuple(
            Packing(each["number"], each["status"], each["load_status"], each["declaration_id"] is not None)
            for each in progress["packing_lists"]
        ),
        tuple(
            Declaration(
                each["number"],
                each["status"],
                tuple((case["code"], case["must_act"]) for case in each["open_cases"]),
            )
            for each in progress["declarations"]
        ),
        tuple(_portion(each, rooms, items) for each in portions),
        _receipts(booked),
        _passed_on(steps) if rooms is not None else None,
        _owed(owed),
        _exempted(tax, {each["id"] for each in portions}),
        _newest(steps, "tax_exemption.return_"),
        _newest(steps, "tax_exemption.certificate_"),
        tuple(sorted({each.service for each in (*money, *booked, *tax, *owed) if each.is_silent})),
    )


def _only(source: Mapping[str, Any], model: type[Step]) -> dict[str, Any]:
    return {name: source[name] for name in model.__slots__}


def _trade(told: Mapping[str, Any]) -> Trade:
    lines = told["counters"]
    left = [Decimal(each["registered"]) - Decimal(each["void"]) - Decimal(each["packed"]) for each in lines]
    packed = any(Decimal(each["packed"]) for each in lines)
    return Trade(
        told["number"],
        told["currency"],
        Decimal(told["total"]),
        told["status"],
        told["eligible"],
        told["buyer_named"],
        needs_handover=told["consignor_id"] != told["seller_id"] and told["handed_over_at"] is None and not packed,
        to_pack=any(each > 0 for each in left),
        by_agency=told["export_mode"] == "agency",
        # What was declared before documents were asked for waits for none.
        needs_original="original_document" in told["lacks"] and any(_undeclared(each) for each in lines),
    )


def _undeclared(line: Mapping[str, Any]) -> bool:
    return Decimal(line["registered"]) - Decimal(line["void"]) > Decimal(line["declared"])


def _rooms(money: Sequence[Answer]) -> dict[str, Mapping[str, Any]] | None:
    """Rooms by portion. A declaration that isn't released has none, which fx answers as unknown."""
    if any(not each.is_good and each.status != 404 for each in money):
        return None
    return {room["portion_id"]: room for each in money if each.is_good for room in each.content["portions"]}


def _receipts(booked: Sequence[Answer]) -> tuple[Receipt, ...]:
    """Collections with their sums, which an owner who doesn't collect isn't told."""
    told = [each.content["collection"] for each in booked if each.is_good]
    return tuple(
        Receipt(
            each["number"],
            each["currency"],
            Decimal(each["unmatched"]) - Decimal(each["linked"]),
            tuple(each["blocked_by"]),
        )
        for each in told
        if each.get("unmatched") is not None
    )


def _items(tax: Sequence[Answer]) -> dict[str, Decimal] | None:
    lists = [each for each in tax if not each.is_good or "items" in each.content]
    if any(not each.is_good for each in lists):
        return None
    return {item["portion_id"]: Decimal(item["open_fob"]) for each in lists for item in each.content["items"]}


def _portion(
    told: Mapping[str, Any], rooms: Mapping[str, Mapping[str, Any]] | None, items: Mapping[str, Decimal] | None
) -> Portion:
    room = None if rooms is None else rooms.get(told["id"], {})
    return Portion(
        told["currency"],
        *(Decimal(told[f"{stage}_value"]) for stage in ("declared", "released", "departed")),
        collectable=None if room is None else Decimal(room.get("collectable", 0)),
        collected=None if room is None else Decimal(room.get("matched", 0)),
        not_exempted=None if items is None else items.get(told["id"], Decimal(0)),
        passed_between=told["collector_id"] != told["owner_id"],
    )


def _passed_on(steps: Sequence[Step]) -> tuple[tuple[str, Decimal], ...]:
    """What was passed on between the parties since, by currency: a pass-on names no goods."""
    sums: dict[str, Decimal] = {}
    for step in steps:
        if step.type == "fx_settlement.passed_on.v1" and step.shown.get("amount"):
            currency = str(step.shown["currency"])
            sums[currency] = sums.get(currency, Decimal(0)) + Decimal(step.shown["amount"])
    return tuple(sorted(sums.items()))


def _owed(answers: Sequence[Answer]) -> tuple[tuple[str, Decimal], ...] | None:
    """What collectors owe the owners of these goods, of these and of other goods."""
    if not all(each.is_good for each in answers):
        return None
    sums: dict[str, Decimal] = {}
    for each in (item for answer in answers for item in answer.content["items"]):
        if Decimal(each["owed"]) > 0:
            sums[each["currency"]] = sums.get(each["currency"], Decimal(0)) + Decimal(each["owed"])
    return tuple(sorted(sums.items()))


def _exempted(tax: Sequence[Answer], portions: set[str]) -> Decimal | None:
    if any(not each.is_good for each in tax):
        return None
    returns = [each.content["exemption_return"] for each in tax if "exemption_return" in each.content]
    accepted = [line for each in returns if each["status"] == "accepted" for line in each["lines"]]
    return sum((Decimal(line["exempt_rmb"]) for line in accepted if line["portion_id"] in portions), Decimal(0))


def _newest(steps: Sequence[Step], kind: str) -> tuple[tuple[str, str], ...]:
    """(number, status) of each aggregate whose events begin so, as its newest event says."""
    newest = {step.key: step.shown for step in steps if step.type.startswith(kind)}
    return tuple((str(shown.get("number", "")), str(shown.get("status", ""))) for shown in newest.values())
