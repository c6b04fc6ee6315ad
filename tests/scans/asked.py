"""Every list, as each role that may ask it: its first page, the next one, and with each filter alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from market import Market, Sound
from operations import Operation

_PAGING = {"limit", "cursor"}
_SOME = {
    "uuid": "019a0000-0000-7000-8000-000000000001",
    "date": "2026-05-13",
    "date-time": "2026-05-13T00:00:00Z",
}


async def ask_all(market: Market) -> int:
    """Send them; how many were answered with a list."""
    answered = 0
    for operation in market.operations.values():
        names = {each["name"] for each in _parameters(operation)}
        if operation.method != "GET" or not names >= _PAGING or "{" in operation.path:
            continue
        for who in _callers(market, operation):
            answered += await _ask(market, operation, who)
    return answered


async def _ask(market: Market, operation: Operation, who: dict[str, Any]) -> int:
    answer, _ = await market.send(operation, Sound(who, query={"limit": 1}))
    if not answer.is_success:
        return 0
    page = answer.json()
    queries: list[dict[str, Any]] = [{name: value} for name, value in _filters(operation, page["items"])]
    if page["next_cursor"]:
        queries.append({"limit": 1, "cursor": page["next_cursor"]})
    sent = [await market.send(operation, Sound(who, query=query)) for query in queries]
    return 1 + sum(each.is_success for each, _ in sent)


def _callers(market: Market, operation: Operation) -> Iterator[dict[str, Any]]:
    """One caller of each role: somebody who has done something, if anybody has."""
    known = {kept.who["role"]: kept.who for seen in market.seen.values() for kept in seen if "pilot" not in kept.who}
    for role in operation.roles:
        yield known.get(role, {"role": role})


def _filters(operation: Operation, items: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Each filter with a value that an item has, or with one that none has."""
    for each in _parameters(operation):
        name = each["name"]
        if name in _PAGING:
            continue
        kinds = each["schema"].get("anyOf", [each["schema"]])
        shown = next((item[name] for item in items if isinstance(item.get(name), str | int)), None)
        yield name, _text(_some(kinds[0]) if shown is None else shown)


def _some(kind: dict[str, Any]) -> Any:
    if "enum" in kind:
        return kind["enum"][0]
    if "examples" in kind:
        return kind["examples"][0]
    if kind["type"] == "boolean":
        return True
    return _SOME.get(kind.get("format", ""), "1" if kind["type"] == "integer" else "9" * kind.get("minLength", 1))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    return [each for each in operation.definition.get("parameters", ()) if each["in"] == "query"]
