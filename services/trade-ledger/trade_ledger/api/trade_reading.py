"""Reads an entered trade as far as it can be read: what is wrong in its form hides no breach of a rule."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json

from shared.http.problems import malformed, pointer_to
from shared.vocabulary.rules import Breach
from trade_ledger.api.trade_schemas import LINE_EXAMPLE, TRADE_EXAMPLE
from trade_ledger.store.entries import DomesticLegEntry, LineEntry, TradeEntry

_MOST_REPAIRS = 3
_LEG_EXAMPLE = {"amount": "1.00", "paid_on": "2026-05-13", "payer": "x", "payee": "x", "reference": "x"}


@dataclass(frozen=True, slots=True)
class EntryRead:
    """An entry, None if nothing can be read; where its form is wrong, it has stand-ins at the unread pointers."""

    entry: TradeEntry | None
    breaches: tuple[Breach, ...] = ()
    unread: frozenset[str] = frozenset()


def read_entry(row: bytes | Mapping[str, Any]) -> EntryRead:
    """The entry of a line of NDJSON or of a slip."""
    try:
        if isinstance(row, bytes):
            return EntryRead(TradeEntry.model_validate_json(row))
        return EntryRead(TradeEntry.model_validate(row))
    except ValidationError as error:
        errors = error.errors()
    breaches = malformed(errors)
    if any(each["type"].startswith("json") or not each["loc"] for each in errors):
        return EntryRead(None, breaches)
    told = from_json(row) if isinstance(row, bytes) else copy.deepcopy(dict(row))
    return _repaired(told, errors, breaches)


def _repaired(told: dict[str, Any], errors: list[ErrorDetails], breaches: tuple[Breach, ...]) -> EntryRead:
    unread: set[str] = set()
    for _ in range(_MOST_REPAIRS):
        try:
            unread.update(_repair(told, errors))
            return EntryRead(TradeEntry.model_validate(told), breaches, frozenset(unread))
        except ValidationError as error:
            errors = error.errors()
        except LookupError:
            break
    return EntryRead(None, breaches)


def _repair(told: dict[str, Any], errors: list[ErrorDetails]) -> Iterator[str]:
    """Puts a stand-in where each error is, and tells where; LookupError if that is no place of an entry."""
    for error in errors:
        place: Any = told
        for part in error["loc"][:-1]:
            place = place[part]
        if error["type"] == "extra_forbidden":
            place.pop(error["loc"][-1], None)
        else:
            place[error["loc"][-1]] = _stand_in(error["loc"])
            yield pointer_to(error["loc"])


def _stand_in(location: tuple[int | str, ...]) -> Any:
    """A value that the field can have: nothing that rests on it is told."""
    match location:
        case ("lines",):
            return [dict(LINE_EXAMPLE)]
        case ("lines", _):
            return dict(LINE_EXAMPLE)
        case ("lines", _, str(name)):
            return _value(LineEntry, LINE_EXAMPLE, name)
        case ("domestic_leg", str(name)):
            return _value(DomesticLegEntry, _LEG_EXAMPLE, name)
        case ("document_hashes", _):
            return "0" * 64
        case _:
            return _value(TradeEntry, TRADE_EXAMPLE, str(location[0]))


def _value(model: type[BaseModel], example: Mapping[str, Any], name: str) -> Any:
    field = model.model_fields[name]
    return example[name] if field.is_required() else field.get_default(call_default_factory=True)
