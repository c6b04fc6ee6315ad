"""Stores a parked record completely until a person retries or releases it."""

from __future__ import annotations

import json
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from shared.messaging.bus import Record
from shared.messaging.checking import Poison, envelope_of

log = structlog.get_logger()
ID_CONFLICTS = "SELECT count(*) FROM parked_events WHERE state = 'parked' AND reason = 'id_conflict'"
"""How many parked events wait whose sequence another event took: readiness says it."""


def reason_of(error: Exception) -> str:
    """The kind of an error that parks."""
    return error.reason if isinstance(error, Poison) else "handler_error"


def told(error: Exception) -> str:
    """The error's text; for a database error only its SQLSTATE, because the text may hold personal values (V66)."""
    if isinstance(error, Poison):
        words = str(error)
    elif isinstance(error, DBAPIError):
        cause = getattr(error.orig, "__cause__", None)
        constraint = getattr(cause, "constraint_name", None) or ""
        words = f"{type(error).__name__}: {getattr(error.orig, 'sqlstate', '')} {constraint}".rstrip()
    else:
        words = f"{type(error).__name__}: {error}"
    return words[:2000]


def parked_row(record: Record, error: Exception) -> dict[str, Any]:
    """The row of `parked_events` for a record that could not be applied; its pilot is None where it names none."""
    try:
        envelope = envelope_of(record)
        event_type, sequence = envelope.type, envelope.sequence
    except Poison:
        event_type, sequence = "", None
    pilot = dict(record.headers).get("ce_pilot")
    headers = json.dumps([[name, value.decode("latin-1")] for name, value in record.headers])
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": _storable(record.key),
        "type": _storable(event_type),
        "sequence": sequence,
        "pilot": None if pilot is None else _storable(pilot.decode("utf-8", "replace")),
        "headers": headers.encode(),
        "value": record.value,
        "reason": reason_of(error),
        "error": _storable(told(error)),
    }


def _storable(words: str) -> str:
    """The text without NUL, which PostgreSQL can't store; the event must be parked all the same."""
    return words.replace("\0", "\N{REPLACEMENT CHARACTER}")


def parked_record(row: Any) -> Record:
    """The record of a parked row, as it was read."""
    headers = [(name, value.encode("latin-1")) for name, value in json.loads(bytes(row.headers))]
    return Record(row.topic, row.partition, row.offset, row.key, bytes(row.value), headers)


def tell_parked(record: Record, error: Exception) -> None:
    """One line in the log for an event that is parked, without its content (V66)."""
    row = parked_row(record, error)
    ids = {name: value.decode("latin-1") for name, value in record.headers if name in ("ce_id", "ce_traceparent")}
    log.error(
        "parked",
        event_id=ids.get("ce_id"),
        traceparent=ids.get("ce_traceparent"),
        **{name: row[name] for name in ("topic", "key", "type", "sequence", "reason")},
    )
