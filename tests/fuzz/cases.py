"""One case: a sound request, one with a single value spoilt, or one that schemathesis drew."""

from __future__ import annotations

import copy
import json
import string
from dataclasses import replace
from random import Random
from typing import Any

from market import RECIPES, Kept, Market, Sound
from operations import Drawn, Operation

_HOSTILE: tuple[Any, ...] = (
    None, "", " ", 0, -1, 10**30, 1.5, True, [], {}, [[]], "0", "-0", "1e5", "1_000", "１２", "NaN", "0001-01-01",
    "9999-12-31", "2026-02-30", "2026-05-13T24:00:00+23:59", "\x00", "\ud800", "\u202e%_'\"\\", "=1+1", "x" * 5000,
    "00000000-0000-0000-0000-000000000000", "019a0000-0000-7000-8000-000000000001", 9007199254740993,
    "99999999999999999999.99", "0.000000000000000000001",
)  # fmt: skip
_AUTHORITIES = ("auditor", "commerce", "customs", "tax", "safe", "system", "security")
_NUL_FREE = str.maketrans("", "", "".join(map(chr, range(32))) + "\x7f")


async def sound_case(market: Market, operation: Operation, chance: Random) -> Sound:
    """A request that should be accepted."""
    if operation.key in RECIPES:
        return await market.meant(*operation.key)
    if operation.method != "GET":
        return Sound({"role": operation.roles[0]})
    return await _read(market, operation, chance)


async def _read(market: Market, operation: Operation, chance: Random) -> Sound:
    """Read something that is there, as who made it or as an authority."""
    query = {"limit": chance.randint(1, 20)} if "limit" in _names(operation, "query") and chance.random() < 0.5 else {}
    known = [each for each in _AUTHORITIES if each in operation.roles]
    who = {"role": chance.choice(known or operation.roles)}
    names = _names(operation, "path")
    if not names:
        return Sound(who, query=query)
    kept = await _one_of(market, operation, chance)
    return Sound({**who, **_pilot(kept)}, {names[0]: kept.answer.get(names[0]) or kept.id}, query=query)


def _pilot(kept: Kept) -> dict[str, str]:
    return {"pilot": kept.who["pilot"]} if "pilot" in kept.who else {}


async def _one_of(market: Market, operation: Operation, chance: Random) -> Kept:
    """Something that a command upon the same collection made."""
    start = operation.path[: operation.path.index("{") - 1]
    (key,) = (
        each.key
        for each in market.operations.values()
        if (each.method, each.path, each.service) == ("POST", start, operation.service)
    )
    if not market.seen[key]:
        await market.some(*key)
    return chance.choice(market.seen[key])


def _names(operation: Operation, place: str) -> list[str]:
    return [each["name"] for each in operation.definition.get("parameters", ()) if each["in"] == place]


def spoilt(sound: Sound, drawn: Drawn, chance: Random) -> tuple[Sound, dict[str, str]]:
    """The same request with one value replaced, left out or added; and its headers, if one of these was taken."""
    places = ["query"] * bool(drawn.query) + ["path"] * bool(sound.path) + ["headers"]
    places += ["body"] * 6 if isinstance(sound.body, dict | bytes) else []
    place = chance.choice(places)
    if place == "query":
        return replace(sound, query=_plain(drawn.query)), {}
    if place == "path":
        name = chance.choice(sorted(sound.path))
        return replace(sound, path={**sound.path, name: drawn.path.get(name, "1")}), {}
    if place == "headers":
        return sound, headers_of(drawn)
    if isinstance(sound.body, bytes):
        return replace(sound, body=_torn(sound.body, chance)), {}
    body = copy.deepcopy(sound.body)
    _spoil(body, drawn.body, chance)
    return replace(sound, body=body), {}


def _torn(content: bytes, chance: Random) -> bytes:
    """A file with one place cut out, doubled or overwritten; of NDJSON sometimes one field of a line."""
    lines = content.splitlines()
    if content.startswith(b"{") and chance.random() < 0.7:
        document = json.loads(lines[-1])
        _spoil(document, None, chance)
        return b"\n".join([*lines[:-1], json.dumps(document).encode()])
    begin = chance.randrange(len(content))
    end = min(len(content), begin + chance.choice((1, 2, 40, 4000)))
    return content[:begin] + chance.choice((b"", content[begin:end] * 2, b"\xff" * (end - begin))) + content[end:]


def _spoil(body: Any, other: Any, chance: Random) -> None:
    """Change one place of a document."""
    holder, at = chance.choice(list(_places(body)) or [(body, "more")])
    how = chance.random()
    if how < 0.15 and isinstance(holder, dict):
        holder.pop(at, None)
    elif how < 0.35 and isinstance(holder, dict) and isinstance(other, dict) and other:
        name = chance.choice(sorted(other))
        holder[name] = other[name]
    elif how < 0.4 and isinstance(holder, dict):
        holder["".join(chance.choices(string.ascii_lowercase, k=6))] = 1
    else:
        holder[at] = chance.choice(_HOSTILE)


def _places(value: Any) -> Any:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _plain(query: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if not isinstance(value, dict)}


def headers_of(drawn: Drawn) -> dict[str, str]:
    """The drawn headers that HTTP can carry; whom one acts for is tested with delegations."""
    wanted = {name: value for name, value in drawn.headers.items() if name.lower() in ("idempotency-key", "if-match")}
    return {name: str(value).translate(_NUL_FREE) for name, value in wanted.items()}


def hostile(sound: Sound, drawn: Drawn, chance: Random) -> Sound:
    """What was drawn, by a caller who may, mostly upon things that are there."""
    path = {name: value if chance.random() < 0.7 else drawn.path.get(name, value) for name, value in sound.path.items()}
    body = _torn(sound.body, chance) if isinstance(sound.body, bytes) else drawn.body
    return replace(sound, path=path, query=_plain(drawn.query), body=body)
