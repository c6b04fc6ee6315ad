"""What runs, what is in it, and numbers to try: the start page's facts, asked as the visitor."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketctl.layout import SERVICES
from marketctl.page.asking import Answer, Asking, Count

_LISTS = {
    "subjects": ("registry", "/v1/subjects"),
    "trades": ("trade-ledger", "/v1/trades"),
    "packing_lists": ("trade-ledger", "/v1/packing-lists"),
    "declarations": ("trade-ledger", "/v1/declarations"),
    "collections": ("fx-settlement", "/v1/collections"),
    "exemptions": ("tax-exemption", "/v1/returns"),
}
# Which fields of the newest entry are numbers to try; of goods and returns that went all the way there is most to see.
_EXAMPLES: tuple[tuple[str, dict[str, str | int], tuple[str, ...]], ...] = (
    ("declarations", {"status": "departed"}, ("customs_number",)),
    ("packing_lists", {"status": "sealed"}, ("number",)),
    ("collections", {}, ("number", "bank_reference")),
    ("exemptions", {"status": "accepted"}, ("number",)),
    ("trades", {"status": "registered"}, ("number", "external_ref")),
    ("subjects", {}, ("number",)),
)
_ROLES = ("stall_holder", "operator", "buyer")


@dataclass(frozen=True, slots=True)
class Running:
    """A service as its readiness tells it: `states` of its HTTP process, worker and bus, and the `trouble` if any."""

    service: str
    address: str
    ready: str
    worker: str
    bus: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Party:
    """A party as which a visitor of a sandbox may look."""

    role: str
    field: str
    id: str
    name: str


async def running(asking: Asking, addresses: Mapping[str, str]) -> list[Running]:
    """Every service with how it is."""
    return list(await asyncio.gather(*(_running(asking, addresses, service) for service in SERVICES)))


async def _running(asking: Asking, addresses: Mapping[str, str], service: str) -> Running:
    http = await asking.ask(service, "/readyz")
    worker_name = f"{service}-worker"
    worker = await asking.ask(worker_name, "/readyz") if worker_name in addresses else None
    told = [each.content for each in (http, worker) if each and isinstance(each.content, dict)]
    return Running(
        service,
        addresses[service],
        _state(http),
        "not_told" if worker is None else _state(worker),
        next((str(each["bus"]) for each in reversed(told) if "bus" in each), ""),
        "; ".join(dict.fromkeys(each for content in told for each in _troubles(content))),
    )


def _state(answer: Answer) -> str:
    if answer.status is None:
        return "silent"
    return "ready" if answer.is_good else "not_ready"


_WELL = {"ok", "ready", "active", "standby"}


def _troubles(content: Mapping[str, Any]) -> list[str]:
    """What a readiness document says against its process, as it says it."""
    found = []
    for name, said in content.items():
        if isinstance(said, dict):
            found += [f"{name}: {each}" for each in _troubles(said)]
        elif isinstance(said, str) and said and said not in _WELL and name not in ("since", "service"):
            found.append(f"{name}: {said}")
    return found


async def counts(asking: Asking) -> dict[str, Count]:
    """How many the visitor may see of each kind."""
    found = await asyncio.gather(*(asking.count(*each) for each in _LISTS.values()))
    return dict(zip(_LISTS, found, strict=True))


async def examples(asking: Asking) -> list[str]:
    """Numbers of the newest things that the visitor may see."""
    answers = await asyncio.gather(*(asking.ask(*_LISTS[name], limit=1, **like) for name, like, _ in _EXAMPLES))
    found = [
        str(item[field] or "")
        for (_, _, fields), answer in zip(_EXAMPLES, answers, strict=True)
        if answer.is_good
        for item in answer.content["items"]
        for field in fields
    ]
    return list(dict.fromkeys(each for each in found if each))


async def parties(asking: Asking) -> list[Party]:
    """Two of each kind of party that the visitor knows of."""
    found = []
    for role in _ROLES:
        answer = await asking.ask("registry", "/v1/subjects", role=role, limit=2)
        if answer.is_good:
            found += [Party(role, "subject_id", each["id"], each["display_name"]) for each in answer.content["items"]]
    for role, path in (("bank", "/v1/banks"), ("site_operator", "/v1/sites")):
        answer = await asking.ask("registry", path, limit=2)
        if answer.is_good:
            field = "bank_id" if role == "bank" else "site_id"
            found += [Party(role, field, each["id"], each["content"]["name"]) for each in answer.content["items"]]
    return found
